"""The event API: `POST /v1/batch` as Segment's clients speak it, and `GET /health`."""

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.api import batch as batches
from sterna.desk.api.batch import Answer
from sterna.desk.config import clock
from sterna.desk.sources import queries
from sterna.desk.sources.actions import receive


@csrf_exempt  # Programs call this with a write key and no session; there is nothing to forge.
def batch(request: HttpRequest) -> JsonResponse:
    """Take in one batch; 200 is answered only when every event that was taken is durable."""
    if request.method != "POST":
        return _error(Answer(405, "method_not_allowed", "Send batches by POST."))
    try:
        answer = _take(request)
    except DatabaseError:
        # Clients try again on 503; anything else would make them drop the batch.
        answer = Answer(503, "unavailable", "The inbox cannot be reached; try again.")
    return JsonResponse({"success": True}) if answer is None else _error(answer)


def _take(request: HttpRequest) -> Answer | None:
    body = batches.body_of(request)
    if isinstance(body, Answer):
        return body
    found = batches.parse(body)
    if isinstance(found, Answer):
        return found
    key = batches.write_key(request, found)
    if isinstance(key, Answer):
        return key
    source = queries.source_by_key(key)
    if source is None:
        return Answer(401, "unauthorized", "The write key is not known, or its source is disabled.")
    receive(source, batches.events(found), batches.envelope(found, clock.now()))
    _wake()
    return None


def _wake() -> None:
    """Have a worker act on the inbox now; a job that waits already will see these events too."""
    try:
        with transaction.atomic():
            jobs.configure_task("act on inbox", queueing_lock="act on inbox", lock="inbox").defer()
    except AlreadyEnqueued:
        return


def _error(answer: Answer) -> JsonResponse:
    return JsonResponse({"code": answer.code, "message": answer.message}, status=answer.status)


def health(request: HttpRequest) -> JsonResponse:
    """Whether the desk and its database answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return _error(Answer(503, "unavailable", "The database does not answer."))
    return JsonResponse({"status": "ok"})
