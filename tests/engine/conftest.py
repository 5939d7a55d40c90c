"""One Spark lake for every test that needs it: a session takes seconds to start."""

from collections.abc import Iterator

import pytest

from sterna.engine.lake import Lake, open_lake


@pytest.fixture(scope="session")
def spark_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("local[2]", tmp_path_factory.mktemp("spark"), memory="1GB") as lake:
        yield lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("module"), memory="1GB") as opened:
        yield opened


@pytest.fixture
def duck_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("duckdb"), memory="1GB") as lake:
        yield lake
