"""The bucket: parts while they come, the manifest and the recording at the end."""

from streaming_task.adapters.recording_s3.bucket import RecordingBucket, bucket_url

__all__ = ["RecordingBucket", "bucket_url"]
