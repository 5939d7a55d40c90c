"""A scheme of segments or stages while it is written: a tree that may be unfinished, and what a form does to it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from sterna.engine.errors import BadInput
from sterna.engine.rules import Household, Leaf, Not, Rule, parts, plain, read
from sterna.engine.segments.ruled import SEGMENTS, STAGES, Ruled, read_ruled

Node = dict[str, Any]  # a part of a rule with `not`; a group has `household` and `of` as well
GROUPS = ("all", "any")
MOST_SEATS, MOST_NODES, LONGEST, DEEPEST = 20, 60, 100_000, 40
WORDS = ("name", "kind", "rest", "reason", "change_limit")


def group(*of: Node, op: str = "all") -> Node:
    """A group of parts."""
    return {"op": op, "not": False, "household": False, "of": list(of)}


@dataclass(frozen=True)
class SeatDraft:
    """A place as it stands in the form; `leave` is None where it has no rule to leave, `manager` a name of a user."""

    place: str = ""
    enter: Node = field(default_factory=lambda: group())
    leave: Node | None = None
    manager: str = ""


@dataclass(frozen=True)
class Draft:
    """A scheme as it stands in the form; `open` is the seat whose rules are shown."""

    name: str = ""
    kind: str = SEGMENTS
    # Made anew each time: a tree is changed where it stands, and one that all drafts shared would be everybody's.
    seats: tuple[SeatDraft, ...] = field(default_factory=lambda: (SeatDraft(),))
    rest: str = ""
    reason: str = ""
    change_limit: str = ""
    rest_manager: str = ""
    open: int = 0

    @property
    def managed(self) -> tuple[SeatDraft, ...]:
        """The places with that of the rest, which has no rule."""
        return (*self.seats, SeatDraft(self.rest, manager=self.rest_manager))


def new_leaf(op: str) -> Node:
    """A comparison that says nothing yet."""
    return {"op": op, "not": False}


def node_of(rule: Rule) -> Node:
    """A rule as the form shows it."""
    if isinstance(rule, Not):
        inner = node_of(rule.of)
        return {**group(inner), "not": True} if inner["not"] else {**inner, "not": True}
    if isinstance(rule, Household):
        inner = node_of(rule.of)
        is_free = inner["op"] in GROUPS and not inner["not"] and not inner["household"]
        return {**(inner if is_free else group(inner)), "household": True}
    if isinstance(rule, Leaf):
        return {**plain(rule), "not": False}
    return group(*map(node_of, parts(rule)), op=plain(rule)["op"])


def rule_of(node: Node) -> Rule:
    """The rule that the form shows. Raises BadInput for what is not finished."""
    return read(_stored(node))


def _stored(node: Node) -> Node:
    if node["op"] in GROUPS:
        if not node["of"]:
            raise BadInput("a group is empty: add a condition to it")
        told: Node = {"op": node["op"], "of": [_stored(part) for part in node["of"]]}
        told = {"op": "household", "of": told} if node["household"] else told
    else:
        told = {key: value for key, value in node.items() if key != "not" and value not in ("", None, [])}
    return {"op": "not", "of": told} if node["not"] else told


def draft_of(scheme: Ruled) -> Draft:
    """A scheme that is there, to be changed."""
    seats = tuple(
        SeatDraft(
            seat.place,
            _grouped(node_of(seat.enter)),
            None if seat.leave is None else _grouped(node_of(seat.leave)),
        )
        for seat in scheme.seats
    )
    limit = "" if scheme.change_limit is None else f"{scheme.change_limit:f}"
    return Draft(scheme.name, scheme.kind, seats, scheme.rest, scheme.reason, limit)


def _grouped(node: Node) -> Node:
    """A rule's root, which the form can add to."""
    return node if node["op"] in GROUPS else group(node)


def scheme_of_draft(draft: Draft) -> Ruled:
    """The scheme of a finished draft. Raises BadInput that says what is missing, and at which place."""
    seats = [{"place": seat.place, **_rules(seat)} for seat in draft.seats]
    stored = {"name": draft.name, "kind": draft.kind, "seats": seats, "reason": draft.reason}
    if draft.kind == SEGMENTS:
        stored["rest"] = draft.rest
    if draft.change_limit:
        stored["change_limit"] = draft.change_limit
    return read_ruled(stored)


def _rules(seat: SeatDraft) -> dict[str, Any]:
    try:
        told = {"enter": _stored(seat.enter)}
        return told if seat.leave is None else {**told, "leave": _stored(seat.leave)}
    except BadInput as error:
        raise BadInput(f"{seat.place or 'a place without a name'}: {error}") from None


