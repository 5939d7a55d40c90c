"""Draws hold-outs by hash: the same unit falls in the same arm on every machine, engine and run."""

import hashlib
from fractions import Fraction
from math import ceil

from sterna.engine.errors import BadInput

_WHOLE = 1 << 32


def threshold(share: float) -> str:
    """The hex text that the first 8 hex digits of a held-out unit's hash lie under; share from 0 up to .5.

    The text order of eight lower-case hex digits is their order as numbers, so SQL needs no number of 32 bits.
    Raises BadInput for another share.
    """
    if not 0 <= share <= 0.5:
        raise BadInput(f"a hold-out share lies between 0 and .5, not {share}")
    # The share as it was written (.2), not its nearest binary fraction.
    return f"{ceil(Fraction(str(share)) * _WHOLE):08x}"


def arm(salt: str, unit: str, share: float) -> str:
    """The arm of `unit`: "held out" or "treated"."""
    digest = hashlib.md5(f"{salt}|{unit}".encode(), usedforsecurity=False).hexdigest()
    return "held out" if digest[:8] < threshold(share) else "treated"
