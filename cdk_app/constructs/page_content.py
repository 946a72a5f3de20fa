"""What is put where the page is served: its files, and the settings that only a deployment knows."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

from cdk_app import assets
from cdk_app.constructs.encryption_key import EncryptionKey
from cdk_app.constructs.execution_role import ExecutionRole
from cdk_app.constructs.page import Page
from cdk_app.constructs.sign_in import SignIn
from cdk_app.constructs.user_pool import UserPool


class PageContent(Construct):
    """Copies the page and its `config.json` into the bucket.

    Nothing is invalidated: every file is served with `no-cache`, so CloudFront asks the bucket whether it
    changed. (An invalidation would take a permission on every distribution of the account.)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        page: Page,
        users: UserPool,
        sign_in: SignIn,
        key: EncryptionKey,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=log_retention,
            encryption_key=key.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        config = {
            "api_url": page.origin,
            "sign_in": {
                "authorize_url": f"{users.origin}/oauth2/authorize",
                "token_url": f"{users.origin}/oauth2/token",
                "logout_url": f"{users.origin}/logout",
                "client_id": sign_in.client.user_pool_client_id,
                "redirect_uri": page.url,
                "scopes": list(SignIn.SCOPES),
            },
        }
        s3_deployment.BucketDeployment(
            self,
            "Files",
            destination_bucket=page.bucket,
            sources=[assets.page_files(), s3_deployment.Source.json_data("config.json", config)],
            cache_control=[s3_deployment.CacheControl.no_cache()],
            memory_limit=256,
            log_group=log_group,
            role=ExecutionRole(self, "Execution", log_group=log_group, is_in_vpc=False).role,
        )
