"""The roadmap of a plan while it is changed by forms: what was typed, and the plan's text after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from sterna.engine.errors import BadInput
from sterna.engine.plans.roadmap_edits import drop_edge, drop_step, put_edge, put_step
from sterna.engine.plans.strategy import Edge, Roadmap, Step

_LONGEST, _MOST = 300, 2**31 - 1
_DROPS: Mapping[str, Callable[[str, int], str]] = {"step": drop_step, "edge": drop_edge}
Values = dict[str, Any]


@dataclass(frozen=True)
class Changed:
    """The text after a change, which part is `open` in a form ("step 3", "edge new", "" for none), and its fields.

    `wrong` says by field what is wrong with it, `problem` what is wrong with the whole.
    """

    text: str
    open: str = ""
    values: Values = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def changed(text: str, typed: QueryDict, roadmap_of: Callable[[str], Roadmap]) -> Changed:
    """`text` after what the button `do` asks for; a form that is open is taken in first, so that nothing is lost.

    `do` is "keep", "leave", or "open" or "drop" with a part such as "step 3" or "edge new".
    """
    verb, _, part = typed.get("do", "").replace("\x00", "").partition(" ")
    now_open = typed.get("open", "").replace("\x00", "")
    try:
        if now_open and verb != "leave" and not (verb == "drop" and part == now_open):
            values, wrong, kept = _kept(text, now_open, typed, is_asked=verb == "keep")
            if wrong:
                return Changed(text, now_open, values, wrong)
            text = kept
        if verb == "drop":
            kind, at = _part(part)
            return Changed(_DROPS[kind](text, -1 if at is None else at))
        return Changed(text, part, _values(part, roadmap_of(text))) if verb == "open" else Changed(text)
    except BadInput as error:
        values = _typed(now_open, typed) if now_open else {}
        return Changed(text, now_open if values else "", values, problem=str(error))


def _part(named: str) -> tuple[str, int | None]:
    kind, _, at = named.partition(" ")
    if kind not in _DROPS or not (at == "new" or (at.isascii() and at.isdecimal() and len(at) < 6)):
        raise BadInput("the roadmap has no such part")
    return kind, None if at == "new" else int(at)


def _values(named: str, roadmap: Roadmap) -> Values:
    """The fields of the form in which the part is opened."""
    kind, at = _part(named)
    parts: Sequence[Step | Edge] = roadmap.steps if kind == "step" else roadmap.edges
    if at is not None and at >= len(parts):
        raise BadInput(f"the roadmap has no such {'step' if kind == 'step' else 'way'} any more")
    if kind == "step":
        step = roadmap.steps[at] if at is not None else Step()
        words = ("id", "touchpoint", "asset", "message", "behavior")
        values: Values = {name: getattr(step, name) or "" for name in words}
        lists = {name: list(getattr(step, name)) for name in ("data_in", "data_out", "needs")}
        return values | lists | {"enters": "" if step.enters is None else str(step.enters)}
    edge = roadmap.edges[at] if at is not None else Edge()
    return {
        "from": edge.from_step or "",
        "to": edge.to_step or "",
        "pass_through": "" if edge.pass_through is None else f"{edge.pass_through:g}",
        "within_days": "" if edge.within_days is None else str(edge.within_days),
    }


def _typed(named: str, typed: QueryDict) -> Values:
    """The fields of the form as they were typed."""
    kind, _ = _part(named)

    def word(name: str) -> str:
        return " ".join(typed.get(f"{kind}_{name}", "").replace("\x00", "").split())

    if kind == "edge":
        return {name: word(name) for name in ("from", "to", "pass_through", "within_days")}
    values: Values = {
        name: word(name) for name in ("id", "touchpoint", "asset", "message", "behavior", "enters")
    }
    for name in ("data_in", "data_out", "needs"):
        more = typed.get(f"step_{name}_more", "").splitlines()
        said = [" ".join(one.replace("\x00", "").split()) for one in [*typed.getlist(f"step_{name}"), *more]]
        values[name] = list(dict.fromkeys(one for one in said if one))
    return values


def _kept(text: str, named: str, typed: QueryDict, is_asked: bool) -> tuple[Values, dict[str, str], str]:
    """The fields, what is wrong with each, and the text with them; a new part without anything typed is left out."""
    kind, at = _part(named)
    values = _typed(named, typed)
    if at is None and not is_asked and not any(values.values()):
        return values, {}, text
    wrong = {
        name: f"this has {len(said)} characters: write at most {_LONGEST}"
        for name, said in values.items()
        if isinstance(said, str) and len(said) > _LONGEST
    }
    if kind == "edge":
        edge = _edge(values, wrong)
        return values, wrong, text if wrong else put_edge(text, edge, at)
    step = _step(values, wrong)
    return values, wrong, text if wrong else put_step(text, step, at)


def _step(values: Values, wrong: dict[str, str]) -> Step:
    if not values["touchpoint"]:
        wrong["touchpoint"] = "choose where the step stands"
    if not values["id"]:
        wrong["id"] = "give the step a short name of its own, such as first-mail"
    return Step(
        id=values["id"],
        touchpoint=values["touchpoint"] or None,
        asset=values["asset"] or None,
        behavior=values["behavior"] or None,
        message=values["message"] or None,
        data_in=tuple(values["data_in"]),
        data_out=tuple(values["data_out"]),
        needs=tuple(values["needs"]),
        enters=_whole(values, "enters", wrong),
    )


def _edge(values: Values, wrong: dict[str, str]) -> Edge:
    for name, said in {"from": "choose where the way begins", "to": "choose where it leads"}.items():
        if not values[name]:
            wrong[name] = said
    return Edge(
        from_step=values["from"],
        to_step=values["to"],
        pass_through=_share(values["pass_through"], wrong),
        within_days=_whole(values, "within_days", wrong),
    )


def _whole(values: Values, name: str, wrong: dict[str, str]) -> int | None:
    said = values[name].replace(",", "")
    if not said:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 11 and int(said) <= _MOST):
        wrong[name] = f"{values[name]!r} is not a whole number from 0"
        return None
    return int(said)


def _share(said: str, wrong: dict[str, str]) -> float | None:
    """A share as 0.3 or as 30 %; whether it can be one is what the check says."""
    number = said.removesuffix("%").strip()
    if not said:
        return None
    if not (number.isascii() and number.replace(".", "", 1).isdecimal() and len(number) < 12):
        wrong["pass_through"] = f"{said!r} is not a share: write it as 0.30 or as 30 %"
        return None
    return float(number) if number == said else round(float(number) / 100, 12)
