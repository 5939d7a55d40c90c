"""What is tracked can be cloned anywhere: no registry address, no machine path, one floor of Python."""

import re
import tomllib

import pytest

from tests.contracts.source_tree import PACKAGE, ROOT, read, tracked_files

# Assembled from halves, because this file is searched as well.
MACHINE_PATH = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", r"/ho" + r"me/\w+/", r"/Us" + r"ers/\w+/"]))
REGISTRY = re.compile(
    "|".join([r"py" + r"pi\.org", "python" + "hosted", r"npm" + r"js\.", r"/simp" + r"le/?\s"])
)
LOCKS = ("requirements.lock", "requirements-dev.lock")
HASH = "--hash=sha256:"


def texts() -> list[tuple[str, str]]:
    """Path and text of every tracked file that is text and written here."""
    found = []
    for path in tracked_files():
        if "/vendor/" in path:
            continue
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            found.append((path, content.decode("utf-8")))
    return found


@pytest.mark.parametrize("text", ["cd /wo" + "rk/main", "/ro" + "ot/.cache", "/ho" + "me/ann/sterna"])
def test_a_machine_path_is_found(text: str) -> None:
    assert MACHINE_PATH.search(text)


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [path for path, text in texts() if MACHINE_PATH.search(text)] == []


def test_no_file_names_a_package_registry() -> None:
    assert REGISTRY.search("https://py" + "pi.org/project")
    assert [path for path, text in texts() if REGISTRY.search(text)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_addresses(lock: str) -> None:
    text = read(lock)
    assert not re.search(r"https?://", text)
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert len(packages) > 20
    assert [package.split()[0] for package in packages if HASH not in package] == []


def test_the_runtime_lock_is_part_of_the_development_lock() -> None:
    runtime, development = (set(re.findall(r"^([a-z0-9][^ ;]+==[^ ;]+)", read(lock), re.M)) for lock in LOCKS)
    assert runtime - development == set()


def test_no_lock_of_another_tool_is_tracked() -> None:
    assert {path.rsplit("/", 1)[-1] for path in tracked_files()} & {
        "uv.lock",
        "poetry.lock",
        "Pipfile.lock",
    } == set()


def test_no_package_costs_gigabytes() -> None:
    heavy = re.compile(r"^(torch|tensorflow|jax|nvidia-[a-z-]+)==", re.M)
    assert heavy.search("torch==2.9.0")
    assert [lock for lock in LOCKS if heavy.search(read(lock))] == []


def test_one_floor_of_python_everywhere() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert 'target-version = "py311"' in read("ruff.toml")
    assert "python_version = 3.11" in read("mypy.ini")
    assert "--python-version 3.11" in read("Makefile")


def test_the_licence_is_apache_2() -> None:
    text = read("LICENSE")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_what_is_vendored_brings_its_licence() -> None:
    vendor = PACKAGE / "desk/web/static/vendor"
    folders = [path for path in vendor.iterdir() if path.is_dir()]
    assert folders, "no vendored folder found"
    assert [path.name for path in folders if not list(path.glob("LICEN[CS]E*"))] == []
