"""Who may sign in: a Cognito user pool of invited people, and the domain of its sign-in page."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from constructs import Construct


class UserPool(Construct):
    """A pool that nobody can join uninvited."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage_name: str,
        mfa: cognito.Mfa,
        removal_policy: RemovalPolicy,
        is_deletion_protected: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=mfa,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(3),
            ),
            deletion_protection=is_deletion_protected,
            removal_policy=removal_policy,
        )
        # Cognito wants a prefix that is free in the whole region: the account's id makes it so.
        self._domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"seva-arogya-{stage_name}-{Aws.ACCOUNT_ID}"
            ),
        )

    def grant_ending_sessions(self, grantee: iam.IGrantable) -> None:
        """Let the grantee sign a user of this pool out everywhere, and do nothing else to anyone."""
        self.pool.grant(grantee, "cognito-idp:AdminUserGlobalSignOut")

    @property
    def origin(self) -> str:
        """Where people sign in, and where the page exchanges its code."""
        return f"https://{self._domain.domain_name}.auth.{Stack.of(self).region}.amazoncognito.com"
