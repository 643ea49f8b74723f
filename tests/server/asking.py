"""Requests as an AWS client sends them, and a service to send them to without a connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.server.messages import Request
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.server.messages import Reply

UNVERIFIED = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0"
)
URL = "http://127.0.0.1:8000/"


def service(**options: Any) -> Service:
    """Serve a memory of its own."""
    adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    return Service(Shared(adapter), provider="memory", **options)


def request(
    operation: str = "ListTables",
    body: Any = b"{}",
    *,
    without: str = "",
    **headers: str,
) -> Request:
    """Make a request for an operation, whose signature nobody could verify."""
    given = {
        "host": "127.0.0.1:8000",
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "authorization": UNVERIFIED,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    given.pop(without, None)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", "/", given, raw)


def signed(key: str = "AKID", secret: str = "secret", body: bytes = b"{}") -> Request:
    """Make a request that botocore signed, now."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Host": "127.0.0.1:8000",
    }
    made = AWSRequest("POST", URL, headers=headers, data=body)
    SigV4Auth(Credentials(key, secret), "dynamodb", "eu-west-1").add_auth(made)
    return Request(
        "POST", "/", {name.lower(): str(made.headers[name]) for name in made.headers}, body
    )


def document(reply: Reply) -> dict[str, Any]:
    """Read a reply's body."""
    read: dict[str, Any] = json.loads(reply.body)
    return read


def code(reply: Reply) -> str:
    """Return the error's name, with its namespace."""
    return str(document(reply)["__type"])


def create(name: str, **more: Any) -> Mapping[str, Any]:
    """Make the request that creates a table with one string as its key."""
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }
