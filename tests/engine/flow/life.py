"""The stages of the relationship of an example, as a turn takes them."""

from pathlib import Path

import yaml

from sterna.engine.flow import RuledTerms


def life_of(example: Path, name: str) -> RuledTerms:
    """The scheme `name` of the example's segments; who manages a place is nothing to a turn."""
    [body] = [one for one in _schemes(example) if one["name"] == name]
    return RuledTerms(name=name, kind=body["kind"], version=1, sha256="", body=body)


def _schemes(example: Path) -> list[dict]:
    return yaml.safe_load((example / "segments.yaml").read_text(encoding="utf-8"))["schemes"]
