"""Where the page is served: a private bucket behind CloudFront, which passes the API's paths on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.constructs.page_headers import PageHeaders
from cdk_app.domain import Domain

PAGE_PATH: Final = "/live-transcription"
PAGE_FILE: Final = "live_transcription.html"
_OUTAGES: Final = (500, 502, 503, 504)
_PAGE_PATHS_CODE: Final = Path(__file__).with_name("page_paths.js")


class Page(Construct):
    """The distribution whose domain is the page's origin and, behind `api_paths`, the HTTP API's."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api_domain_name: str,
        api_paths: Sequence[str],
        connects_to: Sequence[str],
        plays_from: Sequence[str],
        domain: Domain | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.DESTROY,  # everything in it comes from the repository
        )
        headers = PageHeaders(self, "Headers", connects_to=connects_to, plays_from=plays_from)
        page_paths = cloudfront.Function(
            self,
            "PagePaths",
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            code=cloudfront.FunctionCode.from_file(file_path=str(_PAGE_PATHS_CODE)),
        )
        api = cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(api_domain_name),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            response_headers_policy=headers.policy,
        )
        self._domain = domain
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            **_naming(self, domain),
            comment="Live transcription",
            default_root_object=PAGE_FILE,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                response_headers_policy=headers.policy,
                function_associations=[
                    cloudfront.FunctionAssociation(
                        function=page_paths, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                    )
                ],
            ),
            additional_behaviors=dict.fromkeys(api_paths, api),
            # Else CloudFront keeps these for 10 s, whatever the answer's own headers say.
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0)) for status in _OUTAGES
            ],
        )

    @property
    def origin(self) -> str:
        """What a browser on the page sends as `Origin`."""
        name = self.distribution.distribution_domain_name if self._domain is None else self._domain.name
        return f"https://{name}"

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self.origin}{PAGE_PATH}"


class _Naming(TypedDict, total=False):
    domain_names: list[str]
    certificate: acm.ICertificate
    minimum_protocol_version: cloudfront.SecurityPolicyProtocol


def _naming(scope: Construct, domain: Domain | None) -> _Naming:
    if domain is None:
        return {}  # CloudFront's own name, with the certificate and the TLS versions that come with it
    certificate = acm.Certificate.from_certificate_arn(scope, "Certificate", domain.page_certificate_arn)
    return {
        "domain_names": [domain.name],
        "certificate": certificate,
        "minimum_protocol_version": cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
    }
