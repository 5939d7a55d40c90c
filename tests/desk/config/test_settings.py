"""Django's settings: another server's URL read as libpq reads it, a secret kept for good, every job known."""

import stat
from pathlib import Path

import pytest
from procrastinate.contrib.django import app

from sterna.desk.config import options, settings
from sterna.engine.errors import BadInput

DESK = Path(settings.__file__).parents[1]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgresql://ann:pw@db.example:5433/sterna",
            {"HOST": "db.example", "PORT": "5433", "NAME": "sterna", "USER": "ann", "PASSWORD": "pw"},
        ),
        # What a password may hold is percent-encoded in a URL: p@ss/w:rd
        (
            "postgres://ann%40ops:p%40ss%2Fw%3Ard@[::1]/sterna",
            {"HOST": "::1", "PORT": "", "USER": "ann@ops", "PASSWORD": "p@ss/w:rd"},
        ),
        ("postgresql://%2Frun%2Fpg/sterna", {"HOST": "/run/pg", "USER": "", "PASSWORD": "", "OPTIONS": {}}),
        (
            "postgresql://db.example/sterna?sslmode=verify-full&connect_timeout=5",
            {"HOST": "db.example", "OPTIONS": {"sslmode": "verify-full", "connect_timeout": "5"}},
        ),
    ],
)
def test_a_url_is_taken_apart_and_what_it_asks_for_is_kept(url, wanted):
    made = settings._another_server(url)
    assert {name: made[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:topsecret@db/sterna",
        "postgresql://ann:topsecret@db:port/sterna",
        "postgresql://ann:topsecret@db:5432/",
        "postgresql://ann:topsecret@db/sterna?color=red",
        "dbname=sterna password=topsecret",
        "topsecret",
    ],
)
def test_a_url_that_is_none_is_refused_without_saying_the_password(url):
    with pytest.raises(BadInput, match="STERNA_DATABASE_URL is not of the form postgresql://") as refused:
        settings._another_server(url)
    assert "topsecret" not in str(refused.value)


def test_the_secret_is_made_once_and_for_the_operator_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "HOME", tmp_path / "home")
    made = settings._secret()
    kept = tmp_path / "home" / "secret"
    assert len(made) >= 50 and settings._secret() == made == kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    monkeypatch.setenv("STERNA_SECRET_KEY", "given")
    assert settings._secret() == "given" and kept.read_text() == made


def test_a_worker_loads_the_jobs_of_every_app_and_of_no_other():
    there = {f"sterna.desk.{path.parent.name}.tasks" for path in DESK.glob("*/tasks.py")}
    assert set(app.import_paths) == there and len(there) >= 3


def test_the_home_is_absolute_whatever_way_it_is_written(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for written, meant in ((".sterna/x", ".sterna/x"), ("~/y", "y"), ("a/../b", "b"), (" c ", "c")):
        monkeypatch.setenv("STERNA_HOME", written)
        assert options.home() == tmp_path.resolve() / meant
