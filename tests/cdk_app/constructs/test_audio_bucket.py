"""Audio is private, encrypted and kept from being overwritten."""

from __future__ import annotations

import json

from cdk_app.config import STAGES
from contract import object_keys
from tests.cdk_app.assembly import Assembly, Properties, Resource


def _audio(assembly: Assembly) -> Resource:
    (bucket,) = (
        bucket
        for bucket in assembly.data.of_type("AWS::S3::Bucket")
        if "LoggingConfiguration" in bucket.properties
    )
    return bucket


def test_audio_lies_under_our_key(assembly: Assembly) -> None:
    """S3's own key would let anyone read who may read the bucket."""
    (rule,) = _audio(assembly).properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True


def test_no_bucket_is_public(assembly: Assembly) -> None:
    """Neither by a policy nor by an access list, now or later."""
    buckets = [resource for resource in assembly.resources() if resource.type == "AWS::S3::Bucket"]

    assert len(buckets) == 3
    for bucket in buckets:
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}


def test_every_bucket_refuses_what_is_not_tls(assembly: Assembly) -> None:
    """Also from whoever holds the permission."""
    buckets = {resource.logical_id for resource in assembly.resources() if resource.type == "AWS::S3::Bucket"}

    refusing = {
        policy.properties["Bucket"]["Ref"]
        for policy in assembly.resources()
        if policy.type == "AWS::S3::BucketPolicy"
        and any(
            statement["Effect"] == "Deny" and '"aws:SecureTransport": "false"' in json.dumps(statement)
            for statement in policy.properties["PolicyDocument"]["Statement"]
        )
    }
    assert refusing == buckets


def _rules(assembly: Assembly, prefix: str) -> list[Properties]:
    rules = _audio(assembly).properties["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    return [rule for rule in rules if rule["Prefix"] == prefix]


def test_a_deleted_part_is_gone_within_a_day(assembly: Assembly) -> None:
    """The recording replaces the parts; neither their versions nor their markers must outlive it."""
    (rule,) = _rules(assembly, object_keys.PARTS_PREFIX)

    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["ExpiredObjectDeleteMarker"] is True
    assert "ExpirationInDays" not in rule  # a part that no recording replaced is all there is
    assert _audio(assembly).properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_a_recording_is_kept_as_long_as_the_stage_says(assembly: Assembly) -> None:
    """How long is the law's business; that it is had back after a mistake is ours."""
    ageing, clearing = _rules(assembly, object_keys.RECORDINGS_PREFIX)

    assert ageing["ExpirationInDays"] == STAGES["dev"].recordings_kept_days
    assert ageing["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert clearing["ExpiredObjectDeleteMarker"] is True


def test_who_read_audio_is_on_record(assembly: Assembly) -> None:
    """In a bucket of its own, where S3 alone writes."""
    logging = _audio(assembly).properties["LoggingConfiguration"]
    kept = assembly.data.resources[logging["DestinationBucketName"]["Ref"]]

    assert kept.type == "AWS::S3::Bucket"
    (rule,) = kept.properties["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90
