"""Places who is due between runs by the rules of a run: one move a day in a scheme at most, each with its cause."""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce

from sterna.desk.audit.actions import record
from sterna.desk.config import prepared
from sterna.desk.config.ids import new_id
from sterna.desk.customers.queries import classes
from sterna.desk.segments.actions.announcing import announce_few
from sterna.desk.segments.actions.places import hold
from sterna.desk.segments.live_models import Due, Followed
from sterna.desk.segments.live_queries import (
    Seen,
    Stands,
    homes,
    moved_on,
    seen,
    stays_of,
    terms_followed,
)
from sterna.desk.segments.models import Batch, Definition
from sterna.desk.segments.rolled import schemes_asked
from sterna.desk.segments.ruled_queries import headcounts, scheme_of
from sterna.desk.segments.tier_queries import retired
from sterna.engine.rules import Above, Person, Rule, facts_in, holds, leaves, soonest, timed
from sterna.engine.segments.ruled import SEGMENTS, STAGES, Ruled, rules_of, seat_of

MANY = 1_000
# Of a machine that fails, the last moments may be taken back: with a transaction go its moves, and what was due is due
# again. Whatever is told outside is claimed first by a transaction that waits for the disk, and so for this one.
_SOON = "set local synchronous_commit to off"
_END = """
update segments_membership set during = daterange(lower(during), %(day)s) where id = any(%(stays)s::uuid[])
"""
# Many at once: a list of rows makes a statement that is longer to take apart than to carry out.
_OPEN = """
insert into segments_membership (id, customer_id, scheme, place, rank, during, definition_id, cause)
select id, customer_id, scheme, place, rank, daterange(%(day)s, null), definition_id, cause
from unnest(%(stays)s::uuid[], %(customers)s::uuid[], %(schemes)s::text[], %(places)s::text[], %(ranks)s::int[],
    %(definitions)s::uuid[], %(causes)s::text[])
    as one (id, customer_id, scheme, place, rank, definition_id, cause)
"""
_SET = """
with told as (select * from unnest(%(customers)s::uuid[], %(days)s::date[]) as one (customer_id, day)),
gone as (
    delete from segments_timer where customer_id in (select customer_id from told where day is null)
)
insert into segments_timer (customer_id, day) select customer_id, day from told where day is not null
on conflict (customer_id) do update set day = excluded.day
"""


@dataclass(frozen=True)
class Live:
    """A scheme that customers are placed in between runs, by the version that the run placed them by."""

    definition: Definition
    scheme: Ruled
    asked: frozenset[str]
    timed: tuple[Rule, ...]


@dataclass(frozen=True)
class Rules:
    """What customers are placed by as of `day`: the schemes in their order, and the taxonomy that their rules go by.

    Timers are set up to the day `last`, behind which only a run goes on. `classes` are those that rules ask for, with
    all that are finer.
    """

    schemes: Sequence[Live]
    day: date
    last: date
    above: Above
    classes: Collection[str]


class _Move(NamedTuple):
    """Who, where they stand now if anywhere, and the place and rank that they go to."""

    who: UUID
    at: Stands | None
    place: str
    rank: int


class _Row(NamedTuple):
    """A move as it is written: the stay that it opens, in which scheme."""

    stay: UUID
    move: _Move
    live: Live


@dataclass
class _Found:
    """What looking at some customers came to: moves by scheme, and when to look at each again, None for never."""

    moves: dict[str, list[_Move]] = field(default_factory=dict)
    timers: dict[UUID, date | None] = field(default_factory=dict)


