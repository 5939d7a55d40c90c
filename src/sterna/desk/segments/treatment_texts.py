"""Treatments as a YAML file that people write, with the line of whatever is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from sterna.engine import documents
from sterna.engine.documents import Source
from sterna.engine.errors import BadInput
from sterna.engine.segments import Treatments
from sterna.engine.segments.treatments import CellLevel, problems

WHAT = "file of treatments"


def read_file(text: str, segments: Mapping[str, Sequence[str]]) -> list[Treatments]:
    """The treatments of a file, in its order; `segments` are those of each scheme in force.

    Raises BadInput that names every fault with its line.
    """
    source = documents.read_yaml(text, WHAT)
    strange = sorted(set(source.value) - {"treatments"})
    if not source.findings and (strange or not source.value.get("treatments")):
        raise BadInput(
            f"the {WHAT} is a list under `treatments:`" + "".join(f", not {one}" for one in strange)
        )
    found = [
        read
        for at, told in enumerate(source.items("treatments"))
        if (read := _read(source, told, f"treatments[{at}]", segments)) is not None
    ]
    for scheme, times in Counter(one.scheme for one in found).items():
        if times > 1:
            source.add("treatments-twice", "treatments", f"{scheme} stands in the {WHAT} twice", "keep one")
    if source.findings:
        raise BadInput("; ".join(_told(finding) for finding in source.findings))
    return found


def _read(
    source: Source, told: object, where: str, segments: Mapping[str, Sequence[str]]
) -> Treatments | None:
    rest = dict(told) if isinstance(told, dict) else told
    own = rest.pop("segments", {}) if isinstance(rest, dict) else {}
    read = source.part(rest, Treatments, where)
    if not isinstance(own, dict):
        said = f"{where}.segments are not levels by segment"
        source.add("format-type", f"{where}.segments", said, "write them as segment: list of levels")
        return None
    # One by one: of a mapping read whole nobody could say which segment is wrong.
    levels = {
        name: source.part(one, tuple[CellLevel, ...], f"{where}.segments.{name}") for name, one in own.items()
    }
    if read is None or None in levels.values():
        return None
    read = msgspec.structs.replace(
        read, segments={name: one for name, one in levels.items() if one is not None}
    )
    if read.scheme not in segments:
        source.add(
            "treatments-scheme", f"{where}.scheme", f"there are no segments {read.scheme}", "load them first"
        )
        return None
    for problem in problems(read, segments[read.scheme]):
        source.add("treatments", f"{where}.{problem.where}", problem.said, "correct it")
    return read


def _told(finding: documents.Finding) -> str:
    return f"line {finding.line}: {finding.message}" if finding.line else finding.message
