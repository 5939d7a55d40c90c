"""What an administrator rules of identification: how a kind of identifier joins, and which values are nobody's."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers import actions
from sterna.desk.customers.models import BlockedValue
from sterna.desk.customers.rules import Rule
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine.errors import BadInput


@require_POST
@needs(Right.ADMINISTER)
def kind_declare(request: HttpRequest) -> HttpResponse:
    """Set how identifiers of a kind join."""
    kind = posted(request, "kind").strip()

    def act() -> str:
        rule = Rule(
            _number(request, "priority"),
            _number(request, "limit"),
            *(posted(request, name) == "yes" for name in ("by_source", "names", "joins")),
        )
        changed = actions.declare_kind(kind, rule, posted(request, "reason"), person(request))
        return f"{kind} joins by this rule from now on." if changed else f"{kind} joins so already."

    return done_or_refused(request, reverse("identity_rules"), act)


def _number(request: HttpRequest, name: str) -> int:
    text = posted(request, name).strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise BadInput(f"{name}: write a whole number")
    return int(text)


@require_POST
@needs(Right.ADMINISTER)
def kind_restore(request: HttpRequest) -> HttpResponse:
    """Give a kind the shipped rule again."""
    kind = posted(request, "kind").strip()

    def act() -> str:
        actions.restore_kind(kind, posted(request, "reason"), person(request))
        return f"{kind} joins by the shipped rule again."

    return done_or_refused(request, reverse("identity_rules"), act)


@require_POST
@needs(Right.ADMINISTER)
def value_block(request: HttpRequest) -> HttpResponse:
    """Let a value or a pattern be nobody's."""
    value = posted(request, "value").strip()

    def act() -> str:
        is_pattern = posted(request, "pattern") == "yes"
        changed = actions.block_value(value, is_pattern, posted(request, "reason"), person(request))
        return f"{value} is nobody's from now on." if changed else f"{value} was nobody's already."

    return done_or_refused(request, reverse("identity_rules"), act)


@require_POST
@needs(Right.ADMINISTER)
def value_allow(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a value or a pattern be somebody's again."""
    blocked = get_object_or_404(BlockedValue, pk=pk)

    def act() -> str:
        actions.allow_value(blocked, posted(request, "reason"), person(request))
        return f"{blocked.value} may be somebody's again."

    return done_or_refused(request, reverse("identity_rules"), act)
