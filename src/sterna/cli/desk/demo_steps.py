"""What every demonstration does: says what it is at, imports files, turns the loop, sends to this machine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

MANAGER = "manager"

console = Console(highlight=False)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    begun = time.monotonic()
    console.print(f"{what} …")
    yield
    console.print(f"  {time.monotonic() - begun:.1f} s")


def import_once(what: str, where: Path, mapping: Path) -> None:
    """Import files by a mapping; what was imported before changes nothing."""
    from sterna.cli.desk.imports import import_with_mapping

    with step(f"importing {what}"):
        done = import_with_mapping(where, mapping)
    if all(item.already for item in done):
        console.print("  imported before: nothing changed")


def turn(until: date) -> None:
    """Turn the loop as of `until`, once: data that came in since belongs to a later day of the demonstration."""
    from sterna.desk.runs import actions
    from sterna.desk.runs.models import Run

    if Run.objects.filter(until=until, published_at__isnull=False).exists():
        console.print(f"the loop has turned as of {until} before: nothing changed")
        return
    with step(f"turning the loop as of {until}"):
        done = actions.run(until, tell=lambda line: console.print(f"  {line}"))
    console.print(f"  {done.sentence}")


def send() -> None:
    """Send what is due, to a sink on this machine."""
    from sterna.desk.contacts.actions import send_due

    with mail_sink(), step("sending what is due: mail to a sink on this machine, letters to a folder"):
        console.print(f"  {send_due(limit=1_000_000)}")


@contextmanager
def mail_sink() -> Iterator[None]:
    """Take the demonstration's mail on this machine, so that nobody outside is written to."""
    from sterna.channels.email import sink
    from sterna.desk.config import options

    with sink.serve(options.home() / "mail") as taking:
        os.environ["STERNA_SMTP_HOST"], os.environ["STERNA_SMTP_PORT"] = taking.host, str(taking.port)
        yield


def put_in_force(plan: Any, reason: str) -> None:
    """Take a loaded plan through its stages and two signatures to its launch, as its people would."""
    from sterna.desk.plans import actions
    from sterna.desk.users.models import User

    manager, technical = (User.objects.get(username=name) for name in (MANAGER, "administrator"))
    for stage in plan.definition.body.get("stages", ()):
        actions.close_stage(plan, stage["id"], manager, stage["proof"])
    actions.submit(plan, manager, reason)
    actions.sign(plan, "marketing", manager, "Goals, messages and volumes read")
    actions.sign(plan, "technical", technical, "Data, capacity and dates read")
    actions.launch(plan, manager, reason)
