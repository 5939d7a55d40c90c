"""Commands on an installation: they load Django when called, not before."""

import os

from sterna.engine.errors import BadInput


def setup() -> None:
    """Start Django on the installation that STERNA_HOME names; its database is brought up to date first.

    An embedded database is Sterna's own and is migrated without asking; another server's is not: there the operator
    runs `sterna migrate` when it suits them. Raises BadInput when that is due.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sterna.desk.config.settings")
    import django

    django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    from sterna.desk.config import options

    if options.text("STERNA_DATABASE_URL"):
        raise BadInput("the database is older than this version of Sterna: run `sterna migrate`")
    migrate()


def migrate() -> None:
    """Bring the database up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sterna.desk.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
