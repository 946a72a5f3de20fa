"""The page and its files as CloudFront serves them: which there are, and the headers they go out with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from local_stack.settings import Ports

PAGE_PATH: Final = "/live-transcription"
PAGE_FILE: Final = "live_transcription.html"
_PAGE_PATHS: Final = frozenset({"/", PAGE_PATH, f"{PAGE_PATH}/"})  # as CloudFront has them
CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
SCRIPTS: Final = "js"  # the only folder that is served; tests lie beside it


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, ready to be sent."""

    content: bytes
    content_type: str


def find_file(frontend: Path, path: str) -> PageFile | None:
    """Give what lies at a decoded URL path, read afresh so that an edit shows at a reload; None: nothing."""
    if path in _PAGE_PATHS:
        path = f"/{PAGE_FILE}"
    steps = PurePosixPath(path.lstrip("/")).parts
    if not steps or any(step.startswith(".") for step in steps) or "\0" in path:
        return None
    if len(steps) > 1 and steps[0] != SCRIPTS:
        return None
    content_type = CONTENT_TYPES.get(PurePosixPath(path).suffix)
    file = frontend.joinpath(*steps)
    if content_type is None or not file.is_file():
        return None
    return PageFile(file.read_bytes(), content_type)


def security_headers(ports: Ports) -> dict[str, str]:
    """Give what every answer to a browser carries."""
    policy = {
        "default-src": "'self'",
        "connect-src": f"'self' ws://localhost:{ports.gateway} http://localhost:{ports.page}",
        "media-src": f"'self' blob: http://localhost:{ports.aws}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }


def page_config(origin: str, client_id: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Give `config.json` for a page opened at that origin: the API and the sign-in are at the same."""
    return {
        "api_url": origin,
        "sign_in": {
            "authorize_url": f"{origin}/oauth2/authorize",
            "token_url": f"{origin}/oauth2/token",
            "logout_url": f"{origin}/logout",
            "client_id": client_id,
            "redirect_uri": f"{origin}{PAGE_PATH}",
            "scopes": list(scopes),
        },
    }
