"""Answer `/readyz` with a task's id, show its environment and its messages; end on SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TASK_ID = uuid.uuid4().hex
MESSAGES: list[dict[str, object]] = []


class Answers(BaseHTTPRequestHandler):
    """The task's port."""

    def do_GET(self) -> None:
        """Answer a probe."""
        shown: dict[str, object] = {
            "/readyz": {"task_id": TASK_ID},
            "/environment": dict(os.environ),
            "/messages": MESSAGES,
        }
        body = shown.get(self.path)
        self._answer(200 if body is not None else 404, body)

    def do_POST(self) -> None:
        """Take a message."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        MESSAGES.append({"path": self.path, "headers": headers, "body": body.decode()})
        self._answer(200, {})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
