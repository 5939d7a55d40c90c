"""Writes a plan's text so that it stands by itself: the texts of files beside it take the place of their names."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from sterna.engine.documents import read_yaml
from sterna.engine.plans.document import Plan, body

_STEPS = re.compile(r"[^.\[\]]+")
_NAMED = re.compile(r"(?P<before>\s*)(?P<key>\w+)_file:\s+\S.*")
# What YAML would not give back from a block as it was written: other ends of lines, and what is not printable.
_NOT_IN_A_BLOCK = re.compile(
    "[^\n\t\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\u2028|\u2029"
)
_DEEPER, _ENDLESS = 2, 1 << 30


def standing_alone(text: str, plan: Plan) -> str:
    """The YAML `text` of `plan` with the text of each file that it names, every comment and line but these as it was.

    A name that does not stand on a line of its own, as inside braces, is left.
    """
    whole, lines = body(plan), text.split("\n")
    named = {line: path for path, line in read_yaml(text, "plan").lines.items() if path.endswith("_file")}
    for number in sorted(named, reverse=True):
        found = _NAMED.fullmatch(lines[number - 1].rstrip("\r"))
        said = _at(whole, named[number].removesuffix("_file"))
        if found and isinstance(said, str):
            lines[number - 1 : number] = _written(found["before"], found["key"], said)
    return "\n".join(lines)


def _at(whole: Mapping[str, Any], path: str) -> Any:
    here: Any = whole
    for step in _STEPS.findall(path):
        if isinstance(here, list | tuple):
            here = here[int(step)]
        else:
            here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _written(before: str, key: str, said: str) -> Sequence[str]:
    if not said.strip() or _NOT_IN_A_BLOCK.search(said) or "---" in said.split("\n"):
        quoted = yaml.safe_dump(said, default_style='"', allow_unicode=True, width=_ENDLESS).rstrip("\n")
        return [f"{before}{key}: {quoted}"]
    ending = said[len(said.rstrip("\n")) :]
    chomping = {0: "-", 1: ""}.get(len(ending), "+")
    kept = said.rstrip("\n") + ending[1:]
    indented = [f"{before}{' ' * _DEEPER}{line}" if line else "" for line in kept.split("\n")]
    return [f"{before}{key}: |{_DEEPER}{chomping}", *indented]
