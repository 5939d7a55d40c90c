"""What can be done to sources: add one, give keys, import a file, receive events, seal, sweep and replay them."""

from sterna.desk.sources.actions.catalog import (
    add_source,
    declare_trait,
    disable_source,
    ensure_source,
    set_strict,
)
from sterna.desk.sources.actions.imports import Done, import_files, import_one
from sterna.desk.sources.actions.inbox import Examined, Receipt, examine, keep, receive
from sterna.desk.sources.actions.keys import disable_key, make_key, note_use, rotate_key
from sterna.desk.sources.actions.letters import replay
from sterna.desk.sources.actions.rate import take
from sterna.desk.sources.actions.sealing import Sealed, seal_inbox
from sterna.desk.sources.actions.uploads import (
    TASK,
    cancel_import,
    import_waiting,
    keep_mapping,
    keep_upload,
    remove_upload,
    request_import,
    resume_import,
    sweep_uploads,
)
from sterna.desk.sources.actions.waiting import acted, claim, settled, sweep_inbox
from sterna.desk.sources.actions.webhooks import close_webhook, open_webhook, rotate_secret

__all__ = [
    "TASK",
    "Done",
    "Examined",
    "Receipt",
    "Sealed",
    "acted",
    "add_source",
    "cancel_import",
    "claim",
    "close_webhook",
    "declare_trait",
    "disable_key",
    "disable_source",
    "ensure_source",
    "examine",
    "import_files",
    "import_one",
    "import_waiting",
    "keep",
    "keep_mapping",
    "keep_upload",
    "make_key",
    "note_use",
    "open_webhook",
    "receive",
    "remove_upload",
    "replay",
    "request_import",
    "resume_import",
    "rotate_key",
    "rotate_secret",
    "seal_inbox",
    "set_strict",
    "settled",
    "sweep_inbox",
    "sweep_uploads",
    "take",
]
