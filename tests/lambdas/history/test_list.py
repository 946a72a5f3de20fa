"""The list of what a doctor recorded: her own, newest first, by pages, found by words and by dates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migrations.postgres import PostgresConnection
from tests.http_reply import Reply
from tests.lambdas.history.archive import EXAMPLES, Archive

DAY = timedelta(days=1)


def listed(archive: Archive, **query: str) -> Reply:
    return archive.ask("GET", "/transcriptions", query=query)


def numbers(reply: Reply) -> list[int]:
    return [one["transcription_id"] for one in reply.body["transcriptions"]]


def test_mine_are_there_newest_first_and_nobody_elses(archive: Archive) -> None:
    """Whatever a stranger recorded in between."""
    old, _ = archive.add("old", age=2 * DAY)
    archive.add("a stranger's", user=archive.stranger, age=DAY)
    new, _ = archive.add("new")

    assert numbers(listed(archive)) == [new, old]


def test_a_summary_says_what_the_list_shows(archive: Archive) -> None:
    """At most 120 characters of text, and how many holes there are."""
    number, session_id = archive.add("word " * 40, "end.", gaps=[[0, 5], [8, 9]])

    (summary,) = listed(archive).body["transcriptions"]

    assert summary == {
        "transcription_id": number,
        "session_id": session_id,
        "created_at": "2026-11-20T09:00:00.000000Z",
        "duration_s": 2.0,
        "status": "COMPLETED",
        "transcript": "complete",
        "quality": "medium",
        "gaps": 2,
        "excerpt": ("word " * 40)[:120],
        "corrected": False,
    }
    golden = EXAMPLES["answers"][0]["body"]["transcriptions"][0]
    assert list(summary) == list(golden)


def test_pages_follow_one_another_without_a_hole_or_a_repeat(archive: Archive) -> None:
    """Also where several began at the same moment, and where one more is added meanwhile."""
    made = [archive.add(str(place), age=DAY * (place // 3))[0] for place in range(7)]
    expected = [made[place] for place in (2, 1, 0, 5, 4, 3, 6)]  # each day's, the last made first

    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = listed(archive, limit="2", cursor=cursor)
        assert len(numbers(page)) <= 2
        seen += numbers(page)
        cursor = page.body["cursor"]
        archive.add("newer than all", age=-DAY)

    assert seen == expected


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("metoprolol", True),
        ("METOP", True),  # the beginning of a word, as it is typed
        ("fever metoprolol", True),  # in any order
        ("no fever", True),  # no word is too small to be looked for
        ("toprolol", False),
        ("metoprolol aspirin", False),
        ("x-ray", True),
        ("o'neil", True),
        ("50", True),
        ("'; DROP TABLE transcriptions; --", False),
        ("& | ! ( ) : * \\ '", False),
        ("%", False),
    ],
)
def test_words_are_looked_for_in_the_text(archive: Archive, words: str, is_found: bool) -> None:
    """All of them, each as the beginning of a word; whatever else is typed is no syntax."""
    number, _ = archive.add("Metoprolol 50 milligrams.", "No fever, Mr. O'Neil. X-ray clear.")
    archive.add("Something else.")
    archive.add("Metoprolol 50, no fever.", user=archive.stranger)

    found = listed(archive, q=words)

    assert (found.status, numbers(found)) == (200, [number] if is_found else [])


def test_the_text_that_is_searched_is_the_one_that_is_read(archive: Archive) -> None:
    """A corrected word is found, and the wrong one in its place no more."""
    number, _ = archive.add("Start metropolis.", "No fever.")
    archive.ask(
        "PATCH",
        "/transcriptions/{id}",
        number,
        body={"segment": 0, "text": "Start metoprolol.", "base_version": 0},
    )

    found = listed(archive, q="metoprolol fever")

    assert numbers(found) == [number]
    (summary,) = found.body["transcriptions"]
    assert (summary["excerpt"], summary["corrected"]) == ("Start metoprolol. No fever.", True)
    assert numbers(listed(archive, q="metropolis")) == []


def test_the_list_and_the_search_have_their_indexes(
    archive: Archive, owner: PostgresConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expression that differs from the index's by a letter would read every text of everybody."""
    said: list[tuple[str, dict[str, Any]]] = []
    run = PostgresConnection.run

    def heard(connection: PostgresConnection, sql: str, **values: Any) -> list[list[Any]]:
        said.append((sql, values))
        return run(connection, sql, **values)

    def plan_of(asked: tuple[str, dict[str, Any]], without: str) -> str:
        owner.run(f"BEGIN; SET LOCAL enable_seqscan = off; DROP INDEX {without}")
        lines = owner.run(f"EXPLAIN {asked[0]}", **asked[1])
        owner.run("ROLLBACK")
        return str(lines)

    with monkeypatch.context() as patched:
        patched.setattr(PostgresConnection, "run", heard)
        listed(archive, **{"from": "2026-11-01"})
        listed(archive, q="metoprolol")
    plain, search = (asked for asked in said if "FROM transcriptions WHERE" in asked[0])

    assert "transcriptions_user_id_created_at_idx" in plan_of(plain, "transcriptions_words_idx")
    assert "transcriptions_words_idx" in plan_of(search, "transcriptions_user_id_created_at_idx")


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-19", "", [0, 1]),
        ("", "2026-11-19", [1, 2]),
        ("2026-11-19", "2026-11-19", [1]),
        ("2026-11-20T09:00:00Z", "", [0]),
        ("", "2026-11-20T09:00:00", [1, 2]),
        ("2026-11-20T14:30:00+05:30", "", [0]),
    ],
)
def test_dates_bound_the_list(archive: Archive, since: str, until: str, expected: list[int]) -> None:
    """A date is a whole day in UTC, and a time is exact."""
    made = [archive.add(str(age), age=age * DAY)[0] for age in range(3)]

    found = listed(archive, **{"from": since, "to": until})

    assert numbers(found) == [made[place] for place in expected]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "1.5"},
        {"limit": "²"},
        {"from": "yesterday"},
        {"to": "2026-13-01"},
        {"to": "9999-12-31"},
        {"cursor": "canary"},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"},
        {"q": "x" * 201},
        {"q": "a\x00b"},
    ],
)
def test_a_wrong_question_is_refused_in_a_sentence(archive: Archive, query: dict[str, str]) -> None:
    """Nothing of it comes back, and it is written down that somebody asked."""
    archive.add("text")

    answer = listed(archive, **query)

    assert answer.status == 400
    assert "canary" not in answer.body["message"]
    assert archive.audit() == [["list", "refused", None, []]]


def test_what_was_there_before_live_sessions_is_listed_too(archive: Archive) -> None:
    """A row without a session has what it has."""
    (number,) = archive.owner.run(
        "INSERT INTO transcriptions (user_id, transcript_text, status)"
        " VALUES (:user, 'From a file.', 'COMPLETED') RETURNING transcription_id",
        user=archive.doctor,
    )[0]

    (summary,) = listed(archive).body["transcriptions"]
    record = archive.ask("GET", "/transcriptions/{id}", number).body

    assert (summary["transcription_id"], summary["session_id"]) == (number, None)
    assert (summary["excerpt"], summary["transcript"]) == ("From a file.", None)
    assert (record["text"], record["segments"], record["has_audio"]) == ("From a file.", [], False)
