"""What the page's domain serves, and under which rules."""

from __future__ import annotations

import json
import re
from typing import Any

from cdk_app import assets
from cdk_app.constructs.page import PAGE_FILE, PAGE_PATH
from contract import environment
from tests.cdk_app.assembly import DOMAIN, Assembly


def _policy(assembly: Assembly) -> Any:
    policy = assembly.edge.only("AWS::CloudFront::ResponseHeadersPolicy")
    return policy.properties["ResponseHeadersPolicyConfig"]


def test_the_page_runs_its_own_files_only(assembly: Assembly) -> None:
    """A transcript is shown in it: a script from elsewhere could read it."""
    policy = _policy(assembly)["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    text = json.dumps(policy)

    assert "default-src 'self'" in text
    assert "frame-ancestors 'none'" in text
    assert "unsafe" not in text


def test_the_page_talks_to_the_socket_and_the_sign_in(assembly: Assembly) -> None:
    """Anything less and it could not work, anything more and it could tell."""
    policy = _policy(assembly)["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    _, _, connect_src = json.dumps(policy).partition("connect-src")
    allowed = connect_src.partition(";")[0]

    assert allowed.count("https://") == 1
    assert "amazoncognito.com" in allowed
    assert "WebsocketApi" in allowed


def test_the_page_plays_its_own_sound_and_the_recordings(assembly: Assembly) -> None:
    """From the very bucket, under the host that signed URLs have."""
    policy = _policy(assembly)["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    media_src = json.dumps(policy).partition("media-src")[2].partition(";")[0]

    assert media_src.startswith(" 'self' blob: https://")
    assert media_src.count("https://") == 1
    assert "RegionalDomainName" in media_src


def test_only_the_page_may_use_the_microphone(assembly: Assembly) -> None:
    """No frame in it, and nothing else of the device."""
    headers = {item["Header"]: item["Value"] for item in _policy(assembly)["CustomHeadersConfig"]["Items"]}

    assert headers["Permissions-Policy"] == "microphone=(self), camera=(), geolocation=()"


def test_every_answer_carries_the_headers(assembly: Assembly) -> None:
    """The API's answers too: they come from the same origin."""
    distribution = assembly.edge.only("AWS::CloudFront::Distribution").properties["DistributionConfig"]
    policy = assembly.edge.only("AWS::CloudFront::ResponseHeadersPolicy")

    for behaviour in [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]:
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": policy.logical_id}


def test_the_apis_answers_are_never_kept(assembly: Assembly) -> None:
    """A ticket is one user's, once."""
    distribution = assembly.edge.only("AWS::CloudFront::Distribution").properties["DistributionConfig"]

    caching_disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's own policy of that name
    assert {behaviour["CachePolicyId"] for behaviour in distribution["CacheBehaviors"]} == {caching_disabled}


def test_an_outage_that_is_over_is_not_told_of_any_longer(assembly: Assembly) -> None:
    """CloudFront keeps a 503 for 10 s unless told otherwise, even of what it must not cache."""
    distribution = assembly.edge.only("AWS::CloudFront::Distribution").properties["DistributionConfig"]

    kept_s = {
        error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in distribution["CustomErrorResponses"]
    }
    assert kept_s == {500: 0, 502: 0, 503: 0, 504: 0}


def test_the_page_is_told_what_only_a_deployment_knows(assembly: Assembly) -> None:
    """The same keys as on one machine: the page cannot tell the two apart."""
    (written,) = assembly.directory.glob("asset.*/config.json")
    text = written.read_text()
    markers = assembly.edge.only("Custom::CDKBucketDeployment").properties["SourceMarkers"]
    for marker, value in (item for source in markers for item in source.items()):
        text = text.replace(marker, "".join(part for part in value["Fn::Join"][1] if isinstance(part, str)))

    config = json.loads(text)

    assert config["api_url"] == "https://"  # and the page's own domain
    assert config["sign_in"].keys() == {
        "authorize_url",
        "token_url",
        "logout_url",
        "client_id",
        "redirect_uri",
        "scopes",
    }
    assert config["sign_in"]["authorize_url"].endswith("/oauth2/authorize")
    assert config["sign_in"]["redirect_uri"].endswith(PAGE_PATH)
    assert config["sign_in"]["scopes"] == ["openid"]


def test_the_page_has_nothing_that_its_policy_forbids() -> None:
    """No style or script in the markup, so that neither needs an exception."""
    markup = (assets.ROOT / "frontend" / PAGE_FILE).read_text()

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", markup)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", markup))


def test_the_page_takes_the_operators_name(named_assembly: Assembly) -> None:
    """It is the origin that sockets are admitted from, and where the sign-in returns to."""
    distribution = named_assembly.edge.only("AWS::CloudFront::Distribution").properties["DistributionConfig"]

    assert distribution["Aliases"] == [DOMAIN["domain"]]
    assert distribution["ViewerCertificate"]["AcmCertificateArn"] == DOMAIN["certificate"]
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    client = named_assembly.edge.only("AWS::Cognito::UserPoolClient").properties
    assert client["CallbackURLs"] == [f"https://{DOMAIN['domain']}{PAGE_PATH}"]
    connect = named_assembly.function("connect").properties["Environment"]["Variables"]
    assert connect[environment.ALLOWED_ORIGINS] == f"https://{DOMAIN['domain']}"
