"""The taxonomy of what may be known about customers: a tree of classes, its check, and what follows from it."""

from sterna.engine.documents import Finding, errors, sha
from sterna.engine.taxonomy.checks import check, orphans
from sterna.engine.taxonomy.document import Document, Taxonomy, TaxonomyClass, body, of_body, schema
from sterna.engine.taxonomy.reading import load
from sterna.engine.taxonomy.tree import Closure, Tree
from sterna.engine.taxonomy.values import canonical

__all__ = [
    "Closure",
    "Document",
    "Finding",
    "Taxonomy",
    "TaxonomyClass",
    "Tree",
    "body",
    "canonical",
    "check",
    "errors",
    "load",
    "of_body",
    "orphans",
    "schema",
    "sha",
]
