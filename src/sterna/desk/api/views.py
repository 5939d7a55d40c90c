"""The event API as Segment's and Rudder's clients speak it, signed webhooks, and `GET /health`."""

import base64
from collections.abc import Callable
from functools import wraps

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from sterna.desk.api import batch as batches
from sterna.desk.api import cors
from sterna.desk.api.answers import NO_KEY, Answer, answered, json_answer
from sterna.desk.api.batch import Batch
from sterna.desk.api.hooks import take_message
from sterna.desk.api.taking import take_batch
from sterna.desk.sources import queries
from sterna.desk.sources.models import KeyKind, WriteKey

KINDS = {name[0]: name for name in ("track", "identify", "page", "alias", "group", "screen")}
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
View = Callable[..., HttpResponse]
UNAVAILABLE = Answer(503, "unavailable", "The inbox cannot be reached; try again.")


def _post(view: View) -> View:
    """Let a view answer POST, and preflights for it; programs call with a key and no session: nothing to forge."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: str) -> HttpResponse:
        if request.method == "OPTIONS":
            return cors.preflight(request)
        if request.method != "POST":
            return answered(Answer(405, "method_not_allowed", "Send events by POST."))
        return view(request, *args)

    return guarded


@_post
def batch(request: HttpRequest) -> HttpResponse:
    """Take in one batch; 200 is answered only when every event that was taken is durable."""
    return _read_and_take(request, batches.parse)


@_post
def event(request: HttpRequest, kind: str) -> HttpResponse:
    """Take in one event; the address says its type, as a word or its first letter."""
    return _read_and_take(request, lambda body: batches.parse_single(body, KINDS[kind[0]]))


@_post
def dropped(request: HttpRequest) -> HttpResponse:
    """Accept what a client reports of itself, and drop it."""
    return cors.share(answered(None), request, None)


@csrf_exempt
def pixel(request: HttpRequest) -> HttpResponse:
    """Take in the track call in the address of an image, or in a body."""
    if request.method != "GET":
        return event(request, "track")
    answer, _ = _take(request, batches.single(batches.from_query(request), "track"))
    return HttpResponse(PIXEL, content_type="image/gif") if answer is None else answered(answer)


def _read_and_take(request: HttpRequest, parse: Callable[[bytes], Batch | Answer]) -> HttpResponse:
    body = batches.body_of(request)
    found = body if isinstance(body, Answer) else parse(body)
    if isinstance(found, Answer):
        return cors.share(answered(found), request, None)
    answer, key = _take(request, found)
    return cors.share(answered(answer), request, key)


def _take(request: HttpRequest, found: Batch) -> tuple[Answer | None, WriteKey | None]:
    """Take a batch in for the key that it comes with; what was wrong, and the key once it is known."""
    key = None
    try:
        known = _key(request, found.write_key)
        if isinstance(known, Answer):
            return known, None
        key = known
        return take_batch(request, key, found), key
    except DatabaseError:
        return UNAVAILABLE, key


def _key(request: HttpRequest, in_body: object) -> WriteKey | Answer:
    text = batches.write_key(request, in_body)
    if isinstance(text, Answer):
        return text
    key = queries.write_key(text)
    if key is None:
        return Answer(401, "unauthorized", NO_KEY)
    if not cors.may_use(request.headers.get("Origin"), key):
        return Answer(401, "origin_not_allowed", "The write key may not be used from pages of this site.")
    return key


def settings(request: HttpRequest, write_key: str) -> HttpResponse:
    """What a browser's client asks at its start: where to send, and that nothing else is to be loaded."""
    if request.method == "OPTIONS":
        return cors.preflight(request)
    key = queries.write_key(write_key)
    if key is None or key.kind != KeyKind.PUBLIC:
        return cors.share(
            answered(Answer(401, "unauthorized", "A browser needs a public key.")), request, None
        )
    destination = {
        "apiKey": write_key,
        "apiHost": f"{request.get_host()}/v1",
        "protocol": request.headers.get("X-Forwarded-Proto") or request.scheme,
    }
    return cors.share(json_answer({"integrations": {"Segment.io": destination}}), request, key)


@csrf_exempt
def hook(request: HttpRequest, source: str) -> HttpResponse:
    """Take in one signed message of another system."""
    if request.method != "POST":
        return answered(Answer(405, "method_not_allowed", "Send messages by POST."))
    body = batches.body_of(request)
    if isinstance(body, Answer):
        return answered(body)
    try:
        return answered(take_message(request, source, body))
    except DatabaseError:
        return answered(UNAVAILABLE)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Any other address of the protocol: clients want a code and a message here too."""
    return answered(Answer(404, "not_found", "There is nothing at this address."))


def health(request: HttpRequest) -> HttpResponse:
    """Whether the desk and its database answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return answered(Answer(503, "unavailable", "The database does not answer."))
    return json_answer({"status": "ok"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before any view, such as a host that is not served.

    Clients of the event API read `code` and `message`: one that finds neither sends the same again ten times.
    """
    if request.path.startswith(("/v1/", "/beacon/", "/pixel/", "/hooks/")):
        return answered(Answer(400, "bad_request", "The request is not one that this host takes."))
    return defaults.bad_request(request, exception)
