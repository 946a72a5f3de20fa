"""How hostile a schedule's world is, and the worlds that are tried."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Faults:
    """Every number is a probability per occasion or per second, or seconds, as its name says."""

    # the wire
    drop: float = 0.0
    duplicate: float = 0.0
    delay_s: float = 0.0  # at most, each message for itself: they overtake one another
    # the stores
    part_fails: float = 0.0
    part_answer_lost: float = 0.0
    final_fails: float = 0.0
    final_answer_lost: float = 0.0
    step_fails: float = 0.0
    step_answer_lost: float = 0.0
    stores_away_per_s: float = 0.0  # every call fails, for up to fifteen seconds
    # recognition
    reset_per_feed: float = 0.0
    refuse_open: float = 0.0
    blocked: float = 0.0
    credentials_s: float = 0.0  # how long a stream's last; 0: for ever
    # owners
    kill_per_s: float = 0.0
    zombie: float = 0.0  # of the killed: how many only seem to be, and go on for seconds
    leave_per_s: float = 0.0
    cut_off_per_s: float = 0.0  # from DynamoDB, while clients and S3 are reached
    clocks_apart_s: float = 0.0  # of any two owners, at most


CALM = Faults(drop=0.03, delay_s=0.3)
HOSTILE = Faults(
    drop=0.05,
    duplicate=0.05,
    delay_s=0.6,
    part_fails=0.1,
    part_answer_lost=0.1,
    final_fails=0.1,
    final_answer_lost=0.1,
    step_fails=0.3,
    step_answer_lost=0.3,
    reset_per_feed=0.01,
    refuse_open=0.1,
    blocked=0.02,
)
DOUBLED = replace(HOSTILE, duplicate=1.0, drop=0.1, delay_s=12.8)  # 64 messages deep
DEADLY = replace(HOSTILE, kill_per_s=0.08, zombie=0.4, clocks_apart_s=600.0)
LEAVING = replace(HOSTILE, leave_per_s=0.08, kill_per_s=0.02, clocks_apart_s=600.0)
PARTED = replace(HOSTILE, cut_off_per_s=0.05, kill_per_s=0.02, zombie=0.5, clocks_apart_s=600.0)
AWAY = replace(HOSTILE, stores_away_per_s=0.05, kill_per_s=0.02)
ROLLING = replace(HOSTILE, credentials_s=20.0, kill_per_s=0.02)

WORLDS = {
    "calm": CALM,
    "hostile": HOSTILE,
    "everything doubled and late": DOUBLED,
    "owners die or only seem to": DEADLY,
    "owners leave": LEAVING,
    "owners cut off from DynamoDB": PARTED,
    "stores away for seconds": AWAY,
    "credentials that expire": ROLLING,
}
