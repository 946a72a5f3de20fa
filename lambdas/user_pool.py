"""The user pool's part in a sign-out: it ends what was signed in, and gives no new tokens for the old ones.

`AdminUserGlobalSignOut`, by the function's role. A user's own `GlobalSignOut` would need the scope
`aws.cognito.signin.user.admin` in the page's token, and whoever stole one could change the user's password.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.aws import failures_as_codes

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


class UserPool:
    """One Cognito user pool. Its client is made at the first sign-out: the imports cost every cold start."""

    def __init__(self, client: Callable[[], CognitoIdentityProviderClient], pool_id: str) -> None:
        self._client = client
        self._pool_id = pool_id

    def end_sessions(self, username: str) -> None:
        """Refuse every refresh token of a user that was issued until now; harmless when repeated.

        Raises:
            Unavailable: some may be good yet.
        """
        with failures_as_codes():
            try:
                self._client().admin_user_global_sign_out(UserPoolId=self._pool_id, Username=username)
            except ClientError as error:
                # Who was deleted meanwhile has nothing that could be ended.
                if error.response.get("Error", {}).get("Code") != "UserNotFoundException":
                    raise
