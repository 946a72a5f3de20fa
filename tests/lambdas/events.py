"""Events as API Gateway sends them to the Lambdas."""

from __future__ import annotations

from typing import Any


def websocket_event(
    route: str,
    *,
    connection_id: str = "Lc1dEfgoIAMCJpw=",
    origin: str | None = None,
    ticket: str | None = None,
) -> dict[str, Any]:
    """Give the event of `$connect` or `$disconnect`; absent things are left out, as AWS does."""
    headers = {"Host": "abc.execute-api.us-east-1.amazonaws.com", "Sec-WebSocket-Version": "13"}
    if origin is not None:
        headers["Origin"] = origin
    event: dict[str, Any] = {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {
            "routeKey": route,
            "eventType": route.removeprefix("$").upper(),
            "extendedRequestId": "Lc1dEGgNIAMFxKA=",
            "requestTime": "15/Jan/2027:08:00:00 +0000",
            "messageDirection": "IN",
            "stage": "live",
            "connectedAt": 1_800_000_000_000,
            "requestTimeEpoch": 1_800_000_000_001,
            "identity": {"sourceIp": "192.0.2.1"},
            "requestId": "Lc1dEGgNIAMFxKA=",
            "domainName": "abc.execute-api.us-east-1.amazonaws.com",
            "connectionId": connection_id,
            "apiId": "abc",
        },
        "isBase64Encoded": False,
    }
    if ticket is not None:
        event["queryStringParameters"] = {"ticket": ticket}
        event["multiValueQueryStringParameters"] = {"ticket": [ticket]}
    return event


def http_event(method: str, path: str, *, claims: dict[str, str] | None = None) -> dict[str, Any]:
    """Give the event of a request to the HTTP API; with claims, its JWT authoriser has let it through."""
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "abc",
        "domainName": "abc.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "abc",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.1",
            "userAgent": "test",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": f"{method} {path}",
        "stage": "$default",
        "time": "15/Jan/2027:08:00:00 +0000",
        "timeEpoch": 1_800_000_000_000,
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": "Bearer canary"},
        "requestContext": context,
        "isBase64Encoded": False,
    }
