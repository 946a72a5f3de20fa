"""How the page signs people in: an OAuth client of the user pool, code + PKCE, no secret."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk_app.constructs.user_pool import UserPool

_ACCESS_LIFETIME: Final = Duration.minutes(15)  # how long a sign-out made in Cognito may take to be felt
_REFRESH_LIFETIME: Final = Duration.hours(12)  # a working day


class SignIn(Construct):
    """The page's client: only its own address may receive a code."""

    SCOPES = ("openid",)

    def __init__(self, scope: Construct, construct_id: str, *, users: UserPool, page_url: str) -> None:
        super().__init__(scope, construct_id)
        region = Stack.of(self).region
        self.issuer = f"https://cognito-idp.{region}.amazonaws.com/{users.pool.user_pool_id}"
        self.client = cognito.UserPoolClient(
            self,
            "Client",
            user_pool=users.pool,
            generate_secret=False,  # a page can keep none; PKCE stands in its place
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.custom(scope) for scope in self.SCOPES],
                callback_urls=[page_url],
                logout_urls=[page_url],
            ),
            auth_flows=cognito.AuthFlow(
                user_srp=False
            ),  # and so none but refreshing: Cognito's default has more
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=_ACCESS_LIFETIME,
            id_token_validity=_ACCESS_LIFETIME,
            refresh_token_validity=_REFRESH_LIFETIME,
        )
