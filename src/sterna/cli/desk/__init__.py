"""Commands on an installation: they load Django when called, not before."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sterna.engine.errors import BadInput


def setup() -> None:
    """Start Django on the installation that STERNA_HOME names; its database is brought up to date first.

    An embedded database is Sterna's own and is migrated without asking; another server's is not: there the operator
    runs `sterna migrate` when it suits them. Raises BadInput when that is due, or the database does not answer.
    """
    start_django()
    if not is_behind():
        return
    from sterna.desk.config import options

    if options.text("STERNA_DATABASE_URL"):
        raise BadInput("the database is older than this version of Sterna: run `sterna migrate`")
    migrate()


def migrate() -> None:
    """Bring the database up to date. Raises BadInput when it does not answer."""
    start_django()
    from django.core.management import call_command

    with _answering():
        call_command("migrate", verbosity=0, interactive=False)


def start_django() -> None:
    """Load the settings, which start an embedded database; its tables are left as they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sterna.desk.config.settings")
    import django

    django.setup()


def is_behind() -> bool:
    """Whether the database lacks tables or columns that this version of Sterna has."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with _answering():
        executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextmanager
def _answering() -> Iterator[None]:
    from django.db import OperationalError

    try:
        yield
    except OperationalError as error:
        raise BadInput(f"the database does not answer: {error}") from error
