"""Calls of the event API as a program makes them."""

import base64
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

EVENT = {"type": "track", "event": "Looked", "userId": "u1", "timestamp": "2017-06-30T12:00:00Z"}


def basic(key: str) -> str:
    """The header of a write key."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def call(
    path: str, body: Any = None, key: str | None = None, method: str = "POST", **headers: str
) -> HttpResponse:
    """One request; a body of bytes is sent as it is, any other as JSON that says it is plain text."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Authorization": basic(key)} if key else {}
    return Client().generic(method, path, content, "text/plain", headers={**given, **headers})


def said(response: HttpResponse) -> tuple[int, str]:
    """The status and the code of an answer; every error must have a code and a message."""
    body = json.loads(response.content)
    if response.status_code == 200:
        assert body == {"success": True}
        return 200, ""
    assert body["code"]
    assert body["message"]
    return response.status_code, body["code"]
