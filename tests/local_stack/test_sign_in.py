"""Where the sign-in sends a browser that signs out: back to the page, and nowhere else."""

from __future__ import annotations

import pytest

from local_stack.sign_in import BadRequest, SignIn
from local_stack.user_pool import UserPool

PAGE = "http://localhost:5000/live-transcription"
QUERY = {"client_id": "page", "logout_uri": PAGE}


@pytest.fixture
def sign_in() -> SignIn:
    """Give a sign-in whose pool is never asked."""
    return SignIn(UserPool("http://nowhere", "pool", "page", "password"), ("doctor1",), [PAGE])


def test_who_signs_out_comes_back_to_the_page(sign_in: SignIn) -> None:
    """As Cognito does with an address that its client lists."""
    assert sign_in.place_after_logout(QUERY) == PAGE


@pytest.mark.parametrize(
    "wrong", [{"client_id": "other"}, {"logout_uri": "http://evil.example/"}, {"logout_uri": ""}]
)
def test_a_wrong_request_to_sign_out_redirects_nowhere(sign_in: SignIn, wrong: dict[str, str]) -> None:
    """It would be an open door for whoever wants a trusted address in front of theirs."""
    with pytest.raises(BadRequest):
        sign_in.place_after_logout(QUERY | wrong)
