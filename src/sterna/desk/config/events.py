"""Domain events: a lower app publishes, an upper one has subscribed in `ready()`, all in one transaction."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")
_handlers: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event: type[Event], handler: Callable[[Event], None]) -> None:
    """Have `handler` called for every published `event`; a second subscription of the same handler is one."""
    if handler not in _handlers[event]:
        _handlers[event].append(handler)


def publish(event: object) -> None:
    """Call every subscriber now: an error in one undoes the publisher's transaction with it."""
    for handler in _handlers[type(event)]:
        handler(event)
