"""Random schedules in which the stores go away for seconds, and streams run out of credentials."""

from __future__ import annotations

import pytest

from tests.model.batches import batches, run_schedules


@pytest.mark.parametrize("seeds", batches(0, 250))
def test_stores_that_are_away_for_seconds_cost_nothing_but_time(seeds: range) -> None:
    """S3, DynamoDB and PostgreSQL answer nothing for a while: acknowledgements wait, nothing is lost."""
    run_schedules("stores away for seconds", seeds)


@pytest.mark.parametrize("seeds", batches(0, 250))
def test_streams_that_run_out_of_credentials_leave_no_word_out(seeds: range) -> None:
    """Credentials of 6 to 20 s, a kill now and then: streams roll, and the text goes on."""
    run_schedules("credentials that expire", seeds)
