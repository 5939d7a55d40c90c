"""The taxonomies, rules and patterns that are shipped as examples: what an installation starts with."""

from functools import cache
from importlib.resources import files

from sterna.desk.config.refused import Refused
from sterna.engine.profiles.inference import RuleBook, load_rules
from sterna.engine.profiles.notes import Extractor, NoteReader, load_cues, load_patterns
from sterna.engine.taxonomy import Tree, load

FOLDER = files("sterna.engine.taxonomy") / "shipped"
FIRST = "retail"
LANGUAGE = "english"


def text(name: str) -> str:
    """The shipped file `name`; raises Refused where this installation has none."""
    path = FOLDER / name
    if not path.is_file():
        raise Refused(f"{name} was not shipped with this installation: publish a taxonomy of your own first")
    return path.read_text(encoding="utf-8")


@cache
def tree(name: str = FIRST) -> Tree:
    """The shipped taxonomy `name`."""
    return Tree(load(text(f"{name}.yaml")))


def rules_text(taxonomy: str) -> str:
    """The shipped rules of a taxonomy as text; those of no rules at all where none are shipped."""
    name = f"{taxonomy}.rules.yaml"
    return text(name) if (FOLDER / name).is_file() else f"taxonomy: {taxonomy}\nversion: 1\n"


@cache
def rules(taxonomy: str) -> RuleBook:
    """The shipped rules of a taxonomy."""
    return load_rules(rules_text(taxonomy))


@cache
def reader(taxonomy: str) -> Extractor | None:
    """What reads notes for a taxonomy; None where no patterns are shipped for it."""
    if not (FOLDER / f"{taxonomy}.notes.yaml").is_file():
        return None
    return NoteReader(load_patterns(text(f"{taxonomy}.notes.yaml")), load_cues(text(f"{LANGUAGE}.cues.yaml")))
