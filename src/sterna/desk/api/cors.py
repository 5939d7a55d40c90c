"""Which pages of which sites may call the event API from a browser, and read its answers."""

from django.http import HttpRequest, HttpResponse

from sterna.desk.sources import queries
from sterna.desk.sources.models import KeyKind, WriteKey

HEADERS = "authorization, content-type, x-retry-count"
SECONDS = "600"


def may_use(origin: str | None, key: WriteKey) -> bool:
    """Whether a page of `origin` may use `key`; without an origin it is a program that calls, which may."""
    if origin is None or key.kind == KeyKind.SECRET:
        return True
    return origin in key.origins or "*" in key.origins


def preflight(request: HttpRequest) -> HttpResponse:
    """What a browser asks before it sends: for any site that some public key names, since no key comes with it."""
    response = HttpResponse(content_type="text/plain")
    origin = request.headers.get("Origin")
    if origin and queries.is_known_origin(origin):
        allow(response, origin)
        response["Access-Control-Allow-Methods"] = "POST, GET"
        response["Access-Control-Allow-Headers"] = HEADERS
        response["Access-Control-Max-Age"] = SECONDS
    response["Vary"] = "Origin"
    return response


def share(response: HttpResponse, request: HttpRequest, key: WriteKey | None) -> HttpResponse:
    """Let the page that asked read the answer, when its origin is one of the key's, or of any key while unknown."""
    origin = request.headers.get("Origin")
    if origin is None:
        return response
    if key is None:
        known = queries.is_known_origin(origin)
    else:
        known = key.kind == KeyKind.PUBLIC and may_use(origin, key)
    if known:
        allow(response, origin)
    response["Vary"] = "Origin"
    return response


def allow(response: HttpResponse, origin: str) -> None:
    """Echo the origin; without the exposed header a page would not see how long to wait."""
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = "Retry-After"
