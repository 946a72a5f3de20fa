"""One row a session, written by the newest owner, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from contract.audio import Encoding, Quality
from contract.records import RecordStatus, SessionId, TranscriptState, UserId
from contract.replies import Entity, Final, Item
from local_stack.postgres import Postgres
from migrations.postgres import PostgresConnection, Target
from streaming_task.adapters.records_postgres import PostgresRecords
from streaming_task.core.ownership import SessionTerms
from streaming_task.core.record import Record
from streaming_task.ports import Fenced, Unavailable
from tests.postgres import connect

Opener = Callable[..., PostgresRecords]

TERMS = SessionTerms(
    session_id=SessionId("5f1c8f0e-0000-5000-8000-000000000003"),
    user_id=UserId("user-1"),
    encoding=Encoding.PCM,
    quality=Quality.LOW,
    sample_rate_hz=8_000,
    specialty="NEUROLOGY",
    conversation="DICTATION",
    speaker_labels=False,
    vocabulary=None,
    started_at=1.0,
)
KEY = "recordings/user-1/5f1c8f0e/recording.flac"
BEGUN = Record(terms=TERMS, epoch=1, status=RecordStatus.IN_PROGRESS, audio_s3_key=KEY)


def final(segment: int, text: str) -> Final:
    """Make a final of one word."""
    item = Item(text, "word", segment * 500, segment * 500 + 400, 0.5, None)
    return Final(
        segment, item.start_ms, item.end_ms, text, 0, None, (item,), (Entity(text, "ID", 0, 1, 1.0),)
    )


FINISHED = Record(
    terms=TERMS,
    epoch=1,
    status=RecordStatus.COMPLETED,
    audio_s3_key=KEY,
    samples=12_000,
    sha256="ab" * 32,
    gaps=((100, 200), (300, 400)),
    finals=(final(0, "tingling"), final(1, "Ω:x 'quoted' ::")),
    transcript=TranscriptState.COMPLETE,
)


class Lossy(Protocol):
    """The proxy that cuts answers."""

    url: str
    losses: int
    lost_ones: bytes


def rows(database: PostgresConnection) -> list[dict[str, Any]]:
    """Read the table."""
    names = [
        *("user_id", "session_id", "audio_s3_key", "transcript_text", "status", "is_streaming", "epoch"),
        *("audio_duration_seconds", "sample_rate", "quality", "encoding", "samples", "sha256", "gaps"),
        *("segments", "transcript_state", "transcription_id"),
    ]
    found = database.run(f"SELECT {', '.join(names)} FROM transcriptions")
    return [dict(zip(names, row, strict=True)) for row in found]


async def test_a_session_in_progress_has_a_row(open_records: Opener, database: PostgresConnection) -> None:
    """Written when the session begins, once."""
    records = open_records()

    await records.begin(BEGUN)
    await records.begin(dataclasses.replace(BEGUN, epoch=2))

    (row,) = rows(database)
    assert (row["status"], row["is_streaming"], row["transcript_text"]) == ("IN_PROGRESS", True, "")
    assert (row["epoch"], row["sample_rate"], row["quality"]) == (1, 8_000, "low")


async def test_the_finished_record_fills_the_row(open_records: Opener, database: PostgresConnection) -> None:
    """Everything that the session became, under the row's number."""
    records = open_records()
    await records.begin(BEGUN)

    number = await records.commit(FINISHED)

    (row,) = rows(database)
    segments = row.pop("segments")
    assert row == {
        "user_id": "user-1",
        "session_id": TERMS.session_id,
        "audio_s3_key": KEY,
        "transcript_text": "tingling Ω:x 'quoted' ::",
        "status": "COMPLETED",
        "is_streaming": True,
        "epoch": 1,
        "audio_duration_seconds": 1.5,
        "sample_rate": 8_000,
        "quality": "low",
        "encoding": "pcm",
        "samples": 12_000,
        "sha256": "ab" * 32,
        "gaps": [[100, 200], [300, 400]],
        "transcript_state": "complete",
        "transcription_id": number,
    }
    assert [segment["segment"] for segment in segments] == [0, 1]
    assert segments[1]["items"][0]["text"] == "Ω:x 'quoted' ::"
    assert segments[0]["entities"][0]["category"] == "ID"


