"""What can be done to sources: add one, import a file, receive events, seal them into the lake."""

from sterna.desk.sources.actions.catalog import add_source, declare_trait, disable_source, ensure_source
from sterna.desk.sources.actions.imports import Done, import_files, import_one
from sterna.desk.sources.actions.inbox import Receipt, receive
from sterna.desk.sources.actions.sealing import Sealed, seal_inbox

__all__ = [
    "Done",
    "Receipt",
    "Sealed",
    "add_source",
    "declare_trait",
    "disable_source",
    "ensure_source",
    "import_files",
    "import_one",
    "receive",
    "seal_inbox",
]
