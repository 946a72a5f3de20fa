"""The transcriptions' rows, their corrections and the audit in PostgreSQL. Every statement names the user.

A visit is one transaction: what was done and what was written down of it stand or fall together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from contract.replies import Final as Heard
from contract.replies import final_from_fields
from lambdas.database import Database
from lambdas.errors import Unavailable
from lambdas.history.audit import Entry
from lambdas.history.questions import Correction, ListQuestion, RecordId
from lambdas.history.transcription import Row, Summary, Version
from migrations.errors import ConnectionLost, SqlError
from migrations.postgres import PostgresConnection

CONNECT_S: Final = 2.0
ANSWER_S: Final = 5.0

# As the index has it, to the letter.
_WORDS: Final = "to_tsvector('simple', left(coalesce(text_as_read, transcript_text, ''), 200000))"
# Every word asked for is the beginning of one in the text: whoever types has not ended the last.
_ASKED: Final = (
    "CAST(regexp_replace(CAST(plainto_tsquery('simple', :words) AS TEXT),"
    " '(''([^'']|'''')*'')', '\\1:*', 'g') AS tsquery)"
)
_SUMMARY: Final = (
    "SELECT transcription_id, session_id, created_at, audio_duration_seconds, status, transcript_state,"
    " quality, coalesce(jsonb_array_length(gaps), 0),"
    " left(coalesce(text_as_read, transcript_text, ''), 120), text_as_read IS NOT NULL"
    " FROM transcriptions WHERE user_id = :user_id"
)
_ROW: Final = (
    "SELECT transcription_id, user_id, session_id, created_at, audio_duration_seconds, status,"
    " transcript_state, quality, encoding, sample_rate, samples, sha256, gaps,"
    " coalesce(text_as_read, transcript_text, ''), segments, audio_s3_key"
    " FROM transcriptions WHERE user_id = :user_id"
    " AND (transcription_id = CAST(:number AS INTEGER) OR session_id = CAST(:session_id AS TEXT))"
)
_VERSIONS: Final = (
    "SELECT version, segment, text, corrected_by, corrected_at FROM transcription_corrections"
    " WHERE transcription_id = CAST(:number AS INTEGER) ORDER BY version"
)
_CORRECT: Final = (
    "INSERT INTO transcription_corrections (transcription_id, version, segment, text, corrected_by)"
    " SELECT CAST(:number AS INTEGER), CAST(:base AS INTEGER) + 1, CAST(:segment AS INTEGER),"
    " CAST(:text AS TEXT), CAST(:user_id AS TEXT)"
    " WHERE CAST(:base AS INTEGER) = (SELECT coalesce(max(version), 0) FROM transcription_corrections"
    " WHERE transcription_id = CAST(:number AS INTEGER))"
    " ON CONFLICT DO NOTHING RETURNING corrected_at"
)
_AUDIT: Final = (
    "INSERT INTO audit_entries (user_id, action, outcome, asked_for, transcription_ids)"
    " VALUES (:user_id, :action, :outcome, :asked_for, CAST(:transcription_ids AS INTEGER[]))"
)


class Visit:
    """One transaction, of one user's request."""

    def __init__(self, connection: PostgresConnection) -> None:
        self._connection = connection

    def summaries(self, user_id: str, question: ListQuestion) -> list[Summary]:
        """Give the user's summaries, newest first, one more than asked for if there are more."""
        sql, values = _SUMMARY, {"user_id": user_id}
        if question.words is not None:
            sql += f" AND {_WORDS} @@ {_ASKED}"
            values["words"] = question.words
        for name, compared, at in (("since", ">=", question.since), ("until", "<", question.until)):
            if at is not None:
                sql += f" AND created_at {compared} CAST(:{name} AS TIMESTAMPTZ)"
                values[name] = at.isoformat()
        if question.after is not None:
            sql += (
                " AND (created_at, transcription_id)"
                " < (CAST(:after_at AS TIMESTAMPTZ), CAST(:after_number AS INTEGER))"
            )
            values["after_at"] = question.after.created_at.isoformat()
            values["after_number"] = str(question.after.transcription_id)
        sql += f" ORDER BY created_at DESC, transcription_id DESC LIMIT {question.limit + 1}"
        return [
            Summary(number, session_id, _utc(created_at), *others)
            for number, session_id, created_at, *others in self._connection.run(sql, **values)
        ]

    def find(self, user_id: str, record_id: RecordId) -> Row | None:
        """Give the user's transcription; None: absent or somebody else's, which is found out in one go."""
        rows = self._connection.run(
            _ROW, user_id=user_id, number=record_id.number, session_id=record_id.session_id
        )
        return _row(rows[0]) if rows else None

    def versions(self, transcription_id: int) -> list[Version]:
        """Give a transcription's corrections, oldest first."""
        rows = self._connection.run(_VERSIONS, number=transcription_id)
        return [Version(version, segment, text, by, _utc(at)) for version, segment, text, by, at in rows]

    def correct(self, user_id: str, transcription_id: int, correction: Correction) -> Version | None:
        """Add a version; None: there is a newer one than whoever corrects has seen."""
        rows = self._connection.run(
            _CORRECT,
            number=transcription_id,
            base=correction.base_version,
            segment=correction.segment,
            text=correction.text,
            user_id=user_id,
        )
        if not rows:
            return None
        version = correction.base_version + 1
        return Version(version, correction.segment, correction.text, user_id, _utc(rows[0][0]))

    def erase(self, user_id: str, transcription_id: int) -> None:
        """Delete the row with its corrections; harmless when it is gone."""
        self._connection.run(
            "SELECT erase_transcription(CAST(:user_id AS TEXT), CAST(:number AS INTEGER))",
            user_id=user_id,
            number=transcription_id,
        )

    def write_down(self, entry: Entry) -> None:
        """Add to the audit."""
        numbers = ",".join(str(number) for number in entry.transcription_ids)
        self._connection.run(
            _AUDIT,
            user_id=entry.user_id,
            action=entry.action.value,
            outcome=entry.outcome.value,
            asked_for=entry.asked_for,
            transcription_ids=f"{{{numbers}}}",
        )


