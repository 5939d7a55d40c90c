"""A trained model of links: what it holds, as text that is the same for the same model, and its hash."""

import hashlib
import json
from collections.abc import Mapping

import msgspec

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking.comparisons import COMPARISONS

VERSION = 1
METHOD = "Fellegi and Sunter 1969, u from random pairs, m by expectation maximization (splink 5)"
# Digits that are kept of a weight: the last ones of a sum depend on the processor, and the hash must not.
_DIGITS = 9


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The level of a comparison: its share `m` among pairs of one person and `u` among pairs of two."""

    level: str
    m: float
    u: float


class Compared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A comparison of the model; `trained` is false where the weights to start from were kept."""

    column: str
    trained: bool
    levels: tuple[Weights, ...]


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model of links.

    `prior` is the probability that two random profiles are one person, `frequency` whether a rare value counts for
    more than a common one, `records` how many profiles it was trained on, `left_out` each column without a
    comparison and why, `notes` what a reader should know of the training.
    """

    version: int
    method: str
    prior: float
    frequency: bool
    seed: int
    records: int
    comparisons: tuple[Compared, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]

    def text(self) -> str:
        """The model as JSON: sorted keys, so that one model has one text."""
        return json.dumps(msgspec.to_builtins(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def sha256(self) -> str:
        """The hash of the text, which names this version of the model."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def read_model(text: str) -> Model:
    """The model in a text that `Model.text` made. Raises BadInput for anything else."""
    try:
        model = msgspec.json.decode(text, type=Model)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"this is no model of links: {error}") from error
    if model.version != VERSION:
        raise BadInput(
            f"the model has version {model.version}; this Sterna reads version {VERSION}: train anew"
        )
    for compared in model.comparisons:
        _check(compared)
    if not 0 < model.prior < 1:
        raise BadInput(f"the model's prior is {model.prior}; a probability between 0 and 1 is needed")
    return model


def _check(compared: Compared) -> None:
    known = COMPARISONS.get(compared.column)
    labels = [weights.level for weights in compared.levels]
    if known is None or labels != [level.label for level in known.levels]:
        raise BadInput(
            f"the model compares {compared.column} in levels that this Sterna does not have: train anew"
        )
    if any(not (0 < weights.m <= 1 and 0 < weights.u <= 1) for weights in compared.levels):
        raise BadInput(f"the model's shares for {compared.column} are not between 0 and 1")


def rounded(value: float) -> float:
    """`value` in as many digits as every machine agrees on."""
    return float(f"{value:.{_DIGITS}g}")
