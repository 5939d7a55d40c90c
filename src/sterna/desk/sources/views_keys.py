"""What a person does to what a source sends with: write keys, strictness, its webhook, and events that were refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sterna.desk.sources import actions
from sterna.desk.sources.models import DeadLetter, KeyKind, Source, Webhook, WriteKey
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted, refusal, shown_once
from sterna.engine.errors import BadInput, SternaError

# How long the secret before counts beside a new one, in the words of the form.
BOTH_FOR = {"0": timedelta(0), "1": timedelta(days=1), "7": timedelta(days=7)}
_ON_A_SERVER = "It stays on your own server, in the setting of the client that sends events."
_IN_A_PAGE = "It stands in the pages of the site: anybody may read it, and it may only write."
_FOR_SIGNING = "Give it to the system that signs its messages with it."


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def source_add(request: HttpRequest) -> HttpResponse:
    """Add a source that sends events and show its first key."""
    name, title = posted(request, "name").strip(), posted(request, "title").strip()
    try:
        kind = posted(request, "identifier_kind").strip() or "user_id"
        source, text = actions.add_source(name, title or name, kind, actor=person(request))
    except SternaError as refused:
        return refusal(request, reverse("sources"), str(refused))
    return _shown_once(request, source, _of_key(source.write_keys.get(), text))


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def key_make(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a write key and show its text, which is never shown again."""
    source = get_object_or_404(Source, pk=pk)

    def act() -> tuple[WriteKey, str]:
        name, kind = posted(request, "name"), posted(request, "kind")
        origins = posted(request, "origins").split()
        rate = _whole(posted(request, "events_per_second"))
        return actions.make_key(source, name, kind, person(request), origins, rate)

    return _once(request, source, act, _of_key)


def _whole(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"events per second: {text!r} is no whole number") from None


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def key_rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace a key by one that may do the same and show its text."""
    key = get_object_or_404(WriteKey.objects.select_related("source"), pk=pk)
    reason = posted(request, "reason")

    def act() -> tuple[WriteKey, str]:
        return actions.rotate_key(key, person(request), _given(reason))

    return _once(request, key.source, act, _of_key)


@require_POST
@needs(Right.ADMINISTER)
def key_disable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take no more events with a key."""
    key = get_object_or_404(WriteKey.objects.select_related("source"), pk=pk)

    def act() -> str:
        actions.disable_key(key, person(request), _given(posted(request, "reason")))
        return f"The key {key.name} is disabled: who sends with it is told 401. What came with it stays."

    return done_or_refused(request, _page(key.source), act)


@require_POST
@needs(Right.ADMINISTER)
def source_strict(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Strip what no declaration names from the events of a source, or keep it again."""
    source = get_object_or_404(Source, pk=pk)

    def act() -> str:
        strict = posted(request, "strict") == "yes"
        actions.set_strict(source, strict, person(request), _given(posted(request, "reason")))
        if strict:
            return f"{source.title} is strict: undeclared traits are stripped before anything is written."
        return f"{source.title} is lenient: undeclared traits stay in the event's body."

    return done_or_refused(request, _page(source), act)


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def webhook_open(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read signed messages of a source by the mapping in the form; a new webhook shows its secret."""
    source = get_object_or_404(Source, pk=pk)
    known = Webhook.objects.filter(source=source, enabled=True).exists()
    given = posted(request, "secret").strip()
    if known:
        return done_or_refused(request, _page(source), lambda: _read_anew(request, source, given))

    def act() -> tuple[Webhook, str]:
        return actions.open_webhook(source, _object(posted(request, "mapping")), person(request), given)

    return _once(request, source, act, _of_webhook)


def _read_anew(request: HttpRequest, source: Source, secret: str) -> str:
    actions.open_webhook(source, _object(posted(request, "mapping")), person(request), secret)
    return f"The next message of {source.title} is read by this mapping."


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def webhook_rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the webhook of a source a new secret and show it."""
    webhook = get_object_or_404(Webhook.objects.select_related("source"), pk=pk)

    def act() -> tuple[Webhook, str]:
        if posted(request, "both_for") not in BOTH_FOR:
            raise BadInput("choose how long the secret before still counts")
        return webhook, actions.rotate_secret(webhook, BOTH_FOR[posted(request, "both_for")], person(request))

    return _once(request, webhook.source, act, _of_webhook)


@require_POST
@needs(Right.ADMINISTER)
def webhook_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take no more messages by a webhook."""
    webhook = get_object_or_404(Webhook.objects.select_related("source"), pk=pk)

    def act() -> str:
        actions.close_webhook(webhook, person(request), _given(posted(request, "reason")))
        return f"The webhook of {webhook.source.title} is closed and its secrets are forgotten."

    return done_or_refused(request, _page(webhook.source), act)


@require_POST
@needs(Right.ADMINISTER)
def letter_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a refused event in after all, as it came or as somebody put it right."""
    letter = get_object_or_404(DeadLetter, pk=pk)

    def act() -> str:
        mended = _object(posted(request, "body"))
        changed = None if mended == letter.body else mended
        kept = actions.replay(letter, person(request), _given(posted(request, "reason")), changed)
        if kept:
            return "The event is taken in under the message id it had; it is acted on within a minute."
        return "The event had come by another way meanwhile; nothing is counted twice."

    return done_or_refused(request, reverse("dead_letter", args=[letter.pk]), act)


def _object(text: str) -> dict[str, Any]:
    """The JSON object that somebody typed."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput(f"this is no JSON{where}") from None
    if not isinstance(found, dict):
        raise BadInput("write one JSON object, in braces")
    return found


def _given(reason: str) -> str:
    if not reason.strip():
        raise BadInput("write why: the audit keeps it beside your name")
    return reason


def _page(source: Source) -> str:
    return reverse("source", args=[source.pk])


Made = tuple[Any, str]


def _once(
    request: HttpRequest, source: Source, act: Callable[[], Made], told: Callable[[Any, str], dict[str, str]]
) -> HttpResponse:
    """Show a secret this once in the answer itself: it stands in no note, no session and no address."""
    try:
        made, secret = act()
    except SternaError as refused:
        return refusal(request, _page(source), str(refused))
    return _shown_once(request, source, told(made, secret))


def _shown_once(request: HttpRequest, source: Source, told: dict[str, str]) -> HttpResponse:
    return shown_once(request, {**told, "back": _page(source)})


def _of_key(key: WriteKey, text: str) -> dict[str, str]:
    public = key.kind == KeyKind.PUBLIC
    return {
        "question": f"The key {key.name} of {key.source.title}",
        "what": f"{key.get_kind_display()} write key",
        "secret": text,
        "use": _IN_A_PAGE if public else _ON_A_SERVER,
    }


def _of_webhook(webhook: Webhook, secret: str) -> dict[str, str]:
    return {
        "question": f"The webhook of {webhook.source.title}",
        "what": "Secret of the webhook",
        "secret": secret,
        "use": _FOR_SIGNING,
    }
