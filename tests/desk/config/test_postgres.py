"""The embedded PostgreSQL: an ordinary role, a home closed to others, the settings given at the start."""

import os
import stat

import pytest
from django.db import connection

from sterna.desk.config import options, postgres
from sterna.engine.lake.files import write_text

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(os.environ.get("STERNA_DATABASE_URL")), reason="another server is used"),
]


def test_the_application_is_no_superuser():
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolcreaterole from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)


def test_the_settings_of_the_first_start_hold():
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('shared_buffers'), current_setting('TimeZone')")
        assert cursor.fetchone() == ("256MB", "UTC")


def test_the_home_is_not_listed_by_others():
    assert options.home().stat().st_mode & 0o077 in (0o000, 0o011)


def test_what_is_written_in_the_home_is_the_operators_alone():
    folder = options.home() / "lake" / "closed"
    write_text(folder / "secret.txt", "who bought what")
    assert stat.S_IMODE((folder / "secret.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_stopping_a_home_without_a_server_does_nothing(tmp_path):
    assert postgres.stop(tmp_path) is False


def test_it_is_postgresql_16_or_newer():
    with connection.cursor() as cursor:
        cursor.execute("show server_version_num")
        assert int(cursor.fetchone()[0]) >= 160_000
