"""Where transcriptions are handed out: each access is written down before anybody hears the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.replies import Final as Heard
from lambdas.history import exports
from lambdas.history.answers import NOT_FOUND, SIGNED_OUT, Answer, as_bytes, found, refused
from lambdas.history.audio import LINK_S, Audio, content_type
from lambdas.history.audit import Action, Entry, Outcome
from lambdas.history.live import LiveSessions
from lambdas.history.questions import (
    Correction,
    ListQuestion,
    Place,
    RecordId,
    WrongQuestion,
    cursor_of,
)
from lambdas.history.records import Records, Visit
from lambdas.history.transcription import Row, Transcription, as_read, iso
from lambdas.identity import Identity
from lambdas.sign_outs import SignOuts

NOT_DELETED_HERE: Final = "Transcriptions cannot be deleted here."
NOT_FINISHED: Final = "This transcription is still being finished. Please try again later."
NOT_ONE_FILE_YET: Final = "The recording is still being put together. Please try again in a moment."
NO_AUDIO: Final = "There is no audio of this transcription."
NO_SUCH_SEGMENT: Final = "There is no such segment in this transcription."
CORRECTED_MEANWHILE: Final = "This transcription was corrected elsewhere meanwhile. Please look at it again."
NO_SUCH_FORMAT: Final = f"format must be one of {', '.join(exports.FORMATS)}."

Give = Callable[[Visit, Row], Answer]


@dataclass(frozen=True, slots=True)
class Desk:
    """Each method answers one route.

    All raise `Unavailable`: nothing was given away, nothing changed, but that a deletion may have begun.
    """

    records: Records
    live: LiveSessions
    audio: Audio
    sign_outs: SignOuts
    may_owner_delete: bool
    page_origin: str

    def refuse(self, who: Identity, action: Action, asked: RecordId | None, wrong: WrongQuestion) -> Answer:
        """Refuse a question that is not as it must be."""
        return self._answer(who, action, asked, lambda _: refused(400, str(wrong)))

    def list_page(self, who: Identity, question: ListQuestion) -> Answer:
        """Answer with a page of summaries."""

        def page(visit: Visit) -> Answer:
            summaries = visit.summaries(who.user_id, question)
            shown = summaries[: question.limit]
            last = shown[-1] if len(summaries) > question.limit else None
            cursor = None if last is None else cursor_of(Place(last.created_at, last.transcription_id))
            body = {"transcriptions": [one.as_json() for one in shown], "cursor": cursor}
            return found(body, *(one.transcription_id for one in shown))

        return self._answer(who, Action.LIST, None, page)

    def read(self, who: Identity, record_id: RecordId) -> Answer:
        """Answer with everything there is of one."""

        def whole(visit: Visit, row: Row) -> Answer:
            body = self._transcription(visit, row).as_json()
            body |= {"has_audio": self.audio.has(row), "may_delete": self.may_owner_delete}
            return found(body, row.transcription_id)

        return self._of_one(who, Action.READ, record_id, whole)

    def link_audio(self, who: Identity, record_id: RecordId) -> Answer:
        """Answer with a signed way to the recording."""

        def link(_: Visit, row: Row) -> Answer:
            if not self.audio.has(row):
                is_coming = self._is_worked_on(row)
                status, message = (409, NOT_ONE_FILE_YET) if is_coming else (404, NO_AUDIO)
                return refused(status, message, row.transcription_id)
            body = {
                "url": self.audio.link(row),
                "expires_in": LINK_S,
                "content_type": content_type(row),
            }
            return found(body, row.transcription_id)

        return self._of_one(who, Action.AUDIO, record_id, link)

    def export(self, who: Identity, record_id: RecordId, name: str) -> Answer:
        """Answer with a file."""

        def file(visit: Visit, row: Row) -> Answer:
            export = exports.FORMATS.get(name)
            if export is None:
                return refused(400, NO_SUCH_FORMAT, row.transcription_id)
            audio_url = f"{self.page_origin}/transcriptions/{row.transcription_id}/audio"
            has_audio = name == "fhir" and self.audio.has(row)  # no other format names it
            body = export.write(self._transcription(visit, row), audio_url if has_audio else None)
            file_name = f"transcription-{row.transcription_id}.{export.suffix}"
            named = ("content-disposition", f'attachment; filename="{file_name}"')
            return Answer(200, body, Outcome.DONE, (row.transcription_id,), export.content_type, (named,))

        return self._of_one(who, Action.EXPORT, record_id, file)

    def correct(self, who: Identity, record_id: RecordId, correction: Correction) -> Answer:
        """Add a version, and answer with it."""

        def add(visit: Visit, row: Row) -> Answer:
            if correction.segment not in {final.segment for final in self._finals(row)}:
                return refused(400, NO_SUCH_SEGMENT, row.transcription_id)
            version = visit.correct(who.user_id, row.transcription_id, correction)
            if version is None:
                current = as_read(row, (), visit.versions(row.transcription_id)).version
                body = as_bytes({"message": CORRECTED_MEANWHILE, "version": current})
                return Answer(409, body, Outcome.CONFLICT, (row.transcription_id,))
            return found(
                {
                    "version": version.version,
                    "segment": version.segment,
                    "text": version.text,
                    "by": version.by,
                    "at": iso(version.at),
                },
                row.transcription_id,
            )

        return self._of_one(who, Action.CORRECT, record_id, add)

    def delete(self, who: Identity, record_id: RecordId) -> Answer:
        """Delete one whole; killed anywhere, the same call again completes it.

        The row goes last: as long as it is there, what is left can be found by it.
        """
        begun: list[Row] = []

        def begin(_: Visit, row: Row) -> Answer:
            if not self.may_owner_delete:
                return refused(403, NOT_DELETED_HERE, row.transcription_id)
            if row.is_still_growing or self._is_worked_on(row):
                return refused(409, NOT_FINISHED, row.transcription_id)
            begun.append(row)
            return Answer(200, as_bytes({"status": "deleted"}), Outcome.BEGUN, (row.transcription_id,))

        answer = self._of_one(who, Action.DELETE, record_id, begin)
        for row in begun:
            if row.session_id is not None:
                self.audio.erase(row.user_id, row.session_id)
                self.live.erase(row.session_id)
            with self.records.visit() as visit:
                visit.erase(row.user_id, row.transcription_id)
                visit.write_down(_entry(who, Action.DELETE, record_id, Outcome.DONE, row.transcription_id))
        return answer

    def _of_one(self, who: Identity, action: Action, record_id: RecordId, give: Give) -> Answer:
        def look(visit: Visit) -> Answer:
            row = visit.find(who.user_id, record_id)
            return NOT_FOUND if row is None else give(visit, row)

        return self._answer(who, action, record_id, look)

    def _answer(
        self, who: Identity, action: Action, asked: RecordId | None, look: Callable[[Visit], Answer]
    ) -> Answer:
        is_signed_out = self.sign_outs.has_signed_out(who)
        with self.records.visit() as visit:
            answer = SIGNED_OUT if is_signed_out else look(visit)
            visit.write_down(_entry(who, action, asked, answer.outcome, *answer.transcription_ids))
        return answer

    def _transcription(self, visit: Visit, row: Row) -> Transcription:
        return as_read(row, self._finals(row), visit.versions(row.transcription_id))

    def _finals(self, row: Row) -> tuple[Heard, ...]:
        if row.session_id is None or not row.is_still_growing:
            return row.finals
        return max(row.finals, self.live.finals(row.session_id), key=len)

    def _is_worked_on(self, row: Row) -> bool:
        return row.session_id is not None and self.live.is_worked_on(row.session_id)


def _entry(
    who: Identity, action: Action, asked: RecordId | None, outcome: Outcome, *transcription_ids: int
) -> Entry:
    return Entry(who.user_id, action, outcome, str(asked or "") or None, transcription_ids)
