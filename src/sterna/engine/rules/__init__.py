"""The rule language: a small typed tree over what is known of a customer, stored as JSON, compiled, never evaluated.

Rules become one parameterized SELECT for every lake engine, or are checked for one customer in memory; both give the
same answer. Every text of a rule reaches SQL as a parameter.
"""

from sterna.engine.rules.figures import AVERAGED, SUMS, compile_sums
from sterna.engine.rules.person import Above, Deed, Deeds, Known, Person, Stay, done, holds, matching
from sterna.engine.rules.sql import SHELVES, Compiled, compile_rules
from sterna.engine.rules.timers import soonest, timed
from sterna.engine.rules.tree import (
    MEASURES,
    NO,
    PURCHASE,
    All,
    AnyOf,
    Behavior,
    Consents,
    HasFact,
    Household,
    InPlace,
    Leaf,
    Not,
    Rule,
    Worth,
    facts_in,
    leaves,
    parts,
    plain,
    read,
    refuse_unfit,
)
from sterna.engine.rules.words import sentence

__all__ = [
    "AVERAGED",
    "MEASURES",
    "NO",
    "PURCHASE",
    "SHELVES",
    "SUMS",
    "Above",
    "All",
    "AnyOf",
    "Behavior",
    "Compiled",
    "Consents",
    "Deed",
    "Deeds",
    "HasFact",
    "Household",
    "InPlace",
    "Known",
    "Leaf",
    "Not",
    "Person",
    "Rule",
    "Stay",
    "Worth",
    "compile_rules",
    "compile_sums",
    "done",
    "facts_in",
    "holds",
    "leaves",
    "matching",
    "parts",
    "plain",
    "read",
    "refuse_unfit",
    "sentence",
    "soonest",
    "timed",
]
