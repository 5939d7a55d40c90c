"""A rule as parts of a form, one line each, indented as they stand in one another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from sterna.desk.customers.queries import classes
from sterna.desk.segments.drafts import FIELDS, GROUPS, Draft, Input, Node, SeatDraft, children
from sterna.desk.segments.ruled_queries import places_by_scheme
from sterna.engine.rules import MEASURES, PURCHASE
from sterna.engine.rules.tree import Counted
from sterna.engine.value.catalogue import BY_NAME

KINDS = (
    ("behavior", "Behavior"),
    ("fact", "Fact"),
    ("value", "Value"),
    ("consent", "Consent"),
    ("place", "Place in a scheme"),
    ("all", "Group"),
)
_COUNTED = {
    "times": "how many times",
    "days": "on how many days",
    "categories": "in how many categories",
    "touchpoints": "at how many touchpoints",
    "amount": "for how much",
    "share": "share of the category",
    "first": "days since the first",
    "last": "days since the last",
}
_CHANGES = (
    ("", "as it is"),
    ("difference", "change since the window before"),
    ("relative", "relative change"),
)
Options = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Field:
    """An input as the form draws it."""

    name: str
    label: str
    kind: str
    value: str
    ticked: bool = False
    options: Options = ()
    listed: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a rule: where it stands, what it is, its inputs, and of a group what can be added."""

    path: str
    depth: int
    title: str
    node: Node
    fields: Sequence[Field] = ()

    @property
    def is_group(self) -> bool:
        """Whether other parts stand in it."""
        return self.node["op"] in GROUPS

    @property
    def is_root(self) -> bool:
        """Whether it is the rule itself."""
        return "." not in self.path


def parts_of(draft: Draft, which: str) -> list[Part]:
    """The rule to enter or to leave of the open seat, from the top down; empty where there is none."""
    seat: SeatDraft = draft.seats[draft.open]
    root: Node | None = seat.enter if which == "enter" else seat.leave
    return list(_parts(root, which, 0, _options(draft.name))) if root is not None else []


def _parts(node: Node, path: str, depth: int, options: Mapping[str, Options]) -> Iterator[Part]:
    title = dict(KINDS).get(node["op"], "Group")
    fields = [_field(one, node, path, options) for one in FIELDS.get(node["op"], ())]
    yield Part(path, depth, title, node, fields)
    for number, part in enumerate(children(node)):
        yield from _parts(part, f"{path}.{number}", depth + 1, options)


def _field(one: Input, node: Node, path: str, options: Mapping[str, Options]) -> Field:
    # What a rule leaves out because it goes without saying is said in the form.
    unsaid = PURCHASE if one.name == "kind" else ""
    told = node.get(one.name, one.initially if one.kind == "tick" else unsaid)
    if one.kind == "tick":
        return Field(f"{one.name}_{path}", one.label, one.kind, "", bool(told))
    text = ", ".join(map(str, told)) if isinstance(told, list | tuple) else str(told)
    given = options.get(f"{node['op']} {one.name}", ())
    # What the list does not know stays to be seen: a class that was taken out of the taxonomy, say.
    if one.kind == "choice" and text and text not in dict(given):
        given = [*given, (text, text)]
    listed = "rule-categories" if one.name == "category" else ""
    return Field(f"{one.name}_{path}", one.label, one.kind, text, options=given, listed=listed)


def _options(own: str) -> Mapping[str, Options]:
    tree = classes()
    named = [(name, f"{'· ' * (tree.level(name) - 1)}{tree.at(name).title}") for name in tree.ids()]
    measures = [(name, BY_NAME[name].title) for name in MEASURES if name in BY_NAME]
    schemes = [(name, name) for name in places_by_scheme() if name != own]
    return {
        "behavior of": [(name, _COUNTED[name]) for name in get_args(Counted)],
        "fact class": [("", "choose a class"), *named],
        "value measure": [("", "choose a measure"), *measures],
        "value change": _CHANGES,
        "consent says": [("yes", "yes"), ("no", "no")],
        "place scheme": [("", "choose a scheme"), *schemes],
    }
