"""The record of a session in PostgreSQL: table `transcriptions`, one row a session."""

from streaming_task.adapters.records_postgres.database import DatabaseAddress
from streaming_task.adapters.records_postgres.records import PostgresRecords

__all__ = ["DatabaseAddress", "PostgresRecords"]
