"""The headers that every answer of the page's domain carries: what the page may do, and nobody to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

_HTTPS_REMEMBERED: Final = Duration.days(365)


class PageHeaders(Construct):
    """A policy under which the page runs its own files only and talks to `connects_to`, itself besides.

    It plays sound that it made itself, and sound from `plays_from`.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, connects_to: Sequence[str], plays_from: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        directives = {
            "default-src": "'self'",
            "connect-src": " ".join(["'self'", *connects_to]),
            "media-src": " ".join(["'self'", "blob:", *plays_from]),
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }
        self.policy = cloudfront.ResponseHeadersPolicy(
            self,
            "Policy",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy="; ".join(
                        f"{name} {value}" for name, value in directives.items()
                    ),
                    override=True,
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=_HTTPS_REMEMBERED, include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(
                        header="Cross-Origin-Opener-Policy", value="same-origin", override=True
                    ),
                    cloudfront.ResponseCustomHeader(
                        header="Permissions-Policy",
                        value="microphone=(self), camera=(), geolocation=()",
                        override=True,
                    ),
                ]
            ),
        )
