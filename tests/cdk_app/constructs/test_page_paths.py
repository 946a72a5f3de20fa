"""The page's address, through CloudFront's function, as node runs it."""

from __future__ import annotations

import json
import subprocess

import pytest

from cdk_app import assets
from cdk_app.constructs.page import PAGE_FILE, PAGE_PATH

_CODE = assets.ROOT / "cdk_app" / "constructs" / "page_paths.js"


def _rewritten(uri: str) -> str:
    event = json.dumps({"request": {"uri": uri}})
    program = f"{_CODE.read_text()}\nconsole.log(handler({event}).uri);"
    done = subprocess.run(["node", "--eval", program], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("uri", [PAGE_PATH, f"{PAGE_PATH}/"])
def test_the_pages_address_gives_the_page(uri: str) -> None:
    """The address that people know has no file name."""
    assert _rewritten(uri) == f"/{PAGE_FILE}"


@pytest.mark.parametrize("uri", ["/js/wire.js", "/config.json", "/live-transcription/other"])
def test_every_other_address_is_left_alone(uri: str) -> None:
    """The bucket knows what it has."""
    assert _rewritten(uri) == uri
