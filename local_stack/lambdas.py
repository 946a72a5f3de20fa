"""Run the real Lambda handlers as Lambda does: instances of an exact environment, one invocation at a time.

A handler reads its environment once, and each function has its own: only a process can tell two apart. An
instance that took too long is killed, more are started while all are busy. May not know any function.
"""

from __future__ import annotations

import json
import logging
import queue
import select
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parent.parent
LOADED_WITHIN_S: Final = 30.0
ENDED_WITHIN_S: Final = 2.0
INSTANCES: Final = 4  # at once; further invocations wait for one to be free


class FunctionFailed(Exception):
    """The function raised, took too long or did not load; `kind` is the error's type."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """A function's name, `module:handler`, whole environment, and where its instances log to."""

    name: str
    handler: str
    environment: Mapping[str, str]
    log_file: Path
    timeout_s: float = 29.0

    def as_json(self) -> dict[str, Any]:
        """Give the fields as plain values, for another process."""
        return asdict(self) | {"environment": dict(self.environment), "log_file": str(self.log_file)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> FunctionSettings:
        """Read what `as_json` gave."""
        return cls(**{**given, "log_file": Path(given["log_file"])})


class LambdaFunction:
    """A function that can be called like its handler, from any thread."""

    def __init__(self, settings: FunctionSettings) -> None:
        """Prepare; the first instance starts with `warm` or the first call."""
        self._settings = settings
        self._idle: queue.LifoQueue[_Instance] = queue.LifoQueue()  # never more than INSTANCES
        self._room = threading.BoundedSemaphore(INSTANCES)
        self._all: set[_Instance] = set()
        self._is_closed = False

    @property
    def name(self) -> str:
        """The function's name."""
        return self._settings.name

    def warm(self) -> None:
        """Start an instance and wait until its handler is loaded.

        Raises:
            FunctionFailed: it did not load.
        """
        with self._room:
            self._idle.put(self._start())

    def __call__(self, event: dict[str, Any], context: object = None) -> Any:
        """Invoke the function and give what it returned; `context` is ignored, an instance makes its own.

        Raises:
            FunctionFailed: it raised, took too long or did not load.
        """
        with self._room:
            instance = self._take()
            try:
                result = instance.invoke(event, self._settings)
            except _InstanceLost as lost:
                self._all.discard(instance)
                raise FunctionFailed(str(lost)) from None
            except FunctionFailed:
                self._idle.put(instance)
                raise
            self._idle.put(instance)
            return result

    def close(self) -> None:
        """End every instance; a call that is running fails."""
        self._is_closed = True
        for instance in list(self._all):
            instance.end()
        self._all.clear()

    def _take(self) -> _Instance:
        while True:
            try:
                instance = self._idle.get_nowait()
            except queue.Empty:
                return self._start()
            if instance.is_alive:
                return instance
            self._all.discard(instance)  # killed while nobody asked: no caller need hear of it

    def _start(self) -> _Instance:
        instance = _Instance(self._settings)
        self._all.add(instance)
        if self._is_closed:
            instance.end()
        try:
            instance.read(LOADED_WITHIN_S)
        except _InstanceLost:
            self._all.discard(instance)
            raise FunctionFailed("DidNotLoad") from None
        return instance


class _InstanceLost(Exception):
    """The instance is gone, by itself or killed because it took too long."""


class _Instance:
    def __init__(self, settings: FunctionSettings) -> None:
        with settings.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "local_stack.lambda_instance", settings.handler],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=dict(settings.environment),
                start_new_session=True,
                bufsize=0,
            )
        self._unread = b""

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: dict[str, Any], settings: FunctionSettings) -> Any:
        asked = {
            "event": event,
            "function_name": settings.name,
            "request_id": str(uuid.uuid4()),
            "timeout_s": settings.timeout_s,
        }
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        except OSError:
            self.end()
            raise _InstanceLost("InstanceEnded") from None
        answer = self.read(settings.timeout_s)
        if "error" in answer:
            raise FunctionFailed(str(answer["error"]))
        return answer["result"]

    def read(self, timeout_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        give_up_at = time.monotonic() + timeout_s
        while b"\n" not in self._unread:
            left_s = give_up_at - time.monotonic()
            if left_s <= 0 or not select.select([self._process.stdout], [], [], left_s)[0]:
                self.end()
                raise _InstanceLost("TimedOut")
            more = self._process.stdout.read(65536)
            if not more:
                self.end()
                raise _InstanceLost("InstanceEnded")
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait(ENDED_WITHIN_S)
