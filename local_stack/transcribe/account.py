"""Everything that streams share: the quota, the session ids, the faults, the counts. No sockets, no files."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Mapping

from local_stack.recognisers.interface import RecogniserFactory
from local_stack.transcribe.faults import Faults
from local_stack.transcribe.limits import Limits
from local_stack.transcribe.parameters import PATH, read_parameters
from local_stack.transcribe.refusal import Refusal
from local_stack.transcribe.signature import Clock, Lookup, verify_request
from local_stack.transcribe.stream import Outlet, Stream

REMEMBERED_STREAMS = 1000  # closed ones that the admin still lists
log = logging.getLogger(__name__)


class Account:
    """One AWS account's use of the service in one region."""

    def __init__(
        self, *, region: str, lookup: Lookup, recognisers: RecogniserFactory, limits: Limits, now: Clock
    ) -> None:
        self._region = region
        self._lookup = lookup
        self._recognisers = recognisers
        self._limits = limits
        self._now = now
        self._open: dict[str, Stream] = {}  # by session id
        self._closed: deque[dict[str, object]] = deque(maxlen=REMEMBERED_STREAMS)
        self.faults = Faults()
        self.counts: Counter[str] = Counter()

    def open(self, headers: Mapping[str, str], outlet: Outlet) -> Stream:
        """Open the stream that a request's headers ask for.

        Raises:
            Refusal: it may not be opened.
        """
        self.counts["requests"] += 1
        try:
            return self._open_stream(headers, outlet)
        except Refusal as refusal:
            self._count(refusal)
            raise
        except (OSError, ValueError) as error:  # the keys could not be looked up
            log.warning("keys unreadable code=%s", type(error).__name__)
            failure = Refusal("InternalFailureException", "The keys could not be read.")
            self._count(failure)
            raise failure from error

    def _count(self, refusal: Refusal) -> None:
        self.counts[f"refused_{refusal.name}"] += 1
        log.info("stream refused name=%s", refusal.name)

    def _open_stream(self, headers: Mapping[str, str], outlet: Outlet) -> Stream:
        if headers.get(":path") != PATH or headers.get(":method") != "POST":
            raise Refusal("UnknownOperationException", "There is no such operation.")
        chain = verify_request(headers, path=PATH, region=self._region, lookup=self._lookup, now=self._now)
        if self.faults.refuse:
            raise Refusal("ServiceUnavailableException", "Service is currently unavailable.")
        parameters = read_parameters(headers)
        if parameters.encoding == "flac":
            raise Refusal("BadRequestException", "The local stand-in takes pcm and ogg-opus only.")
        previous = self._open.get(parameters.session_id)
        is_full = len(self._open) - (previous is not None) >= self._limits.transcribe_streams
        if self.faults.limit_exceeded or is_full:
            raise Refusal(
                "LimitExceededException",
                "You have reached your limit of concurrent streams. Wait and try again later.",
            )
        if previous is not None:
            previous.fail(
                "ConflictException",
                "A new stream started with the same session ID. The current stream has been terminated.",
            )
        stream = Stream(
            parameters=parameters,
            chain=chain,
            outlet=outlet,
            recognisers=self._recognisers,
            limits=self._limits,
            faults=self.faults,
            counts=self.counts,
            on_closed=self._forget,
        )
        self._open[parameters.session_id] = stream
        self.counts["streams"] += 1
        return stream

    def set_faults(self, faults: Faults) -> None:
        """Replace the whole set, for open streams too."""
        self.faults = faults
        for stream in list(self._open.values()):
            stream.obey(faults)

    def describe_streams(self) -> list[dict[str, object]]:
        """List the streams, closed ones first, oldest first."""
        return [*self._closed, *(_describe(stream) for stream in self._open.values())]

    def close(self) -> None:
        """Close every stream."""
        for stream in list(self._open.values()):
            stream.client_gone()

    def _forget(self, stream: Stream) -> None:
        session_id = stream.parameters.session_id
        if self._open.get(session_id) is stream:
            del self._open[session_id]
        self._closed.append(_describe(stream))


def _describe(stream: Stream) -> dict[str, object]:
    return {
        "session_id": stream.parameters.session_id,
        "sample_rate": stream.parameters.sample_rate_hz,
        "encoding": stream.parameters.encoding,
        "seconds": round(stream.seconds, 3),
        "words": stream.words,
        "open": stream.is_open,
    }
