"""Headless Firefox, told what to do by WebDriver BiDi, with a sound file in place of its microphone."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

NAMES: Final = ("firefox-esr", "firefox")
READY_WITHIN_S: Final = 60.0
ANSWER_WITHIN_S: Final = 30.0
CLOSED_WITHIN_S: Final = 20.0
POLL_S: Final = 0.1
LISTENING: Final = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
ARGUMENTS: Final = ("--headless", "--no-remote", "--remote-debugging-port", "0")
PREFERENCES: Final = {
    "media.cubeb.force_mock_context": True,  # where there is no sound card, no sound would ever run
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "app.normandy.enabled": False,
    "intl.accept_languages": "en-US",
}

# Firefox's own stand-in for a microphone gives a tone. Speech comes from here, at the rate of the system.
HEARS: Final = """() => {
  if (!window.isSecureContext) return; // an empty page has no microphone
  const RATE_HZ = %d;
  const bytes = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
  const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
  const open = async () => {
    const context = new AudioContext();
    await context.resume();
    const sound = context.createBuffer(1, samples.length, RATE_HZ);
    sound.copyToChannel(samples, 0);
    const player = new AudioBufferSourceNode(context, { buffer: sound, loop: true });
    const microphone = context.createMediaStreamDestination();
    player.connect(microphone);
    player.start();
    window.microphoneHz = context.sampleRate;
    return microphone.stream;
  };
  Object.defineProperty(MediaDevices.prototype, "getUserMedia", { value: open });
}"""


class Refused(Exception):
    """Firefox did not do as it was told; the text is its own."""


def find_firefox() -> str:
    """Give the browser's path.

    Raises:
        FileNotFoundError: there is none.
    """
    for name in NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    raise FileNotFoundError("Firefox is needed for the browser tests: `make browser` installs it")


@dataclass(slots=True)
class Firefox:
    """One window of a running Firefox."""

    socket: ClientConnection
    window: str = ""
    complaints: list[str] = field(default_factory=list)
    _asked: int = 0

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command, and its result.

        Raises:
            Refused: it cannot be done.
        """
        self._asked += 1
        self.socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            said: dict[str, Any] = json.loads(self.socket.recv(timeout=ANSWER_WITHIN_S))
            if said["type"] == "event":
                self._note(said)
            elif said["id"] == self._asked:
                if said["type"] == "error":
                    raise Refused(f"{method}: {said['error']}: {said['message']}")
                result: dict[str, Any] = said["result"]
                return result

    def _note(self, event: dict[str, Any]) -> None:
        if event["method"] == "log.entryAdded" and event["params"]["level"] == "error":
            self.complaints.append(str(event["params"]["text"]))

    def hear(self, samples: bytes, rate_hz: int) -> None:
        """Give pages from now on a microphone that hears these samples, 16 bits each, again and again."""
        sound = base64.b64encode(samples).decode()
        self.ask("script.addPreloadScript", functionDeclaration=HEARS % (rate_hz, sound))

    def open(self, url: str) -> None:
        """Open a page."""
        self.ask("browsingContext.navigate", context=self.window, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Give what a text, a number or a truth in the page is."""
        answer = self.ask(
            "script.evaluate", expression=expression, target={"context": self.window}, awaitPromise=True
        )
        if answer["type"] == "exception":
            raise Refused(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def wait_until(self, expression: str, within_s: float) -> Any:
        """Wait until something is true of the page, which may be another meanwhile, and give what it is."""
        until = time.monotonic() + within_s
        found: Any = None
        while time.monotonic() < until:
            with suppress(Refused):  # between two pages there is none
                if found := self.evaluate(expression):
                    return found
            time.sleep(POLL_S)
        raise AssertionError(f"not within {within_s} s: {expression}")

    def click(self, selector: str) -> None:
        """Press the mouse over an element, as a person does, once it is there."""
        self.wait_until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()", ANSWER_WITHIN_S)
        [node] = self.ask(
            "browsingContext.locateNodes",
            context=self.window,
            locator={"type": "css", "value": selector},
        )["nodes"]
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{ block: 'center' }})")
        self.ask(
            "input.performActions",
            context=self.window,
            actions=[
                {
                    "type": "pointer",
                    "id": "mouse",
                    "actions": [
                        {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
                        {"type": "pointerDown", "button": 0},
                        {"type": "pointerUp", "button": 0},
                    ],
                }
            ],
        )

    def picture(self, target: Path) -> None:
        """Keep the whole page as it is now."""
        target.parent.mkdir(parents=True, exist_ok=True)
        shot = self.ask("browsingContext.captureScreenshot", context=self.window, origin="document")
        target.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def running_firefox() -> Iterator[Firefox]:
    """Start a Firefox of its own, with nothing remembered, and end it."""
    with tempfile.TemporaryDirectory(prefix="firefox-") as folder:
        profile = Path(folder) / "profile"
        profile.mkdir()
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()
        ]
        (profile / "user.js").write_text("\n".join(lines))
        output = Path(folder) / "output"
        with output.open("wb") as said:
            process = subprocess.Popen(
                [find_firefox(), *ARGUMENTS, "--profile", profile],
                stdout=said,
                stderr=said,
                env={**os.environ, "HOME": folder, "MOZ_CRASHREPORTER_DISABLE": "1"},
            )
        try:
            address = _wait_for_address(process, output)
            with connect(f"{address}/session", max_size=None, proxy=None) as socket:
                firefox = Firefox(socket)
                firefox.ask("session.new", capabilities={})
                firefox.ask("session.subscribe", events=["log.entryAdded"])
                firefox.window = firefox.ask("browsingContext.getTree")["contexts"][0]["context"]
                yield firefox
                firefox.ask("browser.close")
            process.wait(CLOSED_WITHIN_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _wait_for_address(process: subprocess.Popen[bytes], output: Path) -> str:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        if (found := LISTENING.search(output.read_text(errors="replace"))) is not None:
            return found[1]
        time.sleep(POLL_S)
    raise AssertionError(f"Firefox did not start: {output.read_text(errors='replace')}")
