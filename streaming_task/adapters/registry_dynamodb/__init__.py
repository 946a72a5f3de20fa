"""The live state in DynamoDB, several ports on one table: connections, sessions, owners, finals, leases."""

from streaming_task.adapters.registry_dynamodb.connections import DynamoConnections
from streaming_task.adapters.registry_dynamodb.finals import DynamoFinals
from streaming_task.adapters.registry_dynamodb.leases import DynamoLeases
from streaming_task.adapters.registry_dynamodb.ownership import DynamoOwnership
from streaming_task.adapters.registry_dynamodb.service import dynamodb_url
from streaming_task.adapters.registry_dynamodb.sessions import DynamoSessions
from streaming_task.adapters.registry_dynamodb.sign_outs import DynamoSignOuts
from streaming_task.adapters.registry_dynamodb.table import Table, open_dynamodb

__all__ = [
    "DynamoConnections",
    "DynamoFinals",
    "DynamoLeases",
    "DynamoOwnership",
    "DynamoSessions",
    "DynamoSignOuts",
    "Table",
    "dynamodb_url",
    "open_dynamodb",
]
