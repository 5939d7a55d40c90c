"""Schemes whose places have rules: segments, where everybody is in exactly one, and stages, which are gone through."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec
import pyarrow as pa

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, arrow
from sterna.engine.rules import InPlace, Leaf, Rule, compile_rules, leaves, refuse_unfit
from sterna.engine.segments.bands import NOT_BANDS, limit_problems
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

SEGMENTS, STAGES = "segments", "stages"
MANY, TOO_MANY = 7, 9  # from so many segments on: a warning, and a reason that is asked for


class Seat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A place of a scheme: the rule by which customers enter it, and of a stage the one by which they leave it."""

    place: str
    enter: Rule
    leave: Rule | None = None


class Ruled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A scheme of segments or of stages.

    Of segments the first whose rule holds takes the customer, and `rest` takes everybody else: no one is in none or in
    two. Of stages, first to last, a customer goes on to the last one whose rule to enter holds, and falls out of the
    own one when its rule to leave holds: to the last other one that takes them, or to none. `reason` is why there are
    so many segments, where there are. A run that would move more than `change_limit` of the members, a share, moves
    nobody before a person has looked; None is no limit.
    """

    name: str
    kind: Literal["segments", "stages"]
    seats: tuple[Seat, ...]
    rest: str = ""
    reason: str = ""
    change_limit: Decimal | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """The places in their order, that of the rest last."""
        return (*(seat.place for seat in self.seats), *([self.rest] if self.rest else []))


def check_ruled(scheme: Ruled) -> list[str]:
    """Warnings about `scheme`; raises BadInput naming everything that keeps it from placing anybody."""
    problems = list(_problems(scheme))
    if problems:
        raise BadInput(f"{scheme.kind} {scheme.name}: {'; '.join(problems)}")
    number = len(scheme.places)
    if scheme.kind == SEGMENTS and number >= MANY:
        return [
            f"{number} segments are many: staff keep six apart, and each is a series of contacts of its own"
        ]
    return []


def _problems(scheme: Ruled) -> Iterator[str]:
    if not scheme.seats:
        yield "it has no places"
    for place, times in Counter(scheme.places).items():
        if times > 1:
            yield f"two places are called {place}"
        if place in NOT_BANDS or not place.strip():
            yield f"a place cannot be called {place!r}"
    yield from limit_problems(scheme.change_limit)
    yield from _segments(scheme) if scheme.kind == SEGMENTS else _stages(scheme)
    for seat in scheme.seats:
        for rule in (seat.enter, seat.leave):
            yield from _unfit(scheme, seat, rule) if rule is not None else ()


def _segments(scheme: Ruled) -> Iterator[str]:
    if not scheme.rest:
        yield "it names no segment for the rest, and somebody would be in none"
    for seat in scheme.seats:
        if seat.leave is not None:
            yield f"{seat.place} has a rule to leave: a segment is left when another one, or the rest, takes over"
    if len(scheme.places) >= TOO_MANY and not scheme.reason.strip():
        yield f"it has {len(scheme.places)} segments, more than eight: write why so many are needed, or join some"


def _stages(scheme: Ruled) -> Iterator[str]:
    if scheme.rest:
        yield "stages have no rest: who is in none of them is in none"


def _unfit(scheme: Ruled, seat: Seat, rule: Rule) -> Iterator[str]:
    try:
        refuse_unfit(rule)
    except BadInput as error:
        yield f"{seat.place}: {error}"
    for leaf in leaves(rule):
        if isinstance(leaf, InPlace) and leaf.scheme == scheme.name:
            yield f"{seat.place} asks where the customer stands in {scheme.name} itself"


def read_ruled(stored: Any) -> Ruled:
    """The scheme in plain JSON values. Raises BadInput that says what is wrong and where."""
    try:
        scheme: Ruled = msgspec.convert(stored, Ruled, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadInput(f"this is no scheme of segments or stages: {error}") from None
    check_ruled(scheme)
    return scheme


def rules_of(scheme: Ruled) -> list[Rule]:
    """Every rule of the scheme, place by place."""
    return [rule for seat in scheme.seats for rule in (seat.enter, seat.leave) if rule is not None]


def seat_of(scheme: Ruled, says: Callable[[Rule], bool], stands: str | None) -> tuple[str, int]:
    """The place and rank of one customer, as the steps give them to all; `none`, 0 where no stage takes the customer.

    `says` tells whether a rule holds of the customer, who `stands` in a place of the scheme now or in none.
    """
    # No rule is asked behind the one that decides: each may cost a look at all that a customer did.
    if scheme.kind == SEGMENTS:
        first = (rank for rank, seat in enumerate(scheme.seats, start=1) if says(seat.enter))
        rank = next(first, len(scheme.places))
        return scheme.places[rank - 1], rank
    now = next((at for at, seat in enumerate(scheme.seats, start=1) if seat.place == stands), 0)
    rank = _latest(scheme, says, len(scheme.seats), now)
    if not rank:
        leave = scheme.seats[now - 1].leave if now else None
        rank = _latest(scheme, says, now - 1, 0) if leave is not None and says(leave) else now
    return (scheme.seats[rank - 1].place, rank) if rank else ("none", 0)


def _latest(scheme: Ruled, says: Callable[[Rule], bool], last: int, behind: int) -> int:
    """The latest stage up to `last` and behind another whose rule takes the customer; 0 where none does."""
    return next((at for at in range(last, behind, -1) if says(scheme.seats[at - 1].enter)), 0)


def variables(scheme: Ruled) -> set[str]:
    """The different things that the rules of a scheme look at, each once."""
    return {_variable(leaf) for rule in rules_of(scheme) for leaf in leaves(rule)}


def _variable(leaf: Leaf) -> str:
    told = msgspec.to_builtins(leaf)
    named = (
        "op",
        "class",
        "kind",
        "of",
        "category",
        "touchpoint",
        "measure",
        "change",
        "medium",
        "purpose",
        "scheme",
    )
    return " ".join(str(told[name]) for name in named if name in told)


def place_by_rules(lake: Lake, schemes: Sequence[Ruled], cut: date, opening: date) -> list[Ran]:
    """Make `stage_places` and `segment_places`: one row for each customer and scheme of that kind.

    Reads what the rules read, `stays` for where customers stood, and `tier_places`. A rule sees where the tiers of this
    turn put a customer, and of segments also where its stages did; of other schemes where the customer stood before.
    """
    for kind in (STAGES, SEGMENTS):
        empty = TABLES[_table_of(kind)]
        lake.put(empty, arrow.schema(empty).empty_table())
    ran = [steps.run(lake, "segments/memberships", cut=cut)]
    for kind in (STAGES, SEGMENTS):
        of_kind = [scheme for scheme in schemes if scheme.kind == kind]
        if of_kind:
            lake.put(TABLES["seats"], seats(of_kind))
            ran.append(ask(lake, [rule for scheme in of_kind for rule in rules_of(scheme)], cut))
            ran.append(steps.run(lake, f"segments/{_table_of(kind)}", opening=opening))
            ran.append(steps.run(lake, "segments/memberships", cut=cut))
    lake.put(TABLES["seats"], seats(schemes))
    return ran


def _table_of(kind: str) -> str:
    return f"{kind.removesuffix('s')}_places"


def ask(lake: Lake, rules: Sequence[Rule], cut: date) -> Ran:
    """Make `rule_hits` of the rules as of the cut; nobody has any where there are none."""
    sql, parameters = compile_rules(rules, cut)
    asked = steps.Step("segments/rules", "Asks the rules of all customers.", TABLES["rule_hits"], {}, sql)
    return steps.run_select(lake, asked, parameters)


def seats(schemes: Sequence[Ruled]) -> pa.Table:
    """The places of schemes as the table `seats`: which letters of `rule_hits` say who enters and who leaves."""
    rows, letter = [], 0
    for scheme in schemes:
        for rank, seat in enumerate(scheme.seats, start=1):
            enters, letter = letter + 1, letter + 1
            leaves_at = None
            if seat.leave is not None:
                leaves_at, letter = letter + 1, letter + 1
            rows.append(_row(scheme, seat.place, rank, enters, leaves_at))
        if scheme.rest:
            rows.append(_row(scheme, scheme.rest, len(scheme.places), None, None))
    return pa.Table.from_pylist(rows, schema=arrow.schema(TABLES["seats"]))


def _row(scheme: Ruled, place: str, rank: int, enter_at: int | None, leave_at: int | None) -> dict[str, Any]:
    named = {"kind": scheme.kind, "scheme": scheme.name, "place": place}
    return {**named, "rank": rank, "enter_at": enter_at, "leave_at": leave_at}
