"""What can be done to customers: identify, merge and split them, keep what is said of them, act on the inbox."""

from sterna.desk.customers.actions.acting import Acted, act_on_inbox
from sterna.desk.customers.actions.counting import count_classes
from sterna.desk.customers.actions.facts import Kept, Said, retract, say_facts
from sterna.desk.customers.actions.households import form_household, leave_household
from sterna.desk.customers.actions.inferring import infer, infer_all
from sterna.desk.customers.actions.keeping import (
    identify,
    keep_addresses,
    keep_consents,
    keep_facts,
    keep_records,
)
from sterna.desk.customers.actions.matching import Matched, answer_pair, match_profiles
from sterna.desk.customers.actions.noting import (
    Contacted,
    add_note,
    confirm,
    desk_record,
    refuse,
    retract_note,
)
from sterna.desk.customers.actions.occasions import Told, add_occasion, retract_occasion
from sterna.desk.customers.actions.projecting import key_of
from sterna.desk.customers.actions.requests import (
    answer,
    ask,
    complete,
    decline,
    promise,
    take_request,
    would_rather_not,
)
from sterna.desk.customers.actions.ruling import allow_value, block_value, declare_kind, restore_kind
from sterna.desk.customers.actions.stewarding import merge, split, undo
from sterna.desk.customers.actions.taxonomy import publish_rules, publish_taxonomy

__all__ = [
    "Acted",
    "Contacted",
    "Kept",
    "Matched",
    "Said",
    "Told",
    "act_on_inbox",
    "add_note",
    "add_occasion",
    "allow_value",
    "answer",
    "answer_pair",
    "ask",
    "block_value",
    "complete",
    "confirm",
    "count_classes",
    "declare_kind",
    "decline",
    "desk_record",
    "form_household",
    "identify",
    "infer",
    "infer_all",
    "keep_addresses",
    "keep_consents",
    "keep_facts",
    "keep_records",
    "key_of",
    "leave_household",
    "match_profiles",
    "merge",
    "promise",
    "publish_rules",
    "publish_taxonomy",
    "refuse",
    "restore_kind",
    "retract",
    "retract_note",
    "retract_occasion",
    "say_facts",
    "split",
    "take_request",
    "undo",
    "would_rather_not",
]
