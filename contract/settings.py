"""Read a deployable's environment: all that is wrong is told at once, and no value is quoted. Pure.

The environment is passed in. What only one deployable asks for, its own `settings.py` reads with this.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contract import environment as env

DEFAULT_DATABASE_PORT: Final = 5432
HIGHEST_PORT: Final = 65_535

LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
DEFAULT_LOG_LEVEL: Final = "INFO"

_WHOLE: Final = re.compile(r"[0-9]{1,9}")  # `int` also takes signs, spaces, underscores, other scripts


class SettingsError(Exception):
    """The environment is not what it should be; the text names every key that is wrong, and no value."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where PostgreSQL is; `ca_file` None: the system's bundle."""

    secret_id: str
    host: str
    port: int
    name: str
    sslmode: Literal["verify-full", "disable"]
    ca_file: str | None


class EnvironmentReader:
    """Collects what is wrong, so that one attempt tells all of it. An empty value counts as none.

    What is wrong is read as something of its type, for `finish` to refuse.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._wrong: list[str] = []

    def finish(self) -> None:
        """End the reading: what was read may be used.

        Raises:
            SettingsError: something was missing or wrong; all of it is named.
        """
        if self._wrong:
            raise SettingsError(f"The environment is not right: {'; '.join(self._wrong)}.")

    def refuse(self, key: str, must: str) -> None:
        """Note that a key is wrong: it must `must`, as in "must be a whole number"."""
        self._wrong.append(f"{key} must {must}")

    def optional(self, key: str) -> str | None:
        """Read a text that may be missing."""
        return self._environment.get(key) or None

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text; without a default it must be there."""
        value = self.optional(key) or default
        if value is None:
            self._wrong.append(f"{key} is missing")
            return ""
        return value

    def whole(self, key: str, default: int, *, highest: int) -> int:
        """Read a whole number from 1 to `highest`, written in plain digits."""
        value = self.text(key, str(default))
        if _WHOLE.fullmatch(value) and 1 <= int(value) <= highest:
            return int(value)
        self.refuse(key, f"be a whole number from 1 to {highest}")
        return default

    def seconds(self, key: str, default: float) -> float:
        """Read a number of seconds above 0."""
        try:
            value = float(self.text(key, str(default)))
        except ValueError:
            value = math.nan
        if math.isfinite(value) and value > 0:
            return value
        self.refuse(key, "be a number of seconds above 0")
        return default

    def stage(self) -> str:
        """Read which stage this is."""
        return self.text(env.STAGE)

    def log_level(self) -> str:
        """Read the name of the lowest level that is logged, as `logging` spells it."""
        level = self.text(env.LOG_LEVEL, DEFAULT_LOG_LEVEL).upper()
        if level in LOG_LEVELS:
            return level
        self.refuse(env.LOG_LEVEL, f"be one of {', '.join(LOG_LEVELS)}")
        return DEFAULT_LOG_LEVEL

    def database(self) -> DatabaseSettings:
        """Read where PostgreSQL is; unless it is said, the connection is verified."""
        sslmode = self.text(env.DATABASE_SSLMODE, "verify-full")
        if sslmode not in ("verify-full", "disable"):
            self.refuse(env.DATABASE_SSLMODE, "be verify-full or disable")
        return DatabaseSettings(
            secret_id=self.text(env.DATABASE_SECRET_ID),
            host=self.text(env.DATABASE_HOST),
            port=self.whole(env.DATABASE_PORT, DEFAULT_DATABASE_PORT, highest=HIGHEST_PORT),
            name=self.text(env.DATABASE_NAME),
            sslmode="disable" if sslmode == "disable" else "verify-full",
            ca_file=self.optional(env.DATABASE_CA_FILE),
        )