class Records:
    """The way to the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """Do everything inside or nothing of it.

        Raises:
            Unavailable: the database did not do it, or its outcome is unknown.
        """
        credentials = self._database.read_credentials()
        connection = self._database.connect(credentials, connect_s=CONNECT_S, answer_s=ANSWER_S)
        with closing(connection):  # which takes back what was not committed
            try:
                connection.run("BEGIN")
                yield Visit(connection)
                connection.run("COMMIT")
            except SqlError as error:
                raise Unavailable(error.code) from None
            except ConnectionLost as error:
                raise Unavailable(str(error)) from None


def _row(values: list[Any]) -> Row:
    number, user_id, session_id, created_at, *middle, gaps, text, segments, audio_key = values
    duration_s, status, transcript, quality, encoding, sample_rate, samples, sha256 = middle
    return Row(
        transcription_id=number,
        user_id=user_id,
        session_id=session_id,
        created_at=_utc(created_at),
        duration_s=duration_s,
        status=status,
        transcript=transcript,
        quality=quality,
        encoding=encoding,
        sample_rate=sample_rate,
        samples=samples,
        sha256=sha256,
        gaps=tuple((start, end) for start, end in gaps or ()),
        text=text,
        finals=_finals(segments),
        audio_key=audio_key,
    )


def _finals(segments: list[dict[str, Any]] | None) -> tuple[Heard, ...]:
    return tuple(final_from_fields(fields) for fields in segments or ())


def _utc(at: datetime) -> datetime:
    # A table that was there before may have times without a zone: they are UTC, as the server is set.
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
