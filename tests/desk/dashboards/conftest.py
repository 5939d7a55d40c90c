"""A published world for the pages, built once a module by the real actions and only read or rolled back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers.actions import keep_facts
from sterna.desk.customers.models import Customer
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from sterna.desk.sources.actions import import_file
from sterna.desk.sources.mapping import read_mapping
from sterna.desk.sources.models import Import
from sterna.desk.sources.signals import FactsSaid
from sterna.desk.users.models import User
from tests.desk.contacts import ledger
from tests.desk.runs import shop

NOW = "2017-07-01T12:00:00+00:00"
ROLES = ("analyst", "staff", "manager", "administrator")
FORMULA = "=cmd|'/c calc'!A1"


@dataclass(frozen=True)
class World:
    """What the records hold: the customers by number, both runs, a draft, a call, a doubt and an import."""

    customers: dict[str, Customer]
    first: Run
    second: Run
    draft: Plan
    task: Task
    doubt: Contact
    planned: Contact
    imported: Import


@pytest.fixture(scope="module")
def present() -> Iterator[pytest.MonkeyPatch]:
    """The day after the first period, on which its contacts are due."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_NOW", NOW)
        yield patch


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: object, present: pytest.MonkeyPatch, tmp_path_factory: object
) -> Iterator[World]:
    """The world, committed; emptied again after the module."""
    with django_db_blocker.unblock():
        try:
            yield build(tmp_path_factory.mktemp("world"))
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def empty(db: None, present: pytest.MonkeyPatch) -> None:
    """An installation in which nothing has happened yet."""


@pytest.fixture
def log_in(db: None) -> Callable[[str], Client]:
    """A browser in which somebody of the role is logged in: `log_in("analyst")`."""

    def entered(role: str, csrf: bool = False) -> Client:
        user, _ = User.objects.get_or_create(username=role, defaults={"role": role})
        client = Client(enforce_csrf_checks=csrf)
        client.force_login(user)
        return client

    return entered


@pytest.fixture
def analyst(log_in: Callable[[str], Client]) -> Client:
    """Somebody who may read."""
    return log_in("analyst")
