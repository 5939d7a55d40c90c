"""Answers of the event API: 200 for success and nothing else, and a code with a message for every error."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpResponse

NO_KEY = "The write key is not known, or it or its source is disabled."


class Answer(msgspec.Struct):
    """An error as every client of the protocol reads it, with its HTTP status; `wait` are seconds to try again in."""

    status: int
    code: str
    message: str
    wait: int | None = None
    errors: Sequence[dict[str, Any]] = ()


def answered(answer: Answer | None) -> HttpResponse:
    """The HTTP answer; None is success. Clients take other codes than 200 for a failure and send again."""
    if answer is None:
        return json_answer({"success": True})
    body: dict[str, Any] = {"code": answer.code, "message": answer.message}
    if answer.errors:
        body["errors"] = answer.errors
    response = json_answer(body, answer.status)
    if answer.wait is not None:
        response["Retry-After"] = str(answer.wait)
    return response


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """`body` as JSON."""
    return HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
