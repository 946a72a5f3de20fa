"""Where moto as it comes would not do: tokens' lifetime, the user pool's id, the price of some answers.

Reaches into moto's own classes, which is why its version is pinned exactly.
"""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from typing import Any, Final

from moto.cognitoidp.models import CognitoIdpUserPool
from moto.core import responses, serialize
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.s3.models import S3Backend


def set_token_lifetime(token_s: int) -> None:
    """Let moto's Cognito issue tokens of that lifetime; it knows of no setting for it."""
    original = CognitoIdpUserPool.create_jwt

    @functools.wraps(original)
    def create_jwt(self: Any, *args: Any, **kwargs: Any) -> Any:
        return original(self, *args, **{"expires_in": token_s, **kwargs})

    setattr(CognitoIdpUserPool, "create_jwt", create_jwt)  # noqa: B010 - mypy takes no assignment to a method


def set_user_pool_id(user_pool_id: str) -> None:
    """Let the one user pool have an id that is known before it is made: functions are started beside it."""
    original = CognitoIdpUserPool.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - its own name
        original(self, *args, **kwargs)
        self.id = user_pool_id

    setattr(CognitoIdpUserPool, "__init__", __init__)  # noqa: B010 - as above


def make_transactions_cheap() -> None:
    """Let a failed transaction undo what it touched.

    moto copies the whole table before every transaction, to put it back if one fails: 300 ms at 2,000 items,
    where a session stores one final a transaction.
    """
    if hasattr(Table, "__deepcopy__"):
        return
    original = DynamoDBBackend.transact_write_items

    @functools.wraps(original)
    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        before = [_Before.of(self.tables, item) for item in transact_items]
        try:
            original(self, transact_items)
        except Exception:
            for one in before:
                if one is not None:
                    one.restore()
            raise

    setattr(DynamoDBBackend, "transact_write_items", transact_write_items)  # noqa: B010 - as above
    # The copy that is put back is then the table itself. moto copies tables for nothing else but backups.
    setattr(Table, "__deepcopy__", lambda table, _: table)  # noqa: B010 - as above


def make_answers_cheap() -> None:
    """Let an item be written as it is kept, and a time be read once.

    moto tries each of an attribute's ten types under each of its names: 130 ms for the finals of a session of
    seven minutes, which its next owner reads before it goes on; and it reads the date of an object twice for
    every listing.
    """
    serializer = serialize.BaseJSONSerializer
    original = serializer._serialize_type_structure
    if original.__module__ == __name__:
        return

    def _serialize_type_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        is_plain = shape.name == "AttributeValue" and type(value) is dict and _PLAIN.issuperset(value)
        if is_plain:
            serialized[key] = value
        else:
            original(self, serialized, value, shape, key)

    setattr(serializer, original.__name__, _serialize_type_structure)
    read_time = functools.lru_cache(10_000)(vars(serialize)["parse_to_aware_datetime"])
    setattr(serialize, "parse_to_aware_datetime", read_time)  # noqa: B010 - as above


def make_index_queries_cheap() -> None:
    """Let a table be put in order by its keys as they are.

    moto sorts the whole table for every query of an index, comparing keys in Python: tens of ms at 1,200
    items, and every task asks for its unfinished sessions in 32 queries a sweep.
    """
    original = Table.all_items
    if original.__module__ == __name__:
        return

    @functools.wraps(original, assigned=("__name__", "__doc__"))
    def all_items(self: Any) -> list[Any]:
        if self.range_key_attr is None:
            return original(self)
        items = [item for kept in list(self.items.values()) for item in list(kept.values())]
        return sorted(items, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))

    setattr(Table, "all_items", all_items)  # noqa: B010 - as above


def make_lookups_cheap() -> None:
    """Let it be found out once which service a name belongs to, and which actions a service has.

    moto reads its own folder from the disk for the one and walks a class for the other, at every call: a
    quarter of what a small call costs.
    """
    original = DomainDispatcherApplication.get_backend_for_host
    if hasattr(original, "cache_info"):
        return
    find_service = functools.lru_cache(1_000)(original)
    setattr(DomainDispatcherApplication, original.__name__, find_service)
    find_methods = functools.cache(vars(responses)["method_names_from_class"])
    setattr(responses, "method_names_from_class", find_methods)  # noqa: B010 - as above


def make_listings_cheap() -> None:
    """Let a listing look at the objects below its prefix alone.

    moto copies and walks the whole bucket for each: with the parts of a thousand sessions, and the marks of
    those that are deleted, the listings at a session's end take longer than the session.
    """
    original = S3Backend.list_objects
    if original.__module__ == __name__:
        return

    @functools.wraps(original, assigned=("__name__", "__doc__"))
    def list_objects(self: Any, bucket: Any, prefix: str | None, *rest: Any, **named: Any) -> Any:
        narrowed = object.__new__(type(bucket))  # moto keeps a list of all that are made in the usual way
        vars(narrowed).update(vars(bucket))
        narrowed.keys = {
            name: bucket.keys[name] for name in list(bucket.keys) if name.startswith(prefix or "")
        }
        return original(self, narrowed, prefix, *rest, **named)

    setattr(S3Backend, "list_objects", list_objects)  # noqa: B010 - as above


_PLAIN: Final = frozenset({"S", "N", "BOOL"})  # these are kept as they travel


@dataclass(frozen=True, slots=True)
class _Before:
    """An item as it was, None if there was none."""

    table: Any
    hash_key: Any
    range_key: Any
    item: Any

    @classmethod
    def of(cls, tables: dict[str, Any], operation: dict[str, Any]) -> _Before | None:
        details = next(iter(operation.values()))
        table = tables.get(details.get("TableName", ""))
        key = details.get("Key") or details.get("Item")
        if table is None or table.range_key_attr is None or not key:
            return None  # moto itself will refuse it
        try:
            hash_key = DynamoType(key[table.hash_key_attr])
            range_key = DynamoType(key[table.range_key_attr])
        except (KeyError, AttributeError):
            return None
        item = table.items[hash_key].get(range_key) if hash_key in table.items else None
        return cls(table, hash_key, range_key, copy.deepcopy(item))

    def restore(self) -> None:
        if self.item is None:
            self.table.items[self.hash_key].pop(self.range_key, None)
        else:
            self.table.items[self.hash_key][self.range_key] = self.item
