"""Which engine a setting opens, and which texts a document may bring in from beside itself."""

import sys
from pathlib import Path

import pytest

from sterna.engine.errors import BadInput, Unsupported
from sterna.engine.lake import open_lake
from sterna.engine.lake.beside import Beside, text_of


@pytest.mark.parametrize(
    "name", ["", "DuckDB", "duckdb ", "localhost", "locally", "local[]", "local[two]", "spark://", "yarn"]
)
def test_a_setting_that_names_no_engine_is_refused_before_anything_starts(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unsupported) as refused:
        open_lake(name, tmp_path / "scratch")
    assert str(refused.value) == f"no lake engine {name!r}: use duckdb, spark://HOST:PORT or local[N]"
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("name", ["local", "local[2]", "local[*]", "spark://host:7077"])
def test_without_the_package_of_spark_the_extra_to_install_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delitem(sys.modules, "sterna.engine.lake.spark", raising=False)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(Unsupported, match=r"needs the extra sterna\[spark\]"):
        open_lake(name, tmp_path)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    (folder / "messages").mkdir(parents=True)
    (folder / "messages" / "hello.txt").write_text("Guten Tag, {{ name }} — schön!", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("not for the plan")
    return folder


@pytest.mark.parametrize(
    "name", ["messages/hello.txt", "./messages/hello.txt", "messages/../messages/hello.txt"]
)
def test_a_text_beside_the_plan_is_read_as_it_is(plan: Path, name: str) -> None:
    assert Beside(plan)(name) == "Guten Tag, {{ name }} — schön!"


@pytest.mark.parametrize("name", ["../secret.txt", "messages/../../secret.txt", "/etc/passwd", "out.txt"])
def test_a_text_outside_the_folder_of_the_plan_is_refused_however_it_is_reached(
    plan: Path, name: str
) -> None:
    (plan / "out.txt").symlink_to(plan.parent / "secret.txt")
    with pytest.raises(BadInput) as refused:
        Beside(plan)(name)
    assert str(refused.value) == f"{name} is outside the folder of the plan"


@pytest.mark.parametrize("name", ["gone.txt", "messages", "latin.txt", "round.txt", "a\0b", "x" * 300])
def test_a_text_that_cannot_be_read_is_refused_and_never_a_crash(plan: Path, name: str) -> None:
    (plan / "latin.txt").write_bytes("schön".encode("latin-1"))
    (plan / "round.txt").symlink_to(plan / "round.txt")
    with pytest.raises(BadInput, match="cannot be read"):
        Beside(plan)(name)


def test_a_folder_that_is_itself_a_link_is_still_the_folder_of_the_plan(plan: Path) -> None:
    (plan.parent / "link").symlink_to(plan)
    assert Beside(plan.parent / "link")("messages/hello.txt").startswith("Guten Tag")


def test_a_plan_given_as_text_can_name_no_file() -> None:
    with pytest.raises(BadInput, match=r"put the text of hello\.txt in its place"):
        Beside(None)("hello.txt")


def test_a_document_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^plan\.yaml cannot be read"):
        text_of(tmp_path / "plan.yaml")
