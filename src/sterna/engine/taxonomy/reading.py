"""Reads a taxonomy's YAML class by class, so that one bad class hides nothing of the others."""

from typing import Any

from sterna.engine.documents import Source, read_yaml
from sterna.engine.taxonomy.document import Document, Head, Taxonomy, TaxonomyClass


def load(text: str) -> Document:
    """The taxonomy in the YAML `text`, as far as it can be read; the rest is in the document's findings."""
    source = read_yaml(text, "taxonomy")
    head = source.part({name: part for name, part in source.value.items() if name != "classes"}, Head, "")
    listed = source.items("classes")
    read = {place: one for place, part in enumerate(listed) if (one := _class(source, part, place))}
    whole = {name: getattr(head or Head(), name) for name in Head.__struct_fields__}
    return Document(
        taxonomy=Taxonomy(**whole, classes=tuple(read.values())),
        places=tuple(read),
        unread=frozenset(_ids(listed, read)),
        lines=source.lines,
        findings=tuple(source.findings),
    )


def _class(source: Source, part: Any, place: int) -> TaxonomyClass | None:
    return source.part(part, TaxonomyClass, f"classes[{place}]")


def _ids(listed: list[Any], read: dict[int, TaxonomyClass]) -> list[str]:
    unread = [part for place, part in enumerate(listed) if place not in read and isinstance(part, dict)]
    return [part["id"] for part in unread if isinstance(part.get("id"), str)]
