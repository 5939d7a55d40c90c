"""What the app says happened; the audit, which stands above it, listens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sterna.desk.users.models import User


@dataclass(frozen=True)
class PersonChanged:
    """`actor` (None: the system) did `action` to the person called `username`."""

    action: str
    username: str
    actor: User | None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
