"""What the parts make of their environment: one attempt tells all that is wrong, and no value."""

from __future__ import annotations

import pytest

from contract import environment as env
from contract.settings import DatabaseSettings, EnvironmentReader, SettingsError

DATABASE = {
    env.DATABASE_SECRET_ID: "secret",
    env.DATABASE_HOST: "db.example.org",
    env.DATABASE_NAME: "seva",
}


def told_by(reader: EnvironmentReader) -> str:
    with pytest.raises(SettingsError) as told:
        reader.finish()
    return str(told.value)


def test_what_is_there_is_read_as_it_stands() -> None:
    """Text, numbers and seconds; a level in whatever case."""
    reader = EnvironmentReader(
        {"A": "text", "B": "007", "C": "2.5", env.LOG_LEVEL: "debug", env.STAGE: "dev"}
    )

    read = (
        reader.text("A"),
        reader.whole("B", 1, highest=9),
        reader.seconds("C", 1.0),
        reader.log_level(),
        reader.stage(),
    )
    reader.finish()

    assert read == ("text", 7, 2.5, "DEBUG", "dev")


def test_what_is_missing_or_empty_has_its_default() -> None:
    """An empty value is what a template leaves that had nothing to fill in."""
    reader = EnvironmentReader({"A": "", env.LOG_LEVEL: ""})

    read = (
        reader.text("A", "else"),
        reader.optional("A"),
        reader.whole("A", 3, highest=9),
        reader.seconds("A", 4.0),
        reader.log_level(),
    )
    reader.finish()

    assert read == ("else", None, 3, 4.0, "INFO")


@pytest.mark.parametrize(
    "value", ["0", "10", "-1", "+1", " 1", "1_0", "1.0", "one", "\u0663", "\u00b2", "9" * 5000]
)
def test_a_whole_number_is_plain_digits_within_its_range(value: str) -> None:
    """Neither a slip nor a number of thousands of digits, which Python would refuse to convert, passes."""
    reader = EnvironmentReader({"A": value})

    assert reader.whole("A", 3, highest=9) == 3
    assert told_by(reader) == "The environment is not right: A must be a whole number from 1 to 9."


@pytest.mark.parametrize("value", ["0", "-3", "nan", "inf", "ten", "1 s"])
def test_seconds_are_finite_and_above_0(value: str) -> None:
    """A limit of none or of for ever is no limit."""
    reader = EnvironmentReader({"A": value})

    assert reader.seconds("A", 4.0) == 4.0
    assert told_by(reader) == "The environment is not right: A must be a number of seconds above 0."


def test_a_database_is_reached_by_a_verified_connection_unless_it_is_said() -> None:
    """PostgreSQL's own port, and no doubt whom one speaks to."""
    reader = EnvironmentReader(DATABASE)

    database = reader.database()
    reader.finish()

    assert database == DatabaseSettings("secret", "db.example.org", 5432, "seva", "verify-full", None)


def test_what_is_said_of_a_database_is_taken() -> None:
    """Every variable of it has its effect."""
    said = {env.DATABASE_PORT: "5006", env.DATABASE_SSLMODE: "disable", env.DATABASE_CA_FILE: "rds.pem"}
    reader = EnvironmentReader(DATABASE | said)

    database = reader.database()
    reader.finish()

    assert (database.port, database.sslmode, database.ca_file) == (5006, "disable", "rds.pem")


def test_a_database_asks_for_no_more_and_no_less_than_its_variables() -> None:
    """What the deployment gives is what is read."""
    asked: set[str] = set()

    EnvironmentReader(_Watched(asked)).database()

    assert asked == env.DATABASE


def test_everything_wrong_is_told_at_once_and_no_value() -> None:
    """One start, one list, one repair; a value may be a secret that was put into the wrong variable."""
    canary = "canary"
    reader = EnvironmentReader(
        {env.LOG_LEVEL: canary, env.DATABASE_SSLMODE: canary, env.DATABASE_PORT: canary}
    )

    reader.stage()
    reader.log_level()
    reader.database()
    reader.refuse("B", "hold a thing")

    told = told_by(reader)
    assert canary not in told
    assert [
        said.split(" ")[0] for said in told.removeprefix("The environment is not right: ").split("; ")
    ] == [
        env.STAGE,
        env.LOG_LEVEL,
        env.DATABASE_SSLMODE,
        env.DATABASE_SECRET_ID,
        env.DATABASE_HOST,
        env.DATABASE_PORT,
        env.DATABASE_NAME,
        "B",
    ]


class _Watched(dict[str, str]):
    """An empty environment that knows what was asked of it."""

    def __init__(self, asked: set[str]) -> None:
        super().__init__()
        self._asked = asked

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self._asked.add(key)
        return super().get(key, default)
