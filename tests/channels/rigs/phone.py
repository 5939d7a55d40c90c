"""Calls on trial: a list of tasks that keeps one for each key."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sterna.channels.base import Channel, Message, Rendered, TransportError

variant = {
    "opening": "Good day {{ customer.name }} of {{ facts.town }}",
    "script": "Talk with {{ customer.name }} about {{ facts.town }}.",
    "ask": "Ask {{ customer.name }} whether {{ facts.town }} is right.",
}
faults = (({**variant, "ask": " "}, "ask", "required"),)
address = "+32 9 123 45 67"
sender = "Corner Shop"
same_key_twice = 1
bad_settings = {"open_task": "a name, not a function"}


@dataclass
class Task:
    identity: str
    text: str


@dataclass
class TaskList:
    tasks: dict[str, Task] = field(default_factory=dict)

    def open_task(self, message: Message) -> str:
        self.tasks.setdefault(message.key, Task(message.key, message.rendered.text))
        return f"task {message.key}"

    @property
    def settings(self) -> Mapping[str, Callable[[Message], str]]:
        return {"open_task": self.open_task}

    def arrivals(self) -> list[Task]:
        return list(self.tasks.values())


def shown(rendered: Rendered) -> str:
    return rendered.text


@contextmanager
def receiving(folder: Path) -> Iterator[TaskList]:
    yield TaskList()


def refusal(channel: Channel, folder: Path, message: Message, permanent: bool) -> TransportError:
    def nobody(_message: Message) -> str:
        raise TransportError(permanent=permanent, detail="nobody may call this customer")

    settings: dict[str, Any] = {"open_task": nobody}
    with channel.transport(settings) as transport, pytest.raises(TransportError) as caught:
        transport.send(message)
    return caught.value
