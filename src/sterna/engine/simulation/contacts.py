"""Invented names, addresses, consents and demographics for given households; nobody real is meant."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_GIVEN = (
    *("Ada", "Ben", "Carla", "Dmitri", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jamal", "Keiko", "Liam"),
    *("Mina", "Noor", "Oscar", "Priya", "Quentin", "Rosa", "Sven", "Tariq", "Uma", "Vera", "Wanda", "Yusuf"),
)
_FAMILY = (
    *("Abbott", "Baker", "Castillo", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanov", "Jensen"),
    *("Kowalski", "Lopez", "Miller", "Nguyen", "Okafor", "Patel", "Quinn", "Rossi", "Sato", "Turner"),
)
_STREETS = ("Maple", "Oak", "River", "Hill", "Station", "Church", "Mill", "Garden", "Lake", "Market")
_TOWNS = ("Fairview", "Milton", "Ashland", "Clayton", "Dover", "Salem")

# How many households have each address, and what they said: yes, no; the rest was never asked.
_HAS = {"email": 0.72, "letter": 0.90, "phone": 0.60}
_SAID = {"email": (0.65, 0.15), "letter": (0.60, 0.10), "phone": (0.25, 0.25)}

FIRST_DAY = date(2017, 1, 1)  # of the study; a simulated shop counts lifetimes and numbers baskets from it


def contact_details(
    households: Sequence[int], seed: int, since: Mapping[int, date] | None = None
) -> pa.Table:
    """One row a household: since, name, email, postal_address, phone, and what it consented to.

    `since` is the day from which the shop knows the household: the one given for it, else FIRST_DAY.
    consent_email, consent_letter and consent_phone are for marketing, consent_email_recognition and
    consent_letter_recognition for being thanked; NULL means that nothing was ever said. Apart from `since`, a
    household's row depends on its number and the seed alone.
    """
    known = since or {}
    rows = [_person(household, seed) | {"since": known.get(household, FIRST_DAY)} for household in households]
    names = ("household_id", "since", "name", "email", "postal_address", "phone", *_consents())
    types = [pa.int64(), pa.date32(), *[pa.string()] * 4, *[pa.bool_()] * len(_consents())]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))


def _consents() -> tuple[str, ...]:
    return (
        *(f"consent_{medium}" for medium in _SAID),
        "consent_email_recognition",
        "consent_letter_recognition",
    )


def _person(household: int, seed: int) -> dict[str, Any]:
    draws = np.random.default_rng([seed, 3, household]).random(16)
    given, family = _pick(_GIVEN, draws[0]), _pick(_FAMILY, draws[1])
    street, town = _pick(_STREETS, draws[2]), _pick(_TOWNS, draws[3])
    number = int(draws[4] * 240) + 1
    person: dict[str, Any] = {
        "household_id": household,
        "name": f"{given} {family}",
        "email": f"{given}.{family}.{household}@example.org".lower() if draws[5] < _HAS["email"] else None,
        "postal_address": f"{number} {street} Street\n{town}" if draws[6] < _HAS["letter"] else None,
        # 555-01xx numbers are kept free for fiction.
        "phone": f"+1 {200 + household % 700} 555 01{household % 100:02}"
        if draws[7] < _HAS["phone"]
        else None,
    }
    for index, medium in enumerate(_SAID):
        person[f"consent_{medium}"] = _said(draws[8 + index], *_SAID[medium])
    for index, medium in enumerate(("email", "letter")):
        # Whoever said no to offers is asked less often about thanks, and seldom minds them.
        person[f"consent_{medium}_recognition"] = _said(draws[11 + index], 0.8, 0.05)
    return person


def _pick(words: Sequence[str], draw: float) -> str:
    return words[int(draw * len(words))]


def _said(draw: float, yes: float, no: float) -> bool | None:
    return True if draw < yes else False if draw < yes + no else None


def demographics(households: NDArray[np.int64], seed: int) -> pa.Table:
    """What a third of the households told about themselves, in the words of the Complete Journey study."""
    told = households[np.random.default_rng([seed, 4]).random(households.size) < 1 / 3]
    rng = np.random.default_rng([seed, 5])
    size = rng.integers(1, 6, told.size)

    def drawn(*words: str) -> list[str]:
        return [words[index] for index in rng.integers(0, len(words), told.size)]

    return pa.table(
        {
            "household_id": told,
            "age": drawn("19-24", "25-34", "35-44", "45-54", "55-64", "65+"),
            "income": drawn("Under 15K", "15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K"),
            "home_ownership": drawn("Homeowner", "Renter"),
            "marital_status": drawn("Married", "Unmarried"),
            "household_size": [f"{number}+" if number == 5 else str(number) for number in size],
            "household_comp": ["1 Adult No Kids" if number == 1 else "2 Adults No Kids" for number in size],
            "kids_count": ["0"] * told.size,
        }
    )
