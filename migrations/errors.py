"""What can go wrong with a migration, each as one sentence that says what to do. No I/O.

No sentence quotes what the server said: its messages can hold values out of rows. They name files, lines,
SQLSTATE codes and objects of the schema.
"""

from __future__ import annotations


class MigrationError(Exception):
    """The schema was not changed as asked; the text is a sentence for an operator."""


class Refused(MigrationError):
    """What was asked would be wrong; nothing was tried."""


class Failed(MigrationError):
    """Something was tried and taken back whole."""


class OutcomeUnknown(Failed):
    """The connection went meanwhile: it was done whole or not at all, and the next run finds out."""


class SqlError(Exception):
    """The server refused a statement; the text is its SQLSTATE.

    `line` counts from 1 in a file's text, `subject` names the object of the schema that it is about.
    """

    def __init__(self, code: str, line: int | None = None, subject: str | None = None) -> None:
        super().__init__(f"SQLSTATE {code}")
        self.code = code
        self.line = line
        self.subject = subject


class ConnectionLost(Exception):
    """The connection is gone; what it was doing is done wholly or not at all."""
