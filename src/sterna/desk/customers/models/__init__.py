"""The records of identity: customers, what they are put together from, and what is said of them."""

from sterna.desk.customers.models.facts import (
    ClassCount,
    ContactNote,
    Fact,
    FactParent,
    FactProposal,
    FactRefusal,
    RulesVersion,
    TaxonomyVersion,
)
from sterna.desk.customers.models.households import Household, HouseholdMember
from sterna.desk.customers.models.identity import (
    BlockedValue,
    Followed,
    IdentifierKind,
    IdentityDecision,
    IdentityEdge,
    IdentityRefusal,
    SharedValue,
)
from sterna.desk.customers.models.matching import LinkModel, ReviewPair
from sterna.desk.customers.models.people import Address, Consent, Customer, SourceRecord
from sterna.desk.customers.models.privacy import Erasure, LawfulBasis, Preference, Rating
from sterna.desk.customers.models.serving import CustomerRequest, Occasion, Question

__all__ = [
    "Address",
    "BlockedValue",
    "ClassCount",
    "Consent",
    "ContactNote",
    "Customer",
    "CustomerRequest",
    "Erasure",
    "Fact",
    "FactParent",
    "FactProposal",
    "FactRefusal",
    "Followed",
    "Household",
    "HouseholdMember",
    "IdentifierKind",
    "IdentityDecision",
    "IdentityEdge",
    "IdentityRefusal",
    "LawfulBasis",
    "LinkModel",
    "Occasion",
    "Preference",
    "Question",
    "Rating",
    "ReviewPair",
    "RulesVersion",
    "SharedValue",
    "SourceRecord",
    "TaxonomyVersion",
]
