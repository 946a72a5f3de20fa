"""A name of the operator's own for the page, read from the context. Looks nothing up, makes no DNS record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from constructs import Node

DOMAIN_CONTEXT: Final = "domain"
CERTIFICATE_CONTEXT: Final = "certificate"
PAGE_CERTIFICATE_CONTEXT: Final = "page_certificate"
CLOUDFRONT_REGION: Final = "us-east-1"  # the only one whose certificates CloudFront takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A name, and the ACM certificates for it.

    The balancer's is presented to API Gateway, which asks for `name` there: that hop needs no DNS record.
    """

    name: str
    balancer_certificate_arn: str  # in the stage's region
    page_certificate_arn: str  # in CLOUDFRONT_REGION


def domain_from_context(node: Node, *, region: str) -> Domain | None:
    """Read the domain and its certificates; None where the context names none.

    Raises:
        ValueError: one is given without the other, or a certificate is of the wrong region.
    """
    name = node.try_get_context(DOMAIN_CONTEXT)
    certificate = node.try_get_context(CERTIFICATE_CONTEXT)
    page_certificate = node.try_get_context(PAGE_CERTIFICATE_CONTEXT) or certificate
    if name is None and page_certificate is None:
        return None
    if name is None or certificate is None:
        raise ValueError(
            f"context {DOMAIN_CONTEXT!r} and {CERTIFICATE_CONTEXT!r} come together or not at all"
        )
    _require_region(certificate, region, CERTIFICATE_CONTEXT)
    _require_region(page_certificate, CLOUDFRONT_REGION, PAGE_CERTIFICATE_CONTEXT)
    return Domain(name=name, balancer_certificate_arn=certificate, page_certificate_arn=page_certificate)


def _require_region(certificate_arn: str, region: str, key: str) -> None:
    parts = certificate_arn.split(":")
    if parts[2:4] != ["acm", region]:
        raise ValueError(f"context {key!r} must be the ARN of an ACM certificate in {region}")
