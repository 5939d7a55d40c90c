"""The CDNOW sample as a book and its model, and pictures that are closed after each test."""

from collections.abc import Iterator

import matplotlib
import pytest
from matplotlib import pyplot

from sterna import notebook
from sterna.notebook import Book, Fitted
from tests.cli.conftest import sterna  # noqa: F401
from tests.notebook import shop

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def book() -> Iterator[Book]:
    """The 78 weeks of CDNOW."""
    with notebook.read(shop.cdnow(), as_of="1998-06-30") as read:
        yield read


@pytest.fixture(scope="session")
def fitted(book: Book) -> Fitted:
    """BG/NBD on it."""
    return book.fit("bg-nbd")


@pytest.fixture(autouse=True)
def closed_pictures() -> Iterator[None]:
    yield
    pyplot.close("all")
