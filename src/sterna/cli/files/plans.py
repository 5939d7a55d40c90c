"""Checks a plan file: what is wrong with it, where, and what would mend it."""

import json
from pathlib import Path

import msgspec

from sterna.cli.files.known import read_known
from sterna.engine import plans
from sterna.engine.lake.beside import Beside, text_of


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
