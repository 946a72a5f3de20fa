"""Whether a second factor is asked for is the stage's decision, and a stage with patients asks."""

from __future__ import annotations

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from cdk_app.config import STAGES
from cdk_app.constructs.user_pool import UserPool


@pytest.mark.parametrize(
    ("stage_name", "asked"), [("dev", "OPTIONAL"), ("staging", "OPTIONAL"), ("prod", "ON")]
)
def test_a_second_factor_is_asked_for_as_the_stage_says(stage_name: str, asked: str) -> None:
    """An app's one, never a text message: a telephone number is taken over more easily."""
    stage = STAGES[stage_name]
    stack = Stack(App(), "Stack")
    UserPool(
        stack,
        "Users",
        stage_name=stage.name,
        mfa=stage.mfa,
        removal_policy=stage.removal_policy,
        is_deletion_protected=stage.is_deletion_protected,
    )

    Template.from_stack(stack).has_resource_properties(
        "AWS::Cognito::UserPool",
        {"MfaConfiguration": asked, "EnabledMfas": ["SOFTWARE_TOKEN_MFA"]},
    )
