"""The stages and how one is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App, RemovalPolicy

from cdk_app.config import STAGES, stage_from_context
from tests.cdk_app.assembly import synthesise


def test_an_unknown_stage_is_refused_in_a_sentence() -> None:
    """A slip of the keyboard must not deploy somewhere else."""
    app = App(context={"stage": "production"})

    with pytest.raises(ValueError, match="'production'; it must be one of dev, staging, prod"):
        stage_from_context(app.node)


def test_a_stage_goes_to_its_own_region_and_to_the_deployers_account() -> None:
    """The region is a decision about Transcribe Medical; the account is whoever's the credentials are."""
    stage = stage_from_context(App(context={"stage": "staging"}).node)

    assert stage.name == "staging"
    assert stage.environment.region == "us-east-1"
    assert stage.environment.account is None


def test_patients_data_outlives_its_stack_in_production() -> None:
    """Deleting a stack by mistake must not delete what was recorded."""
    prod = STAGES["prod"]

    assert prod.removal_policy is RemovalPolicy.RETAIN
    assert prod.is_deletion_protected
    assert prod.database.is_multi_az


def test_production_can_be_deployed_again_after_a_first_deployment_that_failed() -> None:
    """A log group has a name of its own: one that the rollback left behind would be in the way for ever."""
    assert STAGES["prod"].log_removal_policy is RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def test_production_is_synthesised_for_a_named_account_without_asking_it(tmp_path: Path) -> None:
    """With an account the library would look its availability zones up, which takes credentials."""
    assembly = synthesise({"stage": "prod", "account": "111122223333"}, tmp_path)

    assert assembly.missing == []
    database = assembly.data.only("AWS::RDS::DBInstance").properties
    assert database["MultiAZ"] is True
    assert database["DeletionProtection"] is True
    assert len(assembly.data.of_type("AWS::EC2::NatGateway")) == 2
