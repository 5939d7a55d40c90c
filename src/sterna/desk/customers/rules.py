"""The rules by which identifiers join: the standing of each kind, and values that are nobody's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sterna.desk.sources.lake_rows import ANONYMOUS

Identifier = tuple[str, str, str]  # source, kind, value

EMAIL, PHONE = "email", "phone"
# What the desk files under that staff hears; it is nothing that anybody else could name.
DESK = "desk_record"


@dataclass(frozen=True)
class Rule:
    """How identifiers of a kind join.

    A lower `priority` is kept to first; a customer has at most `limit` values of the kind, counted in each source by
    itself where `by_source` is set; `names` tells that a value names one person in its source.
    """

    priority: int
    limit: int
    by_source: bool = False
    names: bool = False
    joins: bool = True


# What a source calls its people, such as user_id or the card of a till: one a customer and source.
NAMING = Rule(priority=1, limit=1, by_source=True, names=True)
DEFAULTS: Mapping[str, Rule] = {
    EMAIL: Rule(priority=2, limit=5),
    PHONE: Rule(priority=3, limit=5),
    "loyalty_card": Rule(priority=4, limit=5),
    ANONYMOUS: Rule(priority=9, limit=50),
    DESK: Rule(priority=10, limit=1_000_000, joins=False),
}

# What programs write where they know nobody. Anchored, in any case of letters.
BLOCKED = (
    r"|null|nil|none|undefined|unknown|n/?a|nan|void|not set|\(not set\)",
    r"guest|anonymous|anon|visitor|user|test|test\d*|admin|default|example|customer|me|self",
    r"true|false|yes|no",
    r"-1|0x0|[0.-]+|x{2,}|\?+",
    r"\[object object\]|\{\}|\[\]|''|\"\"",
    r"(test|guest|noreply|no-reply|donotreply|none|null|undefined|nobody|example)@.*",
    r".*@(example\.(com|org|net)|test\.com|localhost|invalid|.*\.invalid)",
    r"ffffffff-ffff-ffff-ffff-ffffffffffff",
)
_BLOCKED = re.compile("|".join(f"(?:{pattern})" for pattern in BLOCKED), re.I)


@dataclass(frozen=True)
class Rules:
    """The rules of an installation: its own for some kinds and values, the defaults for the rest."""

    kinds: Mapping[str, Rule] = field(default_factory=dict)
    values: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()

    def of(self, kind: str) -> Rule:
        """The rule of a kind; one that nobody declared is what some source calls its people."""
        return self.kinds.get(kind) or DEFAULTS.get(kind, NAMING)

    def blocks(self, value: str) -> bool:
        """Whether a value is nobody's."""
        return (
            value.lower() in self.values
            or _BLOCKED.fullmatch(value) is not None
            or (self._own is not None and self._own.fullmatch(value) is not None)
        )

    @cached_property
    def _own(self) -> re.Pattern[str] | None:
        return re.compile("|".join(f"(?:{each})" for each in self.patterns), re.I) if self.patterns else None

    def by_priority(self, identifiers: Iterable[Identifier]) -> list[Identifier]:
        """The identifiers, the one that is kept to first in front."""
        return sorted(identifiers, key=lambda each: self.of(each[1]).priority)


def alike(kind: str, value: str) -> str:
    """A value of a kind as it is compared: an e-mail address in small letters, a phone number as digits."""
    if kind == EMAIL:
        return value.strip().lower()
    if kind == PHONE:
        return re.sub(r"[^0-9+]", "", value)
    return value
