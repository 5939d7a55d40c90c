"""Reads free-text notes of contacts and proposes facts for a person to confirm.

`NoteReader` is the default; `embedding` and `endpoint` are other ways of reading behind the same interface, off
unless somebody builds one.
"""

from sterna.engine.profiles.notes.document import (
    Cues,
    NotePatterns,
    check_patterns,
    load_cues,
    load_patterns,
    schema,
)
from sterna.engine.profiles.notes.proposal import Extractor, Proposal
from sterna.engine.profiles.notes.reader import NoteReader

__all__ = [
    "Cues",
    "Extractor",
    "NotePatterns",
    "NoteReader",
    "Proposal",
    "check_patterns",
    "load_cues",
    "load_patterns",
    "schema",
]
