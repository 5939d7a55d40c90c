"""What can be done to customers: identify them, keep what is said of them, act on the inbox."""

from sterna.desk.customers.actions.acting import Acted, act_on_inbox
from sterna.desk.customers.actions.keeping import (
    identify,
    keep_addresses,
    keep_consents,
    keep_facts,
    keep_records,
    key_of,
)

__all__ = [
    "Acted",
    "act_on_inbox",
    "identify",
    "keep_addresses",
    "keep_consents",
    "keep_facts",
    "keep_records",
    "key_of",
]
