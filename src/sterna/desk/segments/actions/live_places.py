"""Places who is due between runs by the rules of a run: one move a day in a scheme at most, each with its cause."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Coalesce

from sterna.desk.audit.actions import record
from sterna.desk.config.ids import new_id
from sterna.desk.customers.queries import classes, turning
from sterna.desk.segments.actions.announcing import announce
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
from sterna.desk.segments.models import Batch, Definition, Membership
from sterna.desk.segments.rolled import schemes_asked
from sterna.desk.segments.ruled_queries import headcounts, scheme_of
from sterna.desk.segments.tier_queries import retired
from sterna.engine.rules import Above, Person, Rule, facts_in, holds, leaves, soonest
from sterna.engine.segments.ruled import SEGMENTS, STAGES, Ruled, rules_of, seat_of

MANY = 500
_SET = """
with told as (select * from unnest(%s::uuid[], %s::date[]) as one (customer_id, day)),
gone as (
    delete from segments_timer where customer_id in (select customer_id from told where day is null)
)
insert into segments_timer (customer_id, day) select customer_id, day from told where day is not null
on conflict (customer_id) do update set day = excluded.day
"""
# Many at once: a list of rows makes a statement that is longer to take apart than to carry out.
_OPEN = """
insert into segments_membership (id, customer_id, scheme, place, rank, during, definition_id, cause)
select id, customer_id, %s, place, rank, daterange(%s, null), %s, cause
from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::text[]) as one (id, customer_id, place, rank, cause)
"""
# Who, where they stand now if anywhere, and the place and rank that they go to.
Move = tuple[UUID, Stands | None, str, int]


@dataclass(frozen=True)
class Live:
    """A scheme that customers are placed in between runs, by the version that the run placed them by."""

    definition: Definition
    scheme: Ruled
    asked: frozenset[str]
    leaves: tuple[Rule, ...]


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


@dataclass
class _Found:
    """What looking at some customers came to: moves by scheme, and when to look again."""

    moves: dict[str, list[Move]] = field(default_factory=dict)
    timers: dict[UUID, date] = field(default_factory=dict)


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
            tuple(leaf for rule in rules_of(scheme) for leaf in leaves(rule)),
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
    while done := _place_some(rules, run_id):
        total += done
    return total


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
    known = seen(because, terms_followed(state), rules.day)
    clear = [who for who in because if who not in known.unclear]
    moving = [live for live in rules.schemes if live.scheme.name not in state.held]
    found = _judged(clear, known, moving, rules)
    while passed := [live for live in moving if not _within_limit(live, found, rules.day)]:
        _hold_back(passed, state, rules.day)
        # What the rules of another scheme see of a move that is not made must not be seen.
        moving = [live for live in moving if live not in passed]
        found = _judged(clear, known, moving, rules)
    for live in moving:
        _carry(live, found.moves.get(live.scheme.name, ()), because, rules.day)
    _set_timers(clear, found.timers, rules)
    _see_again(found, moving)
    return {name: len(moves) for name, moves in found.moves.items()}


def _judged(customers: Sequence[UUID], known: Seen, schemes: Sequence[Live], rules: Rules) -> _Found:
    found, day, cut = _Found(), rules.day, rules.day + timedelta(days=1)
    for who in customers:
        person, stands = known.people[who], dict(known.stands.get(who, {}))
        for live in schemes:
            at = stands.get(live.scheme.name)
            place, rank = seat_of(live.scheme, _says(person, rules.above, cut), at.place if at else None)
            if at is not None and at.place == place:
                continue
            if at is not None and at.began >= day:
                # It began today: a day has one place, and tomorrow is soon enough for another mind.
                found.timers[who] = cut
                continue
            found.moves.setdefault(live.scheme.name, []).append((who, at, place, rank))
            stands[live.scheme.name] = Stands(who, place, day, day, live.definition.pk)
            person = person._replace(stays=stays_of(stands))
        turns = (soonest(live.leaves, person, cut) for live in schemes)
        days = [on - timedelta(days=1) for on in turns if on is not None]
        if days:
            found.timers[who] = min([*days, found.timers.get(who, days[0])])
    return found


def _says(person: Person, above: Above, cut: date) -> Callable[[Rule], bool]:
    return lambda rule: holds(rule, person, above, cut)


def _carry(live: Live, moves: Sequence[Move], because: Mapping[UUID, str], day: date) -> None:
    """Carry the moves of one scheme out."""
    if not moves:
        return
    ended = [str(at.stay) for _, at, _, _ in moves if at is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "update segments_membership set during = daterange(lower(during), %s) where id = any(%s::uuid[])",
            [day, ended],
        )
    opened = [new_id() for _ in moves]
    rows = [
        (str(stay), str(who), place, rank, _cause(live, at, because.get(who, ""), day))
        for stay, (who, at, place, rank) in zip(opened, moves, strict=True)
    ]
    with connection.cursor() as cursor:
        columns = (list(column) for column in zip(*rows, strict=True))
        cursor.execute(_OPEN, [live.scheme.name, day, live.definition.pk, *columns])
    stays = Membership.objects.filter(pk__in=opened)
    announce(live.definition, day, "event", stays, few=[who for who, *_ in moves])


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


def _set_timers(customers: Sequence[UUID], days: Mapping[UUID, date], rules: Rules) -> None:
    """When to look again: on the first day on which a rule, or a fact that it reads, may say something else."""
    facts = turning(rules.day, rules.classes, rules.last, customers) if rules.classes else {}
    told = {who: [each for each in (days.get(who), facts.get(who)) if each is not None] for who in customers}
    first = {who: min(found) for who, found in told.items() if found and min(found) <= rules.last}
    with connection.cursor() as cursor:
        cursor.execute(_SET, [[str(who) for who in customers], [first.get(who) for who in customers]])


def _see_again(found: _Found, schemes: Sequence[Live]) -> None:
    """Who moved is looked at once more where rules of another scheme ask for the one they moved in.

    Each moves once a day in each scheme, so that this ends.
    """
    asked = {name for live in schemes for name in live.asked}
    again = {who for name, moves in found.moves.items() if name in asked for who, _, _, _ in moves}
    if again:
        Due.objects.bulk_create(Due(customer_id=who, because="a move in another scheme") for who in again)
