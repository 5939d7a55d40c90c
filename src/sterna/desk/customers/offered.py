"""What a customer can choose among on their own page: told by the apps above, which know plans and contacts."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sterna.desk.customers.models import Customer


@dataclass
class Offered:
    """(medium, purpose) pairs that may be used, topics and touchpoints with their titles."""

    words: set[tuple[str, str]] = field(default_factory=set)
    topics: dict[str, str] = field(default_factory=dict)
    touchpoints: dict[str, str] = field(default_factory=dict)


Tell = Callable[[Customer], Offered]
_tellers: list[Tell] = []


def register(tell: Tell) -> None:
    """Have `tell` asked for every page; called in `ready()`. A second registration of the same is one."""
    if tell not in _tellers:
        _tellers.append(tell)


def offered(customer: Customer) -> Offered:
    """All that can be chosen by this customer."""
    every = Offered()
    for tell in _tellers:
        told = tell(customer)
        every.words |= told.words
        every.topics |= told.topics
        every.touchpoints |= told.touchpoints
    return every
