"""Python values as DynamoDB's attribute values, and back. Pure; only the types that the registry uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.audio import Ranges

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from streaming_task.adapters.registry_dynamodb.table import Item


def text(value: str) -> AttributeValueTypeDef:
    """Write a string."""
    return {"S": value}


def number(value: float) -> AttributeValueTypeDef:
    """Write a number, exactly."""
    return {"N": repr(value)}


def flag(value: bool) -> AttributeValueTypeDef:
    """Write a truth value."""
    return {"BOOL": value}


def ranges(value: Ranges) -> AttributeValueTypeDef:
    """Write ranges as a list of pairs."""
    return {"L": [{"L": [{"N": str(start)}, {"N": str(end)}]} for start, end in value]}


def read_text(item: Item, name: str) -> str | None:
    """Read a string, None if there is none."""
    return item[name]["S"] if name in item else None


def read_whole(item: Item, name: str) -> int | None:
    """Read a whole number, None if there is none."""
    return int(item[name]["N"]) if name in item else None


def read_ranges(item: Item, name: str) -> Ranges:
    """Read ranges, empty if there are none."""
    if name not in item:
        return ()
    return tuple((int(pair["L"][0]["N"]), int(pair["L"][1]["N"])) for pair in item[name]["L"])