def written(draft: Draft) -> str:
    """The draft as the text that a form carries from page to page."""
    told = {**vars(draft), "seats": [vars(seat) for seat in draft.seats]}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def read_draft(text: str) -> Draft:
    """The draft that a form carried. Raises BadInput for what no form of ours wrote."""
    try:
        if len(text) > LONGEST:
            raise BadInput("the scheme is too long")
        told = json.loads(text)
        if len(told["seats"]) > MOST_SEATS:
            raise BadInput(f"a scheme has at most {MOST_SEATS} places here: load a larger one from a file")
        # Half a letter, which JSON can write, stands in no page.
        json.dumps(told, ensure_ascii=False).encode()
        words = {name: _text(told[name]) for name in WORDS}
        seats = tuple(map(_read_seat, told["seats"])) or (SeatDraft(),)
        managed = _text(told.get("rest_manager", ""))
        draft = Draft(**words, seats=seats, rest_manager=managed, open=int(told["open"]))
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError, OverflowError):
        raise BadInput("the form was changed on its way: open it again") from None
    if draft.kind not in (SEGMENTS, STAGES):
        raise BadInput("choose segments or stages")
    return replace(draft, open=min(max(draft.open, 0), len(draft.seats) - 1))


def _read_seat(seat: Any) -> SeatDraft:
    leave = seat["leave"] and _checked(seat["leave"])
    return SeatDraft(_text(seat["place"]), _checked(seat["enter"]), leave, _text(seat.get("manager", "")))


def _text(told: Any) -> str:
    """A word of the form without NUL, which PostgreSQL refuses in a text."""
    return str(told).replace("\x00", "")


def _checked(node: Any, depth: int = 0) -> Node:
    """A tree with all that the form shows; what it does not know is left to the reading of the rule."""
    if depth > DEEPEST:
        raise BadInput("the rule is too deep: make several of it")
    told = {"op": str(node["op"]), "not": node.get("not") is True}
    if told["op"] not in GROUPS:
        return {**{str(key): value for key, value in node.items()}, **told}
    return {
        **told,
        "household": node.get("household") is True,
        "of": [_checked(part, depth + 1) for part in node["of"]],
    }


def at(node: Node, path: Iterable[int]) -> Node:
    """The part of a tree that a path of positions leads to. Raises BadInput where it leads nowhere."""
    for step in path:
        if node["op"] not in GROUPS or not 0 <= step < len(node["of"]):
            raise BadInput("this part of the rule is no longer there")
        node = node["of"][step]
    return node


def children(node: Node) -> Sequence[Node]:
    """The parts of a group; a comparison has none, although what it counts is called `of` as well."""
    of: Sequence[Node] = node["of"] if node["op"] in GROUPS else ()
    return of


def nodes(node: Node) -> int:
    """How many parts a tree has."""
    return 1 + sum(map(nodes, children(node)))


def changed(draft: Draft, action: str) -> Draft:
    """The draft after a button: what it is for, then where, such as "add enter.0 fact" or "up 2"."""
    verb, _, rest = action.partition(" ")
    acts = {"add": _add, "drop": _drop, "seat": _seat, "leave": _leave}
    return acts[verb](deepcopy(draft), rest) if verb in acts else draft


def _path(text: str) -> tuple[str, list[int]]:
    which, *steps = text.split(".")
    if which not in ("enter", "leave") or not all(step.isascii() and step.isdecimal() for step in steps):
        raise BadInput("this part of the rule is no longer there")
    return which, [int(step[:4]) for step in steps]


def _root(draft: Draft, which: str) -> Node:
    root: Node | None = getattr(draft.seats[draft.open], which)
    if root is None:
        raise BadInput("this part of the rule is no longer there")
    return root


def _add(draft: Draft, where: str) -> Draft:
    path, _, op = where.partition(" ")
    which, steps = _path(path)
    root = _root(draft, which)
    held = at(root, steps)
    if held["op"] not in GROUPS:
        raise BadInput("conditions are added to groups")
    if nodes(root) >= MOST_NODES:
        raise BadInput(f"a rule has at most {MOST_NODES} parts here: make several of it")
    held["of"].append(group() if op in GROUPS else new_leaf(op))
    return draft


def _drop(draft: Draft, where: str) -> Draft:
    which, steps = _path(where)
    if steps:
        above = at(_root(draft, which), steps[:-1])
        at(above, steps[-1:])
        del above["of"][steps[-1]]
    return draft


