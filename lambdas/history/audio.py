"""The recordings in the bucket: whether there is one, a signed way to it, and no trace of it any more.

The URL is good for whoever has it: it goes to the page that asked, into no log, and ends soon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from contract.audio import Encoding
from contract.object_keys import RECORDINGS_PREFIX, parts_prefix, recording_prefix
from lambdas.aws import failures_as_codes
from lambdas.errors import Unavailable
from lambdas.history.transcription import Row

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

LINK_S: Final = 300
KEYS_AT_ONCE: Final = 1000  # the most that a page of a listing gives and that one deletion takes


def content_type(row: Row) -> str:
    """Give what kind of file the recording is."""
    return "audio/ogg" if row.encoding == Encoding.OPUS else "audio/flac"


class Audio:
    """The bucket."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def has(self, row: Row) -> bool:
        """Tell whether the recording is there as one file.

        Raises:
            Unavailable: it could not be found out.
        """
        # A table that was there before may name files that are none of ours.
        if row.audio_key is None or not row.audio_key.startswith(f"{RECORDINGS_PREFIX}{row.user_id}/"):
            return False
        with failures_as_codes():
            try:
                self._s3.head_object(Bucket=self._bucket, Key=row.audio_key)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey", "NotFound"):
                    return False
                raise
        return True

    def link(self, row: Row) -> str:
        """Sign a URL to the recording, good for `LINK_S`."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": row.audio_key or "",
                "ResponseContentType": content_type(row),
                "ResponseCacheControl": "private, no-store",  # a shared computer keeps no patient's voice
            },
            ExpiresIn=LINK_S,
        )

    def erase(self, user_id: str, session_id: str) -> None:
        """Delete parts, manifest and recording with every version of them; harmless when there are none.

        Raises:
            Unavailable: some may be left.
        """
        for prefix in (parts_prefix(user_id, session_id), recording_prefix(user_id, session_id)):
            while found := self._versions(prefix):
                with failures_as_codes():
                    done = self._s3.delete_objects(
                        Bucket=self._bucket, Delete={"Objects": found, "Quiet": True}
                    )
                if errors := done.get("Errors"):
                    raise Unavailable(errors[0].get("Code", "Unknown"))

    def _versions(self, prefix: str) -> list[ObjectIdentifierTypeDef]:
        # Always the first page: what it named is deleted before the next is asked for.
        with failures_as_codes():
            page = self._s3.list_object_versions(Bucket=self._bucket, Prefix=prefix, MaxKeys=KEYS_AT_ONCE)
        return [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
