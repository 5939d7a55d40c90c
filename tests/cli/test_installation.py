"""Commands where the installation is at fault: one line that names the setting or the file, and no traceback."""

import socket
from urllib.parse import quote

import psycopg
import pytest

from sterna.desk.config import options, postgres
from tests.cli.conftest import process

NOBODY = "postgresql://sterna:secret@127.0.0.1:1/sterna"


@pytest.mark.parametrize("words", [("migrate",), ("serve",)], ids=" ".join)
def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path, words):
    said = process(tmp_path / "home", *words, STERNA_DATABASE_URL=NOBODY).refusal()
    assert said.startswith("the database does not answer: ") and "127.0.0.1" in said and "secret" not in said


def test_a_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "home").write_text("not a folder")
    assert str(tmp_path / "home") in process(tmp_path / "home", "migrate").refusal()
    assert (tmp_path / "home").read_text() == "not a folder"


def test_a_setting_that_is_wrong_is_named(tmp_path):
    others = {"STERNA_DATABASE_URL": NOBODY, "STERNA_TIME_ZONE": "Mars/Olympus"}
    said = process(tmp_path / "home", "migrate", **others).refusal()
    assert said == "setting STERNA_TIME_ZONE: no time zone 'Mars/Olympus'"


@pytest.mark.parametrize("value", ["8000", "localhost:", "localhost:http", "127.0.0.1:0", "127.0.0.1:65536"])
def test_an_address_that_is_none_is_refused(monkeypatch, value):
    from sterna.cli.desk import server

    monkeypatch.setenv("STERNA_ADDRESS", value)
    with pytest.raises(server.BadInput, match=f"setting STERNA_ADDRESS is '{value}', not host:port"):
        server.address()


def test_an_address_that_another_process_has_is_refused_before_anything_is_started():
    from sterna.cli.desk import server

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(server.BadInput, match=f"127.0.0.1:{port} cannot be had: Address already in use"):
            server._require_free("127.0.0.1", port)
    server._require_free("127.0.0.1", port)


def test_stopping_where_nothing_runs_says_so_and_makes_no_home(tmp_path):
    told = process(tmp_path / "home", "stop")
    assert (told.code, told.out) == (0, "nothing was running\n") and not (tmp_path / "home").exists()


@pytest.mark.django_db
def test_a_database_of_ones_own_is_not_migrated_unasked(tmp_path):
    at = postgres.start(options.home())
    url = f"postgresql://{at['USER']}@{quote(at['HOST'], safe='')}:{at['PORT']}/behind"
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("create database behind")
        try:
            said = process(tmp_path / "home", "send", STERNA_DATABASE_URL=url).refusal()
            assert said == "the database is older than this version of Sterna: run `sterna migrate`"
            tables = "select count(*) from pg_tables where schemaname = 'public'"
            with psycopg.connect(url) as behind:
                assert behind.execute(tables).fetchone() == (0,), "nothing was made unasked"
        finally:
            connection.execute("drop database behind with (force)")
