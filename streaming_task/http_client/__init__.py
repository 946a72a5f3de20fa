"""A small HTTP/1.1 client for what the task asks for every message: kept connections, one origin a client."""

from streaming_task.http_client.answers import Answer, ConnectionLost, HttpFailed, NotReached, TookTooLong
from streaming_task.http_client.client import HttpClient

__all__ = ["Answer", "ConnectionLost", "HttpClient", "HttpFailed", "NotReached", "TookTooLong"]