def live_schemes(ruled: Iterable[Mapping[str, object]]) -> list[Live]:
    """The schemes of a run's brief in the order of placing, but for those retired since and those a person looks at."""
    gone = {*retired(), *Batch.objects.filter(state=Batch.State.WAITING).values_list("scheme", flat=True)}
    pinned = {(str(terms["name"]), terms["version"]) for terms in ruled if terms["name"] not in gone}
    found = Definition.objects.filter(kind__in=(STAGES, SEGMENTS), name__in=[name for name, _ in pinned])
    # Stages before segments, as in a run: the rules of segments see where the stages put somebody.
    ours = sorted(
        (one for one in found if (one.name, one.version) in pinned),
        key=lambda one: (one.kind == SEGMENTS, one.name),
    )
    return [
        Live(
            one,
            scheme,
            frozenset(schemes_asked(rules_of(scheme))),
            timed(leaf for rule in rules_of(scheme) for leaf in leaves(rule)),
        )
        for one in ours
        for scheme in [scheme_of(one)]
    ]


def rules_on(schemes: Sequence[Live], day: date, last: date) -> Rules:
    """What customers are placed by as of a day, timers up to the day `last`."""
    pairs = classes().closure()
    above: dict[str, set[str]] = {}
    for pair in pairs:
        above.setdefault(pair.descendant, set()).add(pair.ancestor)
    asked = {leaf.fact_class for live in schemes for rule in rules_of(live.scheme) for leaf in facts_in(rule)}
    return Rules(
        schemes, day, last, above, asked | {pair.descendant for pair in pairs if pair.ancestor in asked}
    )


def place_due(rules: Rules, run_id: UUID) -> int:
    """Look at everybody who is due and carry out what the rules say; returns how many were looked at."""
    total = 0
    with _nothing_cyclic():
        while done := _place_some(rules, run_id):
            total += done
    return total


@contextmanager
def _nothing_cyclic() -> Iterator[None]:
    """Have nobody look for cycles of garbage: what is read of customers is much, has none, and goes by itself."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


@transaction.atomic
def _place_some(rules: Rules, run_id: UUID) -> int:
    # Before anything is read: a run that publishes meanwhile would be overtaken by what it did not know.
    hold()
    state = Followed.objects.filter(run_id=run_id).first()
    claimed = Due.objects.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:MANY]
    # Who became a part of somebody else since, by an event or by a timer of before, stands nowhere any more.
    whose = Coalesce("customer__redirects_to_id", "customer_id")
    rows = list(claimed.values_list("pk", whose, "because")) if state else []
    if state is None or not rows:
        return 0
    because = {customer: said for _, customer, said in reversed(rows)}
    if terms_followed(state).homes:
        at_home = {other for others in homes(because).values() for other in others}
        because = dict.fromkeys(at_home, "what somebody of the household did") | because
    look_at(because, rules, state)
    Due.objects.filter(pk__in=[pk for pk, _, _ in rows]).delete()
    return len(rows)


def look_at(because: Mapping[UUID, str], rules: Rules, state: Followed) -> dict[str, int]:
    """Place some customers, each with why, inside the caller's transaction; returns how many moved by scheme."""
    known = seen(because, terms_followed(state), rules.day, rules.classes, rules.last)
    clear = [who for who in because if who not in known.unclear]
    moving = [live for live in rules.schemes if live.scheme.name not in state.held]
    found = _judged(clear, known, moving, rules)
    while passed := [live for live in moving if not _within_limit(live, found, rules.day)]:
        _hold_back(passed, state, rules.day)
        # What the rules of another scheme see of a move that is not made must not be seen.
        moving = [live for live in moving if live not in passed]
        found = _judged(clear, known, moving, rules)
    _carry_out(found, moving, because, rules.day)
    _see_again(found, moving)
    return {name: len(moves) for name, moves in found.moves.items()}


