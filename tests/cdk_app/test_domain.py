"""A name of the operator's own is given whole or not at all."""

from __future__ import annotations

import pytest
from aws_cdk import App

from cdk_app.domain import Domain, domain_from_context

_NAME = "transcription.example.org"
_IN_MUMBAI = "arn:aws:acm:ap-south-1:111122223333:certificate/1"
_IN_VIRGINIA = "arn:aws:acm:us-east-1:111122223333:certificate/2"


def _read(region: str, **context: str) -> Domain | None:
    return domain_from_context(App(context=context).node, region=region)


def test_without_a_domain_nothing_is_needed() -> None:
    """A first deployment has none."""
    assert _read("us-east-1") is None


def test_one_certificate_serves_both_where_cloudfront_takes_its_own() -> None:
    """Page and balancer have the same name."""
    domain = _read("us-east-1", domain=_NAME, certificate=_IN_VIRGINIA)

    assert domain == Domain(
        name=_NAME, balancer_certificate_arn=_IN_VIRGINIA, page_certificate_arn=_IN_VIRGINIA
    )


def test_elsewhere_there_are_two_certificates() -> None:
    """CloudFront looks in one region only."""
    domain = _read("ap-south-1", domain=_NAME, certificate=_IN_MUMBAI, page_certificate=_IN_VIRGINIA)

    assert domain is not None
    assert domain.balancer_certificate_arn == _IN_MUMBAI
    assert domain.page_certificate_arn == _IN_VIRGINIA


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"domain": _NAME}, "come together"),
        ({"certificate": _IN_MUMBAI}, "come together"),
        ({"domain": _NAME, "page_certificate": _IN_VIRGINIA}, "come together"),
        ({"domain": _NAME, "certificate": _IN_VIRGINIA}, "'certificate' must be .* in ap-south-1"),
        ({"domain": _NAME, "certificate": _IN_MUMBAI}, "'page_certificate' must be .* in us-east-1"),
        ({"domain": _NAME, "certificate": "my-certificate"}, "must be the ARN"),
    ],
)
def test_half_a_domain_is_refused_before_anything_is_deployed(context: dict[str, str], sentence: str) -> None:
    """CloudFormation would find out after ten minutes, and roll back for ten more."""
    with pytest.raises(ValueError, match=sentence):
        _read("ap-south-1", **context)
