"""What an installation rules of identification: how a kind of identifier joins, and which values are nobody's."""

import re
from dataclasses import asdict

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions.projecting import lock_identification
from sterna.desk.customers.models import BlockedValue, IdentifierKind
from sterna.desk.customers.naming import LONGEST_KIND, LONGEST_VALUE
from sterna.desk.customers.rules import DESK, Rule, Rules
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

LOWEST_PRIORITY, HIGHEST_LIMIT = 99, 1_000
# Of every event each value is held against every pattern: one that repeats without end would stop all of them.
MOST_REPEATS = 3
_ESCAPED, _SET = re.compile(r"\\."), re.compile(r"\[[^\]]*\]")
_ENDLESS = re.compile(r"\(\?(?!:)|\)[*+{]")
_BACK = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
# Whoever fits all of these is anybody.
_ANYBODY = ("ann.berg@shop.de", "4711", "+493012345", "0190a7c2-5b7e-7c11-9f3e-2d6b8c1e4f00")
# Below this many identifiers a share says nothing.
_FEW = 20


@transaction.atomic
def declare_kind(kind: str, rule: Rule, reason: str, actor: User | None) -> bool:
    """Let identifiers of a kind join by this rule from now on; False when they do already.

    What is joined stays as it is. Raises Refused without the right or a reason, for a name that is none, and for a
    priority or a limit out of bounds.
    """
    _begin(reason, actor)
    if not 0 < len(kind) <= LONGEST_KIND or not kind.isprintable():
        raise Refused(f"a kind has a name of at most {LONGEST_KIND} characters, such as loyalty_card")
    if kind == DESK:
        raise Refused(f"{DESK} is the desk's own: it joins nobody")
    if not 1 <= rule.priority <= LOWEST_PRIORITY:
        raise Refused(f"priority {rule.priority:,}: write 1 to {LOWEST_PRIORITY}")
    if not 1 <= rule.limit <= HIGHEST_LIMIT:
        raise Refused(f"limit {rule.limit:,}: write 1 to {HIGHEST_LIMIT:,}")
    before = queries.rules().of(kind)
    if rule == before and IdentifierKind.objects.filter(pk=kind).exists():
        return False
    IdentifierKind.objects.update_or_create(kind=kind, defaults=asdict(rule))
    detail = {"before": asdict(before), "after": asdict(rule)}
    record("change identifier kind", "identifier kind", kind, actor, reason, detail)
    return True


@transaction.atomic
def restore_kind(kind: str, reason: str, actor: User | None) -> None:
    """Let identifiers of a kind join by the shipped rule again. Raises Refused as above, and when they do already."""
    _begin(reason, actor)
    before = queries.rules().of(kind)
    if not IdentifierKind.objects.filter(pk=kind).delete()[0]:
        raise Refused(f"{kind} has the shipped rule already")
    detail = {"before": asdict(before), "after": asdict(Rules().of(kind))}
    record("restore identifier kind", "identifier kind", kind, actor, reason, detail)


@transaction.atomic
def block_value(value: str, is_pattern: bool, reason: str, actor: User | None) -> bool:
    """Let a value, or all that fit a pattern whole, be nobody's from now on; False when they are already.

    Identifiers that are known stay. Raises Refused without the right or a reason, for a value that no identifier can
    have, for one that Sterna itself blocks, and for a pattern that would break identification or leave out everybody.
    """
    _begin(reason, actor)
    said = value.strip() if is_pattern else value.strip().lower()
    if not 0 < len(said) <= LONGEST_VALUE or not said.isprintable():
        raise Refused(
            f"write a value of at most {LONGEST_VALUE} characters, as it stands among the identifiers"
        )
    if is_pattern:
        _check_pattern(said)
    elif Rules().blocks(said):
        raise Refused(f"{said} is nobody's already: Sterna blocks it by itself")
    if not BlockedValue.objects.get_or_create(value=said, is_pattern=is_pattern)[1]:
        return False
    detail = {"pattern": is_pattern, "known": queries.would_block(said, is_pattern).fitting}
    record("block value", "blocked value", said, actor, reason, detail)
    return True


@transaction.atomic
def allow_value(blocked: BlockedValue, reason: str, actor: User | None) -> None:
    """Let a value or a pattern be somebody's again. Raises Refused without the right or a reason, and a second time."""
    _begin(reason, actor)
    if not BlockedValue.objects.filter(pk=blocked.pk).delete()[0]:
        raise Refused(f"{blocked.value} is not blocked any more")
    record("allow value", "blocked value", blocked.value, actor, reason, {"pattern": blocked.is_pattern})


def _begin(reason: str, actor: User | None) -> None:
    demand(actor, Right.ADMINISTER)
    if not reason.strip():
        raise Refused("write why: whoever wonders next year why somebody was left apart will want to know")
    # An act on the inbox reads the rules once: it has the old ones or the new ones, whole.
    lock_identification()


def _check_pattern(pattern: str) -> None:
    """Raise Refused for a pattern that is none, that could run on for ever, or that most of those who are known fit."""
    try:
        made = re.compile(pattern, re.I)
    except re.error as wrong:
        raise Refused(f"{pattern} is no pattern: {wrong}") from None
    bare = _SET.sub("", _ESCAPED.sub("", pattern))
    # All patterns are tried as one: a flag or a number of a group in one of them would mean another one's.
    if _ENDLESS.search(bare) or _BACK.search(pattern):
        raise Refused(f"{pattern}: write it without flags, references and groups that repeat")
    if sum(bare.count(sign) for sign in "*+{") > MOST_REPEATS:
        raise Refused(f"{pattern}: it may have at most three of * + and {{}}: each slows every event")
    if all(made.fullmatch(each) for each in _ANYBODY):
        raise Refused(f"{pattern}: it would leave out everybody")
    found = queries.would_block(pattern, True)
    if found.of >= _FEW and found.fitting * 2 > found.of:
        raise Refused(
            f"{pattern} fits {found.fitting:,} of the newest {found.of:,} identifiers: write a narrower one"
        )
