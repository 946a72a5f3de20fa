"""The service's limits, each of which a test or an operator may lower. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

SILENCE_LIMIT_S = 15.0  # "no new audio was received for 15 seconds"
STREAM_LIMIT_S = 4 * 3600.0
CONCURRENT_STREAMS = 100  # the quota that one task asks of the account; AWS grants 25 unasked


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stream, and all of them together, may do."""

    silence_s: float = SILENCE_LIMIT_S
    stream_s: float = STREAM_LIMIT_S
    transcribe_streams: int = CONCURRENT_STREAMS


def read_limits(text: str) -> Limits:
    """Read `K=V,...` of the limits' names.

    Raises:
        ValueError: a name or a number is wrong; the message is a sentence.
    """
    limits = Limits()
    for pair in filter(None, text.split(",")):
        name, _, value = pair.partition("=")
        try:
            match name:
                case "silence_s":
                    limits = replace(limits, silence_s=_positive(value))
                case "stream_s":
                    limits = replace(limits, stream_s=_positive(value))
                case "transcribe_streams":
                    limits = replace(limits, transcribe_streams=int(_positive(value)))
                case _:
                    raise ValueError(
                        f"Unknown limit {name!r}; there are silence_s, stream_s, transcribe_streams."
                    )
        except OverflowError as error:
            raise ValueError(f"The limit {name} is too large.") from error
    return limits


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise ValueError(f"A limit must be a number, not {text!r}.") from error
    if not number > 0:
        raise ValueError(f"A limit must be more than 0, not {text!r}.")
    return number
