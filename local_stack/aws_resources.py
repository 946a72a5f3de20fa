"""What the stacks would have made in an AWS account, made in the local one: bucket, table, secrets, users."""

from __future__ import annotations

import json
import secrets
from typing import Final

import boto3
import botocore.config

from contract.records import OWNER, PARTITION_KEY, SORT_KEY, TTL, WORK_INDEX, WORK_KEY
from local_stack.aws_settings import ResourceNames, SignInResources

APPLICATION_ROLE: Final = "seva_app"  # the migration makes it


def create_resources(endpoint_url: str, names: ResourceNames) -> SignInResources:
    """Create everything through the endpoint, as a deployment would."""
    session = boto3.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - moto looks at no signature
        region_name=names.region,
    )
    config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=20)
    _create_bucket(session, endpoint_url, config, names)
    _create_table(session, endpoint_url, config, names)
    vault = session.client("secretsmanager", endpoint_url=endpoint_url, config=config)
    database = {"username": names.database_user, "password": names.database_password}
    vault.create_secret(Name=names.database_secret, SecretString=json.dumps(database))
    application = {"username": APPLICATION_ROLE, "password": secrets.token_urlsafe(36)}
    vault.create_secret(Name=names.application_secret, SecretString=json.dumps(application))
    vault.create_secret(Name=names.forwarding_secret, SecretString=secrets.token_hex(32))
    return _create_users(session, endpoint_url, config, names)


def _create_bucket(
    session: boto3.Session, endpoint_url: str, config: botocore.config.Config, names: ResourceNames
) -> None:
    s3 = session.client("s3", endpoint_url=endpoint_url, config=config)
    s3.create_bucket(Bucket=names.bucket)
    s3.put_bucket_versioning(Bucket=names.bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket=names.bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )


def _create_table(
    session: boto3.Session, endpoint_url: str, config: botocore.config.Config, names: ResourceNames
) -> None:
    dynamodb = session.client("dynamodb", endpoint_url=endpoint_url, config=config)
    dynamodb.create_table(
        TableName=names.table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in (PARTITION_KEY, SORT_KEY, WORK_KEY, OWNER)
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": WORK_INDEX,
                "KeySchema": [
                    {"AttributeName": WORK_KEY, "KeyType": "HASH"},
                    {"AttributeName": OWNER, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    dynamodb.update_time_to_live(
        TableName=names.table, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL}
    )


def _create_users(
    session: boto3.Session, endpoint_url: str, config: botocore.config.Config, names: ResourceNames
) -> SignInResources:
    cognito = session.client("cognito-idp", endpoint_url=endpoint_url, config=config)
    pool_id = cognito.create_user_pool(PoolName="seva-arogya-local")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="page", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    for user in names.users:
        cognito.admin_create_user(UserPoolId=pool_id, Username=user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(
            UserPoolId=pool_id, Username=user, Password=names.user_password, Permanent=True
        )
    return SignInResources(pool_id, client["UserPoolClient"]["ClientId"])