def _judged(customers: Sequence[UUID], known: Seen, schemes: Sequence[Live], rules: Rules) -> _Found:
    found, day, cut = _Found(), rules.day, rules.day + timedelta(days=1)
    for who in customers:
        # On the first day on which a rule, or a fact that it reads, may say something else.
        again = [known.turning[who]] if who in known.turning else []
        person, stands = known.people[who], dict(known.stands.get(who, {}))
        for live in schemes:
            at = stands.get(live.scheme.name)
            place, rank = seat_of(live.scheme, _says(person, rules.above, cut), at.place if at else None)
            if at is not None and at.place == place:
                continue
            if at is not None and at.began >= day:
                # It began today: a day has one place, and tomorrow is soon enough for another mind.
                again.append(cut)
                continue
            found.moves.setdefault(live.scheme.name, []).append(_Move(who, at, place, rank))
            stands[live.scheme.name] = Stands(who, place, day, day, live.definition.pk)
            person = person._replace(stays=stays_of(stands))
        turns = (soonest(live.timed, person, cut) for live in schemes)
        again += [on - timedelta(days=1) for on in turns if on is not None]
        first = min(again, default=None)
        found.timers[who] = first if first is not None and first <= rules.last else None
    return found


def _says(person: Person, above: Above, cut: date) -> Callable[[Rule], bool]:
    return lambda rule: holds(rule, person, above, cut)


def _carry_out(found: _Found, schemes: Sequence[Live], because: Mapping[UUID, str], day: date) -> None:
    """Carry the moves of all schemes out and set when to look again, then tell the apps above who moved."""
    rows = [_Row(new_id(), move, live) for live in schemes for move in found.moves.get(live.scheme.name, ())]
    with prepared.together() as at_once:
        at_once.do(_SOON, {})
        if rows:
            at_once.do(_END, {"day": day, "stays": [str(row.move.at.stay) for row in rows if row.move.at]})
            at_once.do(_OPEN, {"day": day, **_opened(rows, because, day)})
        at_once.do(_SET, {"customers": [str(who) for who in found.timers], "days": [*found.timers.values()]})
    announce_few(
        ((live.definition, {row.stay: row.move.who for row in rows if row.live is live}) for live in schemes),
        day,
    )


def _opened(rows: Sequence[_Row], because: Mapping[UUID, str], day: date) -> dict[str, list[str | int]]:
    """The new stays as columns."""
    return {
        "stays": [str(stay) for stay, _, _ in rows],
        "customers": [str(move.who) for _, move, _ in rows],
        "schemes": [live.scheme.name for _, _, live in rows],
        "places": [move.place for _, move, _ in rows],
        "ranks": [move.rank for _, move, _ in rows],
        "definitions": [str(live.definition.pk) for _, _, live in rows],
        "causes": [_cause(live, move.at, because.get(move.who, ""), day) for _, move, live in rows],
    }


def _cause(live: Live, at: Stands | None, because: str, day: date) -> str:
    start = f"Moved from {at.place}" if at else "First placed"
    return f"{start}: by the rules of version {live.definition.version} on {day}, after {because}"[:600]


def _within_limit(live: Live, found: _Found, day: date) -> bool:
    """Whether a day's moves stay within the scheme's limit; who is placed for the first time does not count."""
    moves = found.moves.get(live.scheme.name, ())
    limit, moving = live.scheme.change_limit, sum(at is not None for _, at, _, _ in moves)
    if limit is None or not moving:
        return True
    members = sum(headcounts(live.scheme.name).values())
    return moved_on(live.scheme.name, day) + moving <= limit * members


def _hold_back(passed: Sequence[Live], state: Followed, day: date) -> None:
    """Have nobody moved in these schemes before the next run, which asks a person where it would pass the limit."""
    for live in passed:
        state.held[live.scheme.name] = str(day)
        named = f"{live.scheme.name} {live.definition.version}"
        detail = {"day": str(day), "limit": str(live.scheme.change_limit)}
        record("hold moves between runs", "definition", named, detail=detail)
    state.save(update_fields=["held"])


def _see_again(found: _Found, schemes: Sequence[Live]) -> None:
    """Who moved is looked at once more where rules of another scheme ask for the one they moved in.

    Each moves once a day in each scheme, so that this ends.
    """
    asked = {name for live in schemes for name in live.asked}
    again = {who for name, moves in found.moves.items() if name in asked for who, *_ in moves}
    if again:
        Due.objects.bulk_create(Due(customer_id=who, because="a move in another scheme") for who in again)