async def test_a_record_that_was_never_begun_is_committed_all_the_same(
    open_records: Opener, database: PostgresConnection
) -> None:
    """PostgreSQL may have been down when the session began."""
    number = await open_records().commit(FINISHED)

    assert [(row["transcription_id"], row["status"]) for row in rows(database)] == [(number, "COMPLETED")]


async def test_committing_again_is_one_row_and_one_number(
    open_records: Opener, database: PostgresConnection
) -> None:
    """Repeats, and a later owner's completion of a pending transcript, meet the same row."""
    records = open_records()
    pending = dataclasses.replace(FINISHED, finals=FINISHED.finals[:1], transcript=TranscriptState.PENDING)

    numbers = [
        await records.commit(pending),
        await records.commit(pending),
        await records.commit(dataclasses.replace(FINISHED, epoch=2)),
    ]

    (row,) = rows(database)
    assert set(numbers) == {row["transcription_id"]}
    assert (row["transcript_state"], row["epoch"], len(row["segments"])) == ("complete", 2, 2)


async def test_an_old_epoch_is_fenced(open_records: Opener, database: PostgresConnection) -> None:
    """A woken zombie must not overwrite what its successor has committed."""
    records = open_records()
    await records.commit(dataclasses.replace(FINISHED, epoch=2))

    with pytest.raises(Fenced):
        await records.commit(dataclasses.replace(FINISHED, epoch=1, finals=()))

    assert rows(database)[0]["transcript_text"] == FINISHED.text


async def test_a_commit_whose_answer_was_lost_is_one_row(
    open_records: Opener, database: PostgresConnection, lossy_database: Lossy
) -> None:
    """Done, but nobody heard: unknown at first, and settled by the same call."""
    host, _, port = lossy_database.url.removeprefix("http://").partition(":")
    records = open_records(host=host, port=int(port))
    await records.check()
    lossy_database.lost_ones = (
        b"ab" * 32
    )  # the statement's values, not its text: these come with its execution
    lossy_database.losses = 2  # a loss on a kept connection is made good once, on a fresh one

    with pytest.raises(Unavailable):
        await records.commit(FINISHED)
    there_already = [row["transcription_id"] for row in rows(database)]
    number = await records.commit(FINISHED)

    assert [row["transcription_id"] for row in rows(database)] == there_already == [number]


async def test_a_connection_that_died_meanwhile_is_no_news(
    open_records: Opener, database: PostgresConnection
) -> None:
    """An idle connection may be cut by anything on the way; the next record finds a fresh one."""
    records = open_records()
    await records.check()
    database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name",
        name="streaming-task",
    )

    number = await records.commit(FINISHED)

    assert [row["transcription_id"] for row in rows(database)] == [number]


async def test_a_rotated_password_is_read_anew(
    open_records: Opener, database: PostgresConnection, postgres_target: Target, vault: Any
) -> None:
    """Rotation is no outage: the refusal itself says to look again."""
    database.run("CREATE ROLE rotating LOGIN PASSWORD 'first'")
    database.run("GRANT SELECT, INSERT, UPDATE ON transcriptions TO rotating")
    database.run("GRANT USAGE ON SEQUENCE transcriptions_transcription_id_seq TO rotating")
    vault.set_user("rotating", "first")
    records = open_records()
    await records.commit(FINISHED)

    database.run("ALTER ROLE rotating PASSWORD 'second'")
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotating'")
    with pytest.raises(Unavailable) as before:
        await records.check()  # the secret has not caught up
    vault.set_user("rotating", "second")
    await records.commit(FINISHED)
    with connect(postgres_target) as owner:
        owner.run("DROP OWNED BY rotating")
        owner.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotating'")
        owner.run("DROP ROLE rotating")

    assert before.value.code == "28P01"


