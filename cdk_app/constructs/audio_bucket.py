"""The bucket that holds the audio: parts while a session is recorded, then the recording."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.constructs.encryption_key import EncryptionKey
from contract import object_keys

_ACCESS_LOGS_KEPT_DAYS = 90


class AudioBucket(Construct):
    """A private, versioned bucket, encrypted under the product's key and reached by TLS only."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: EncryptionKey, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, construct_id)
        access_logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 cannot deliver access logs under a key of ours
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(_ACCESS_LOGS_KEPT_DAYS),
                    noncurrent_version_expiration=Duration.days(1),
                )
            ],
            removal_policy=removal_policy,
        )
        self.bucket = s3.Bucket(
            self,
            "Audio",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    # A part is deleted once the recording is verified; its version must not outlive it.
                    prefix=object_keys.PARTS_PREFIX,
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="audio/",
            removal_policy=removal_policy,
        )

    def grant_recording(self, grantee: iam.IGrantable) -> None:
        """Let the grantee list and read audio, and write and delete it under the contract's two prefixes."""
        self.bucket.grant_read(grantee)
        for prefix in (object_keys.PARTS_PREFIX, object_keys.RECORDINGS_PREFIX):
            self.bucket.grant_put(grantee, f"{prefix}*")
        self.bucket.grant_delete(grantee, f"{object_keys.PARTS_PREFIX}*")
