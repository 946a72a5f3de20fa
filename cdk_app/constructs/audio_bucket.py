"""The bucket that holds the audio: parts while a session is recorded, then the recording."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.constructs.encryption_key import EncryptionKey
from contract import object_keys

_ACCESS_LOGS_KEPT: Final = Duration.days(90)
_ONE_DAY: Final = Duration.days(1)
_MISTAKES_UNDONE_WITHIN: Final = Duration.days(30)  # an overwritten or deleted recording can be had back


class AudioBucket(Construct):
    """A private, versioned bucket, encrypted under the product's key and reached by TLS only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: EncryptionKey,
        recordings_kept_days: int,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        access_logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 cannot deliver access logs under a key of ours
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=_ACCESS_LOGS_KEPT, noncurrent_version_expiration=_ONE_DAY)
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
            lifecycle_rules=_lifecycle(recordings_kept_days),
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="audio/",
            removal_policy=removal_policy,
        )

    @property
    def origin(self) -> str:
        """Where signed URLs of recordings lead: the region's own host, also where there is a general one."""
        return f"https://{self.bucket.bucket_regional_domain_name}"

    def grant_playing(self, grantee: iam.IGrantable) -> None:
        """Let the grantee read recordings, and so sign URLs by which others read them."""
        self._grant(
            grantee,
            (("s3:GetObject",), (self._under(object_keys.RECORDINGS_PREFIX),)),
            # Without it, S3 says 403 and not 404 of an object that is not there.
            (("s3:ListBucket",), (self.bucket.bucket_arn,)),
        )
        self._key.grant_use_by_s3(grantee)

    def grant_erasing(self, grantee: iam.IGrantable) -> None:
        """Let the grantee delete every version of parts and recordings."""
        self._grant(
            grantee,
            (("s3:DeleteObjectVersion",), self._both_prefixes()),
            (("s3:ListBucketVersions",), (self.bucket.bucket_arn,)),
        )

    def grant_recording(self, grantee: iam.IGrantable) -> None:
        """Let the grantee write and read audio under the contract's two prefixes, and delete parts."""
        self._grant(
            grantee,
            (("s3:GetObject", "s3:PutObject"), self._both_prefixes()),
            (("s3:DeleteObject",), (self._under(object_keys.PARTS_PREFIX),)),
            # Without it, S3 says 403 and not 404 of an object that is not there.
            (("s3:ListBucket",), (self.bucket.bucket_arn,)),
        )
        self._key.grant_use_by_s3(grantee)

    def _both_prefixes(self) -> tuple[str, str]:
        return self._under(object_keys.PARTS_PREFIX), self._under(object_keys.RECORDINGS_PREFIX)

    def _under(self, prefix: str) -> str:
        return self.bucket.arn_for_objects(f"{prefix}*")

    @staticmethod
    def _grant(grantee: iam.IGrantable, *allowed: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        for actions, arns in allowed:
            iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=list(arns))


def _lifecycle(recordings_kept_days: int) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            # A part is deleted once the recording is verified; its version must not outlive it.
            prefix=object_keys.PARTS_PREFIX,
            noncurrent_version_expiration=_ONE_DAY,
            expired_object_delete_marker=True,
            abort_incomplete_multipart_upload_after=_ONE_DAY,
        ),
        s3.LifecycleRule(
            prefix=object_keys.RECORDINGS_PREFIX,
            expiration=Duration.days(recordings_kept_days),
            noncurrent_version_expiration=_MISTAKES_UNDONE_WITHIN,
            abort_incomplete_multipart_upload_after=_ONE_DAY,
        ),
        # Apart from the above: S3 takes an age or this in one rule, not both.
        s3.LifecycleRule(prefix=object_keys.RECORDINGS_PREFIX, expired_object_delete_marker=True),
    ]
