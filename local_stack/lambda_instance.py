"""One instance of a Lambda function: a process with that function's environment and nothing else in it.

`python -m local_stack.lambda_instance MODULE:FUNCTION` reads one JSON line an invocation from stdin and
answers each with one line. What the handler prints goes to stderr, the log. It ends when stdin does, even in
the middle of an invocation, so that none is left behind by a parent that was killed.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, TextIO


@dataclass(frozen=True, slots=True)
class Context:
    """Be what handlers, and the loggers and metrics in them, read of a Lambda's context."""

    function_name: str
    aws_request_id: str
    deadline: float
    memory_limit_in_mb: int = 512
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """Give an ARN of the usual shape."""
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """Give the name that the log group would have."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """Name the only stream."""
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        """Give the time that is left to the handler."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


def main() -> None:
    """Import the handler, then answer invocations until stdin ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    assert isinstance(sys.stdout, TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)  # a log that lags is of no use when the instance is killed
    module, _, function = sys.argv[1].partition(":")
    handler: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), function)
    _answer(answers, {"loaded": True})
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()  # the parent asks one at a time
    threading.Thread(target=_read_to_end, args=(lines,), daemon=True).start()
    while True:
        asked = json.loads(lines.get())
        context = Context(
            function_name=asked["function_name"],
            aws_request_id=asked["request_id"],
            deadline=time.monotonic() + asked["timeout_s"],
        )
        try:
            result = handler(asked["event"], context)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its function's error
            print(f"Unhandled {type(error).__name__} in {module}", file=sys.stderr)  # noqa: T201 - the log
            _answer(answers, {"error": type(error).__name__})
        else:
            _answer(answers, {"result": result})


def _read_to_end(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


def _answer(answers: TextIO, value: dict[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
