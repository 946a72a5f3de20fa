"""The live state in DynamoDB: connections, sessions, finals and leases, each its own port on one table."""

from streaming_task.adapters.registry_dynamodb.connections import DynamoConnections
from streaming_task.adapters.registry_dynamodb.finals import DynamoFinals
from streaming_task.adapters.registry_dynamodb.leases import DynamoLeases
from streaming_task.adapters.registry_dynamodb.sessions import DynamoSessions
from streaming_task.adapters.registry_dynamodb.table import Table, open_dynamodb

__all__ = ["DynamoConnections", "DynamoFinals", "DynamoLeases", "DynamoSessions", "Table", "open_dynamodb"]
