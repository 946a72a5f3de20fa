"""When the deployment that is spoken through begins."""

from __future__ import annotations

import pytest

from contract.audio import Quality
from tools.live_connection import NotAllowed
from tools.smoke_checks.account import ServiceState
from tools.smoke_checks.hand_over import check_hand_over
from tools.smoke_checks.speech import Speech
from tools.stream_file import Target


class Deployed:
    """A service that notes whether its tasks were replaced."""

    def __init__(self) -> None:
        self.was_replaced = False

    def state(self) -> ServiceState:
        return ServiceState(1, 1, ("COMPLETED",))

    def replace_tasks(self) -> None:
        self.was_replaced = True


async def test_nothing_is_deployed_until_a_task_has_the_session() -> None:
    """A deployment that is done before the session began hands nothing over, and proves nothing."""
    service = Deployed()

    with pytest.raises(ExceptionGroup) as said:
        await check_hand_over(
            Target("no address", "no origin", "token"),
            Speech(b"\0\0" * 1600, Quality.MEDIUM),
            service,
            poll_s=0.0,
            speak_on_s=0.0,
        )

    assert said.group_contains(NotAllowed)
    assert not service.was_replaced
