"""The page's own client of the user pool."""

from __future__ import annotations

from tests.cdk_app.assembly import Assembly


def test_the_client_keeps_no_secret_and_takes_codes_only(assembly: Assembly) -> None:
    """A page cannot keep a secret; a token in an address would end in a log."""
    client = assembly.edge.only("AWS::Cognito::UserPoolClient").properties

    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == ["openid"]


def test_nobody_signs_in_beside_the_sign_in_page(assembly: Assembly) -> None:
    """A password sent to Cognito's API would pass by the page, and by what is asked there."""
    client = assembly.edge.only("AWS::Cognito::UserPoolClient").properties

    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]


def test_a_code_goes_to_the_page_and_nowhere_else(assembly: Assembly) -> None:
    """Any other address would be an open door for it."""
    client = assembly.edge.only("AWS::Cognito::UserPoolClient").properties

    distribution = assembly.edge.only("AWS::CloudFront::Distribution")
    page = {"Fn::GetAtt": [distribution.logical_id, "DomainName"]}
    assert client["CallbackURLs"] == [{"Fn::Join": ["", ["https://", page, "/live-transcription"]]}]


def test_an_access_token_lives_fifteen_minutes(assembly: Assembly) -> None:
    """So long may a sign-out made directly in Cognito take to be felt."""
    client = assembly.edge.only("AWS::Cognito::UserPoolClient").properties

    assert client["AccessTokenValidity"] == 15
    assert client["TokenValidityUnits"]["AccessToken"] == "minutes"


def test_nobody_joins_uninvited(assembly: Assembly) -> None:
    """Accounts are the clinic's to give."""
    pool = assembly.data.only("AWS::Cognito::UserPool").properties

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
