"""The published world for the pages, built once a module, and people who look at it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

# Django's models can be imported inside the fixtures only: its settings are not ready when this file is read.

NOW = "2017-07-01T12:00:00+00:00"


@pytest.fixture(scope="module")
def present() -> Iterator[pytest.MonkeyPatch]:
    """The day after the first period, on which its contacts are due."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_NOW", NOW)
        yield patch


@contextmanager
def committed(django_db_blocker: Any, build: Callable[[], Any]) -> Iterator[Any]:
    """What `build` makes, committed; the tests roll back what they do, and the module empties it at its end."""
    with django_db_blocker.unblock():
        made = build()
    yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def world(
    django_db_setup: None,
    django_db_blocker: Any,
    present: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    """The world of most pages."""
    from tests.desk.dashboards import house

    with committed(django_db_blocker, lambda: house.build(tmp_path_factory.mktemp("world"))) as made:
        yield made


@pytest.fixture(scope="module")
def placed(django_db_setup: None, django_db_blocker: Any, present: pytest.MonkeyPatch) -> Iterator[Any]:
    """The shop alone, whose runs placed everybody in segments and stages."""
    from tests.desk.dashboards import ruled

    with committed(django_db_blocker, ruled.build) as made:
        yield made


@pytest.fixture
def log_in(db: None) -> Callable[..., Client]:
    """A browser in which somebody of the role is logged in: `log_in("analyst")`."""
    from sterna.desk.users.models import User

    def entered(role: str, csrf: bool = False) -> Client:
        user, _ = User.objects.get_or_create(username=role, defaults={"role": role})
        client = Client(enforce_csrf_checks=csrf)
        client.force_login(user)
        return client

    return entered


@pytest.fixture
def analyst(log_in: Callable[..., Client]) -> Client:
    """Somebody who may read."""
    return log_in("analyst")