@pytest.mark.parametrize("text", ["not json", "[]", '{"username": "x"}'])
async def test_a_malformed_secret_is_unavailable_and_not_told(
    open_records: Opener, vault: Any, text: str
) -> None:
    """Its code is all that is said of it."""
    vault.set(text)

    with pytest.raises(Unavailable) as unavailable:
        await open_records().check()

    assert unavailable.value.code == "MalformedSecret"
    assert unavailable.value.__cause__ is None


async def test_a_missing_secret_is_unavailable(open_records: Opener) -> None:
    """The code is Secrets Manager's own."""
    with pytest.raises(Unavailable) as unavailable:
        await open_records(secret_id="no-such").check()

    assert unavailable.value.code == "ResourceNotFoundException"


async def test_no_server_is_unavailable(open_records: Opener) -> None:
    """A database outage costs time, not the task."""
    with pytest.raises(Unavailable) as unavailable:
        await open_records(port=1).begin(BEGUN)

    assert unavailable.value.code == "ConnectionRefusedError"


async def test_a_server_without_tls_is_refused_when_its_certificate_is_demanded(open_records: Opener) -> None:
    """verify-full never falls back."""
    with pytest.raises(Unavailable):
        await open_records(sslmode="verify-full", ca_file=ssl.get_default_verify_paths().cafile).check()


async def test_a_lock_that_is_not_given_up_is_unavailable_in_time(
    open_records: Opener, database: PostgresConnection
) -> None:
    """A blocked table holds up records for so long and no longer, and the next one finds its way."""
    records = open_records(answer_s=4.0)
    await records.begin(BEGUN)
    database.run("BEGIN")
    database.run("LOCK TABLE transcriptions")

    with pytest.raises(Unavailable) as unavailable:
        await records.commit(FINISHED)
    database.run("ROLLBACK")
    await records.commit(FINISHED)

    assert unavailable.value.code == "55P03"


async def test_a_server_that_does_not_answer_is_unavailable_in_time(open_records: Opener) -> None:
    """Half-open connections are what outages are made of."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    with pytest.raises(Unavailable):
        await open_records(port=port, answer_s=0.5).check()
    server.close()


async def test_odd_characters_do_not_keep_a_consultation_out(
    open_records: Opener, database: PostgresConnection
) -> None:
    """PostgreSQL keeps neither NUL nor half a surrogate pair; the words around them are kept."""
    odd = dataclasses.replace(FINISHED, finals=(final(0, "a\0b"), final(1, "c\ud800d \\u0000")))

    await open_records().commit(odd)

    (row,) = rows(database)
    assert row["transcript_text"] == "a\N{REPLACEMENT CHARACTER}b c?d \\u0000"
    assert row["segments"][0]["items"][0]["text"] == "a\N{REPLACEMENT CHARACTER}b"


async def test_what_was_said_is_in_no_error_and_no_log(
    open_records: Opener,
    database: PostgresConnection,
    postgres_server: Postgres,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The server repeats bound values in its errors; none of that comes out of the adapter."""
    database.run("ALTER TABLE transcriptions ADD CONSTRAINT never CHECK (transcript_text <> 'canary-word')")
    secret = dataclasses.replace(FINISHED, finals=(final(0, "canary-word"),))

    with pytest.raises(Unavailable) as unavailable:
        await open_records().commit(secret)

    assert unavailable.value.code == "23514"
    assert "canary-word" not in repr(unavailable.value)
    assert unavailable.value.__cause__ is None
    assert unavailable.value.__suppress_context__
    assert "canary-word" not in caplog.text
    assert "canary-word" not in postgres_server.log_file.read_text()


async def test_many_records_at_once_are_written_one_after_another(
    open_records: Opener, database: PostgresConnection
) -> None:
    """All sessions of a task may end together; the database sees one connection."""
    records = open_records()
    finished = [
        dataclasses.replace(
            FINISHED, terms=dataclasses.replace(TERMS, session_id=SessionId(f"session-{number}"))
        )
        for number in range(50)
    ]

    numbers = await asyncio.gather(*(records.commit(record) for record in finished))

    assert len(set(numbers)) == 50
    connections = database.run(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = :name AND datname = current_database()",
        name="streaming-task",
    )
    assert connections == [[1]]
