"""When a call to DynamoDB is made again, and how soon: the SDKs' standard mode and its figures. Pure."""

from __future__ import annotations

from random import Random

THROTTLED = frozenset(
    {
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
PASSING = frozenset({"RequestTimeout", "RequestTimeoutException"})
PASSING_STATUSES = frozenset({500, 502, 503, 504})
TOKENS, COST, COST_IF_THROTTLED, GAIN = 500, 14, 5, 1
BACKOFF_S = 0.025  # a random part of it; then of twice as much, and so on
BACKOFF_IF_THROTTLED_S = 1.0  # likewise


def may_pass(status: int, code: str) -> bool:
    """Tell whether the same call may fare better in a moment."""
    return status in PASSING_STATUSES or code in THROTTLED or code in PASSING


def pause_s(longest_s: float, retries: int, random: Random) -> float:
    """Give how long to wait before a repetition, of which this is the first, 1, or a later one."""
    return random.random() * longest_s * 2.0 ** (retries - 1)


class RetryBudget:
    """Lets a client try again as long as most of its calls go well: a table in trouble is not asked twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tokens = TOKENS

    def spend(self, code: str) -> int | None:
        """Take what one more attempt costs after that failure; None: it may not be made."""
        cost = COST_IF_THROTTLED if code in THROTTLED else COST
        if cost > self._tokens:
            return None
        self._tokens -= cost
        return cost

    def succeeded(self, spent: int) -> None:
        """Give back what the last attempt cost, 0 for a first one."""
        self._tokens = min(TOKENS, self._tokens + (spent or GAIN))

    def pause_s(self, code: str, retries: int) -> float:
        """Give how long to wait before a repetition after that failure, the first, 1, or a later one."""
        return pause_s(BACKOFF_IF_THROTTLED_S if code in THROTTLED else BACKOFF_S, retries, self._random)
