"""A doctor's records as tasks leave them behind, and a way to ask the history of them."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3

from contract.object_keys import parts_prefix, recording_prefix
from contract.records import META, PARTITION_KEY, SORT_KEY, final_sort_key, session_key
from contract.replies import Final as Heard
from contract.replies import Item, final_to_json
from lambdas.history.handler import App, handle
from migrations.postgres import PostgresConnection
from tests.http_reply import Reply
from tests.lambdas.events import http_event
from tests.lambdas.table import NOW, TABLE, Table

EXAMPLES: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "contract" / "history_examples.json").read_text()
)
BUCKET: Final = "audio"
SECRET: Final = "database"
BEGAN: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def heard(segment: int, text: str, *, speaker: str | None = None) -> Heard:
    """Give a final of a second."""
    start_ms, end_ms = segment * 1000, segment * 1000 + 1000
    words = text.split()
    items = tuple(Item(word, "word", start_ms, end_ms, 0.9, speaker) for word in words)
    return Heard(segment, start_ms, end_ms, text, 0, speaker, items, ())


class Archive:
    """Two doctors of the test's own, and what is kept of them."""

    def __init__(self, app: App, owner: PostgresConnection, table: Table) -> None:
        self.app = app
        self.owner = owner
        self.table = table
        self.s3 = boto3.client("s3")
        self.doctor = f"doctor-{secrets.token_hex(6)}"
        self.stranger = f"stranger-{secrets.token_hex(6)}"

    def forbid_deleting(self) -> None:
        """Go on under the policy that nobody may."""
        self.app = replace(self.app, desk=replace(self.app.desk, may_owner_delete=False))

    def add(
        self,
        *texts: str,
        user: str | None = None,
        age: timedelta = timedelta(),
        status: str = "COMPLETED",
        transcript: str = "complete",
        gaps: list[list[int]] | None = None,
        audio: bytes | None = b"fLaC",
    ) -> tuple[int, str]:
        """Add a session's record with these finals; give its number and its session."""
        user = user or self.doctor
        session_id = str(uuid.uuid4())
        finals = [heard(number, text) for number, text in enumerate(texts)]
        key = f"{recording_prefix(user, session_id)}recording.flac"
        rows = self.owner.run(
            "INSERT INTO transcriptions (user_id, session_id, audio_s3_key, transcript_text, status,"
            " is_streaming, audio_duration_seconds, sample_rate, quality, epoch, encoding, samples, sha256,"
            " gaps, segments, transcript_state, created_at) VALUES (:user, :session, :key, :text, :status,"
            " TRUE, :seconds, 16000, 'medium', 1, 'pcm', :samples, :sha256, CAST(:gaps AS JSONB),"
            " CAST(:segments AS JSONB), :transcript, CAST(:created AS TIMESTAMPTZ))"
            " RETURNING transcription_id",
            user=user,
            session=session_id,
            key=key,
            text=" ".join(texts),
            status=status,
            seconds=float(len(texts)),
            samples=16000 * len(texts),
            sha256="ab" * 32,
            gaps=json.dumps(gaps or []),
            segments=f"[{','.join(final_to_json(final) for final in finals)}]",
            transcript=transcript,
            created=(BEGAN - age).isoformat(),
        )
        if audio is not None:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=audio, ContentType="audio/flac")
        return int(rows[0][0]), session_id

    def leave_live(self, user: str, session_id: str, *texts: str, work: str | None = None) -> None:
        """Add what a task keeps of a session: parts with versions, a manifest, finals, the session's item."""
        for key in (f"{parts_prefix(user, session_id)}000000000000-000000016000-{'0' * 16}.pcm",) * 2:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"part")
        self.s3.delete_object(Bucket=BUCKET, Key=key)
        self.s3.put_object(
            Bucket=BUCKET, Key=f"{recording_prefix(user, session_id)}manifest.json", Body=b"{}"
        )
        meta = {"user_id": {"S": user}} | ({} if work is None else {"work": {"S": work}})
        self._put(session_id, META, meta)
        for number, text in enumerate(texts):
            self._put(session_id, final_sort_key(number), {"body": {"S": final_to_json(heard(number, text))}})

    def ask(
        self,
        method: str,
        route: str,
        record_id: object = None,
        *,
        user: str | None = None,
        query: dict[str, str] | None = None,
        body: object = None,
        raw_body: str | None = None,
        claims: dict[str, str] | None = None,
    ) -> Reply:
        """Ask as a signed-in user; `route` as the contract writes it."""
        mine = {"sub": user or self.doctor, "iat": str(int(NOW) - 60), "exp": str(int(NOW) + 840)}
        event = http_event(method, route.replace("{id}", str(record_id)), claims=mine | (claims or {}))
        event["routeKey"] = f"{method} {route}"
        event["requestContext"]["routeKey"] = event["routeKey"]
        if record_id is not None:
            event["pathParameters"] = {"id": str(record_id)}
        if query:
            event["queryStringParameters"] = query
        if body is not None or raw_body is not None:
            event["body"] = raw_body if raw_body is not None else json.dumps(body)
        answer = handle(event, self.app)
        content = answer["body"]
        raw = base64.b64decode(content) if answer["isBase64Encoded"] else content.encode()
        return Reply(answer["statusCode"], answer["headers"], raw)

    def audit(self, user: str | None = None) -> list[list[Any]]:
        """Give what was written down of a user's accesses, oldest first."""
        return self.owner.run(
            "SELECT action, outcome, asked_for, transcription_ids FROM audit_entries"
            " WHERE user_id = :user ORDER BY entry_id",
            user=user or self.doctor,
        )

    def kept_versions(self) -> list[str]:
        """Name every version of every object in the bucket."""
        page = self.s3.list_object_versions(Bucket=BUCKET)
        return [one["Key"] for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]

    def _put(self, session_id: str, sort: str, fields: dict[str, Any]) -> None:
        key = {PARTITION_KEY: {"S": session_key(session_id)}, SORT_KEY: {"S": sort}}
        self.table.client.put_item(TableName=TABLE, Item=key | fields)
