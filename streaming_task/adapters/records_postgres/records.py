"""Write records off the event loop, one after another over one connection. Blocks nobody, retries nothing.

A record is two short statements in a whole consultation, so one connection a task is enough, and a database
of a hundred connections serves fifty tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from streaming_task.adapters.records_postgres.database import Database, DatabaseAddress
from streaming_task.adapters.records_postgres.rows import row_of
from streaming_task.adapters.records_postgres.secret import DatabaseSecret
from streaming_task.core.record import Record
from streaming_task.ports import Fenced, Unavailable

CONNECT_S = 3.0
ANSWER_S = 5.0
CALL_S = 15.0  # with its wait for the records before it
WAITING = 256  # records; one more is refused at once, and asked again later like all of them

_Answer = TypeVar("_Answer")

_VALUES = """
    INSERT INTO transcriptions (
        user_id, session_id, audio_s3_key, transcript_text, status, is_streaming, audio_duration_seconds,
        sample_rate, quality, epoch, encoding, samples, sha256, gaps, segments, transcript_state
    ) VALUES (
        :user_id, :session_id, :audio_s3_key, :transcript_text, :status, TRUE, :audio_duration_seconds,
        :sample_rate, :quality, :epoch, :encoding, :samples, :sha256, CAST(:gaps AS JSONB),
        CAST(:segments AS JSONB), :transcript_state
    )
"""
BEGIN = f"{_VALUES} ON CONFLICT (session_id) DO NOTHING"
COMMIT = f"""{_VALUES}
    ON CONFLICT (session_id) DO UPDATE SET
        audio_s3_key = EXCLUDED.audio_s3_key,
        transcript_text = EXCLUDED.transcript_text,
        status = EXCLUDED.status,
        partial_transcript = NULL,
        audio_duration_seconds = EXCLUDED.audio_duration_seconds,
        epoch = EXCLUDED.epoch,
        samples = EXCLUDED.samples,
        sha256 = EXCLUDED.sha256,
        gaps = EXCLUDED.gaps,
        segments = EXCLUDED.segments,
        transcript_state = EXCLUDED.transcript_state,
        updated_at = now()
    WHERE transcriptions.user_id = EXCLUDED.user_id
        AND (transcriptions.epoch IS NULL OR transcriptions.epoch <= EXCLUDED.epoch)
    RETURNING transcription_id
"""


class PostgresRecords:
    """Implements `Records`. Builds nothing and connects to nothing before the first call."""

    def __init__(
        self,
        address: DatabaseAddress,
        *,
        region: str,
        connect_s: float = CONNECT_S,
        answer_s: float = ANSWER_S,
        call_s: float = CALL_S,
    ) -> None:
        """Use the database at that address; its secret lies in the region."""
        secret = DatabaseSecret(address.secret_id, region)
        self._database = Database(address, secret, connect_s=connect_s, answer_s=answer_s)
        self._call_s = call_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="postgres")
        self._waiting = 0

    async def begin(self, record: Record) -> None:
        """Write the row as IN_PROGRESS unless it is there.

        Raises:
            Unavailable: the database did not answer well.
        """
        await self._call(lambda: self._database.run(BEGIN, row_of(record)))

    async def commit(self, record: Record) -> int:
        """Upsert the finished row, guarded by the epoch; give its `transcription_id`.

        Raises:
            Fenced: a newer epoch has written it.
            Unavailable: the outcome is unknown; the same call again is safe.
        """
        rows = await self._call(lambda: self._database.run(COMMIT, row_of(record)))
        if not rows:
            raise Fenced("epoch")
        return int(rows[0][0])

    async def check(self) -> None:
        """Ask the database for an answer.

        Raises:
            Unavailable: there was none.
        """
        await self._call(lambda: self._database.run("SELECT 1", {}))

    async def close(self) -> None:
        """Drop the records that wait, and close the connection after the one under way."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._thread.shutdown(wait=True)
        self._database.close()

    async def _call(self, function: Callable[[], _Answer]) -> _Answer:
        if self._waiting >= WAITING:
            raise Unavailable("queue_full")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._call_s):
                return await asyncio.get_running_loop().run_in_executor(self._thread, function)
        except TimeoutError as error:
            raise Unavailable("timeout") from error
        finally:
            self._waiting -= 1