def _seat(draft: Draft, where: str) -> Draft:
    verb, _, number = where.partition(" ")
    seats = list(draft.seats)
    if verb == "add" and len(seats) < MOST_SEATS:
        return replace(draft, seats=(*seats, SeatDraft()), open=len(seats))
    place = int(number) if number.isascii() and number.isdecimal() else -1
    if not 0 <= place < len(seats):
        return draft
    if verb == "open":
        return replace(draft, open=place)
    if verb == "drop" and len(seats) > 1:
        del seats[place]
        # The seat that is shown stays so, and where it is the one that goes, the next.
        shown = draft.open - (place < draft.open)
        return replace(draft, seats=tuple(seats), open=min(shown, len(seats) - 1))
    if verb == "up" and place:
        seats[place - 1], seats[place] = seats[place], seats[place - 1]
        return replace(draft, seats=tuple(seats), open=place - 1)
    return draft


def _leave(draft: Draft, _: str) -> Draft:
    """Give the open stage a rule to leave, or take it away."""
    seats = list(draft.seats)
    seat = seats[draft.open]
    seats[draft.open] = replace(seat, leave=group() if seat.leave is None else None)
    return replace(draft, seats=tuple(seats))


def filled(draft: Draft, posted: Mapping[str, str]) -> Draft:
    """The draft with what was typed: the fields of the scheme, and by path those of the rules of the open seat."""
    seats = list(deepcopy(draft.seats))
    for number, seat in enumerate(seats):
        manager = posted.get(f"manager_{number}", seat.manager)
        seats[number] = replace(
            seat, place=posted.get(f"place_{number}", seat.place).strip(), manager=manager
        )
    words = {name: posted.get(name, getattr(draft, name)).strip() for name in WORDS}
    words["rest_manager"] = posted.get(f"manager_{len(seats)}", draft.rest_manager)
    draft = replace(draft, seats=tuple(seats), **words)
    for which in ("enter", "leave"):
        root: Node | None = getattr(draft.seats[draft.open], which)
        if root is not None:
            _fill(root, which, posted)
    return draft


def _fill(node: Node, path: str, posted: Mapping[str, str]) -> None:
    # An unticked box is not sent: the field that says that the part was shown tells it from a part that was not.
    if f"shown_{path}" in posted:
        node["not"] = f"not_{path}" in posted
        if node["op"] in GROUPS:
            node["household"] = f"household_{path}" in posted
            node["op"] = "any" if posted.get(f"op_{path}") == "any" else "all"
        else:
            _fill_leaf(node, path, posted)
    for number, part in enumerate(children(node)):
        _fill(part, f"{path}.{number}", posted)


def _fill_leaf(node: Node, path: str, posted: Mapping[str, str]) -> None:
    for one in FIELDS.get(node["op"], ()):
        text = posted.get(f"{one.name}_{path}", "").strip()
        if one.kind == "tick":
            ticked = f"{one.name}_{path}" in posted
            node.pop(one.name, None)
            if ticked != one.initially:
                node[one.name] = ticked
        elif one.kind == "several":
            node[one.name] = [part.strip() for part in text.split(",") if part.strip()]
        else:
            node[one.name] = text


@dataclass(frozen=True)
class Input:
    """A field of a comparison: its name in the rule, its label, and how it is written."""

    name: str
    label: str
    kind: str = "text"  # text, number, choice, several (parted by commas), tick
    initially: bool = False


_BOUNDS = (Input("least", "At least", "number"), Input("most", "At most", "number"))
_SHARED = Input("household", "Add up the household", "tick")
FIELDS: Mapping[str, tuple[Input, ...]] = {
    "behavior": (
        Input("kind", "What happened"), Input("of", "What is counted", "choice"), *_BOUNDS,
        Input("within_days", "Within days", "number"), Input("category", "In category"),
        Input("touchpoint", "At touchpoint"), _SHARED,
    ),
    "fact": (
        Input("class", "Class", "choice"), Input("among", "Is one of", "several"), *_BOUNDS,
        Input("within_days", "Observed within days", "number"),
        Input("older_than_days", "Older than days", "number"),
        Input("least_confidence", "At least so sure, 0 to 1", "number"),
        Input("sources", "Said by", "several"), Input("finer", "Finer classes count", "tick", True),
    ),
    "value": (
        Input("measure", "Measure", "choice"), Input("change", "Compared", "choice"), *_BOUNDS, _SHARED,
    ),
    "consent": (
        Input("medium", "Medium"), Input("purpose", "Purpose"), Input("says", "Last said", "choice"),
    ),
    "place": (
        Input("scheme", "Scheme", "choice"), Input("among", "Stands in", "several"),
        Input("least_days", "Since days at least", "number"),
    ),
}  # fmt: skip
