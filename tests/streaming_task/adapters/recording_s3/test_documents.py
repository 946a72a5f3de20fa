"""The XML is read for what it says, and never taken for less than it says."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from streaming_task.adapters.recording_s3.documents import (
    Listing,
    delete_request,
    deletion_failures,
    read_listing,
)
from streaming_task.ports import Unavailable

XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def test_a_listing_gives_keys_and_the_way_on() -> None:
    """Keys come as they are, entities resolved."""
    page = read_listing(
        f"<ListBucketResult {XMLNS}><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key></Contents>"
        "<NextContinuationToken>t+/=</NextContinuationToken></ListBucketResult>".encode()
    )

    assert page == Listing(("a&b",), "t+/=")


def test_a_cut_off_listing_without_a_way_on_is_no_listing() -> None:
    """Missing parts would become gaps in a recording."""
    with pytest.raises(Unavailable):
        read_listing(f"<ListBucketResult {XMLNS}><IsTruncated>true</IsTruncated></ListBucketResult>".encode())


@pytest.mark.parametrize("answer", [b"", b"<html>", b"\x00"])
def test_what_is_not_xml_is_unavailable(answer: bytes) -> None:
    """A proxy's error page is no empty listing."""
    with pytest.raises(Unavailable):
        read_listing(answer)
    with pytest.raises(Unavailable):
        deletion_failures(answer)


def test_keys_to_delete_are_escaped() -> None:
    """A key is content, not markup."""
    document = ET.fromstring(delete_request(["a&<b>"]))

    assert [key.text for key in document.iter() if key.tag.endswith("}Key")] == ["a&<b>"]


def test_failures_to_delete_are_told() -> None:
    """A deletion answers 200 even if it deleted nothing."""
    answer = f"<DeleteResult {XMLNS}><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>"

    assert deletion_failures(answer.encode()) == ["AccessDenied"]
    assert deletion_failures(f"<DeleteResult {XMLNS}/>".encode()) == []
