"""RDS PostgreSQL, which keeps the record: needed to finish a session, never to speak."""

from __future__ import annotations

import json
from typing import Final

from aws_cdk import Aws, Duration, Fn, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app.config import DatabaseSize
from cdk_app.constructs.encryption_key import EncryptionKey
from cdk_app.constructs.network import Network
from contract import environment

_ENGINE: Final = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_18_3)
_PORT: Final = 5432
_DATABASE_NAME: Final = "seva_arogya"
_OWNER: Final = "seva_owner"
_APPLICATION: Final = "seva_app"  # the migration makes this role, with the password of its secret
_PASSWORD_CHARACTERS: Final = 48
_LOGS: Final = ("postgresql", "upgrade")
_HOST_SEEN_EVERY: Final = Duration.minutes(1)
_PARAMETERS: Final = {
    "rds.force_ssl": "1",
    # A failing statement's text and bound values may hold what a patient said: they never reach the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_parameter_max_length": "0",
    "log_statement": "none",
}


class Database(Construct):
    """An encrypted instance in the data subnets that admits only whom it is told to, by TLS only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        key: EncryptionKey,
        size: DatabaseSize,
        stage_name: str,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
        is_deletion_protected: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            description="PostgreSQL: admits the migration, the api and the tasks",
            allow_all_outbound=False,
        )
        identifier = _identifier(stage_name)
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            instance_identifier=identifier,
            engine=_ENGINE,
            instance_type=ec2.InstanceType(size.instance_type),
            vpc=network.vpc,
            vpc_subnets=network.DATA_SUBNETS,
            security_groups=[security_group],
            port=_PORT,
            database_name=_DATABASE_NAME,
            credentials=rds.Credentials.from_username(_OWNER, encryption_key=key.key),
            manage_master_user_password=True,
            parameter_group=rds.ParameterGroup(self, "Parameters", engine=_ENGINE, parameters=_PARAMETERS),
            storage_type=rds.StorageType.GP3,
            allocated_storage=size.storage_gib,
            max_allocated_storage=size.storage_limit_gib,
            storage_encrypted=True,
            storage_encryption_key=key.key,
            multi_az=size.is_multi_az,
            backup_retention=Duration.days(size.backups_kept_days),
            copy_tags_to_snapshot=True,
            auto_minor_version_upgrade=False,  # the minor is pinned here; an upgrade is a change to this file
            ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,  # its roots lie in certificates/
            cloudwatch_logs_exports=list(_LOGS),
            monitoring_interval=_HOST_SEEN_EVERY,
            deletion_protection=is_deletion_protected,
            removal_policy=removal_policy,
        )
        for log in _LOGS:
            # Before RDS makes it by itself: then it would be kept for ever, and not under our key.
            group = logs.LogGroup(
                self,
                f"{log.capitalize()}Log",
                log_group_name=f"/aws/rds/instance/{identifier}/{log}",
                retention=log_retention,
                encryption_key=key.key,
                removal_policy=removal_policy,
            )
            self.instance.node.add_dependency(group)
        managed = self.instance.secret
        assert managed is not None, "RDS manages the owner's password"
        application = secretsmanager.Secret(
            self,
            "ApplicationPassword",
            description="How the tasks and the api come to the database: rows, no schema",
            encryption_key=key.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": _APPLICATION}),
                generate_string_key="password",
                password_length=_PASSWORD_CHARACTERS,
                exclude_punctuation=True,
            ),
        )
        # By their addresses alone: with its key, reading a secret would be granted in the key's policy,
        # naming a role of a stack that depends on this one.
        self.owner_secret = secretsmanager.Secret.from_secret_complete_arn(
            self, "OwnerSecret", managed.secret_arn
        )
        self.application_secret = secretsmanager.Secret.from_secret_complete_arn(
            self, "ApplicationSecret", application.secret_arn
        )

    def environment(self, *, ca_file: str) -> dict[str, str]:
        """Give the settings by which a client finds the database, and knows it by the roots in `ca_file`."""
        return {
            environment.DATABASE_SECRET_ID: self.application_secret.secret_arn,
            environment.DATABASE_HOST: self.instance.db_instance_endpoint_address,
            environment.DATABASE_PORT: str(_PORT),
            environment.DATABASE_NAME: _DATABASE_NAME,
            environment.DATABASE_SSLMODE: "verify-full",
            environment.DATABASE_CA_FILE: ca_file,
        }

    def owner_environment(self, *, ca_file: str) -> dict[str, str]:
        """Give the settings of who comes as the tables' owner, and makes the role that others come as."""
        return {
            **self.environment(ca_file=ca_file),
            environment.DATABASE_SECRET_ID: self.owner_secret.secret_arn,
            environment.DATABASE_APPLICATION_SECRET_ID: self.application_secret.secret_arn,
        }

    def admit(self, client: ec2.IConnectable, identity: iam.IGrantable) -> None:
        """Let the client through to the port, and its identity read the application's credentials."""
        # From the client's side, so that the rule lies in the client's stack and the two do not form a cycle.
        client.connections.allow_to(self.instance, ec2.Port.tcp(_PORT), "PostgreSQL")
        self.application_secret.grant_read(identity)
        self._key.grant_use_by_secrets_manager(identity)

    def admit_owner(self, client: ec2.IConnectable, identity: iam.IGrantable) -> None:
        """Let the client through as `admit` does, and its identity read the owner's credentials as well."""
        self.admit(client, identity)
        self.owner_secret.grant_read(identity)


def _identifier(stage_name: str) -> str:
    # Known before the instance is there, since its logs are called by it, and another for every stack that is
    # made, so that what an earlier one left is in nobody's way. CloudFormation will not replace what has a
    # name: nor should it replace a database with patients in it.
    stack = Fn.select(2, Fn.split("/", Aws.STACK_ID))
    return Fn.join("-", ["seva-arogya", stage_name, Fn.select(0, Fn.split("-", stack))])
