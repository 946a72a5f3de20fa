"""What is made to go wrong on purpose. Pure: the values and how they are read from JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from local_stack.json_numbers import is_number_within
from local_stack.transcribe.refusal import STREAM_EXCEPTIONS

LONGEST = 86_400_000  # a day in milliseconds: no stream lives so long


class BadFaults(ValueError):
    """The faults asked for make no sense; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The whole set. Ages count from a stream's opening, or from the setting of the fault if later."""

    reset_every_s: float = 0  # RST_STREAM at that age; 0: never
    close_clean_every_s: float = 0  # END_STREAM at that age, the last words left unsaid; 0: never
    refuse: bool = False  # new streams: ServiceUnavailableException
    limit_exceeded: bool = False  # new streams: LimitExceededException
    hang: bool = False  # audio is taken, nothing is said until it is lifted
    delay_ms: float = 0  # on everything that a stream says
    exception: str | None = None  # its name: for every open stream now, for new ones at their first audio
    seed: int = 1  # taken for likeness with the other fault controls: nothing here is left to chance

    def as_json(self) -> dict[str, object]:
        """Give the set as it is PUT."""
        return asdict(self)


def read_faults(body: object) -> Faults:
    """Read a whole set; what is not named has its default.

    Raises:
        BadFaults: a name, a type or a value is wrong.
    """
    if not isinstance(body, dict):
        raise BadFaults("The faults must be a JSON object.")
    known = {field.name for field in fields(Faults)}
    unknown = sorted(str(name) for name in body if name not in known)
    if unknown:
        raise BadFaults(f"Unknown fault {unknown[0]!r}; there are {', '.join(sorted(known))}.")
    for name in ("reset_every_s", "close_clean_every_s", "delay_ms"):
        if not is_number_within(body.get(name, 0), LONGEST):
            raise BadFaults(f"{name} must be a number from 0 to {LONGEST}.")
    for name in ("refuse", "limit_exceeded", "hang"):
        if not isinstance(body.get(name, False), bool):
            raise BadFaults(f"{name} must be true or false.")
    if body.get("exception") not in (None, *STREAM_EXCEPTIONS):
        raise BadFaults(f"exception must be null or one of {', '.join(STREAM_EXCEPTIONS)}.")
    seed = body.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise BadFaults("seed must be a whole number.")
    return Faults(**body)
