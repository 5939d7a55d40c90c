"""Checks a plan file and tells it as a document: what is wrong, where, what would mend it, and what it says."""

import json
from pathlib import Path

import msgspec

from sterna.cli.files.known import read_known
from sterna.engine import plans
from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside, text_of
from sterna.engine.plans import told


def check(path: Path, known: Path | None, as_json: bool) -> tuple[str, bool]:
    """The findings of the plan at `path` as text or JSON, and whether none is an error; raises BadInput.

    `known` is a JSON file of what the plan is compared with; without one it is checked by itself.
    """
    comparing = read_known(known) if known else plans.Known()
    findings = plans.check(plans.load(text_of(path), Beside(path.parent)), comparing)
    sound = not any(finding.severity == "error" for finding in findings)
    if as_json:
        return json.dumps([msgspec.to_builtins(finding) for finding in findings], indent=2), sound
    lines = [
        f"{path}:{finding.line or 1}: {finding.severity} {finding.code}: {finding.message}; {finding.mend}"
        for finding in findings
    ]
    return "\n".join(lines or [f"{path}: nothing to mend"]), sound


def document(path: Path, known: Path | None, to: Path) -> str:
    """Writes the plan at `path` as a document, HTML or PDF by the ending of `to`; raises BadInput.

    `known` is a JSON file of what the plan is compared with, and of who manages its segments.
    """
    if to.suffix not in (".html", ".pdf"):
        raise BadInput(f"{to} ends neither in .html nor in .pdf")
    comparing = read_known(known) if known else plans.Known()
    read = plans.load(text_of(path), Beside(path.parent))
    if not read.readable:
        raise BadInput(f"{path} cannot be read as a plan: see `sterna plan check {path}`")
    telling = told.tell(read.plan, comparing, plans.check(read, comparing))
    written = told.as_pdf(telling) if to.suffix == ".pdf" else told.as_html(telling).encode()
    try:
        to.write_bytes(written)
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}") from error
    return f"{telling.title}: written to {to}"
