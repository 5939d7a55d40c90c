"""The page on value in a notebook is run as it stands, and shows what comes out."""

import doctest
import re

import matplotlib
import pytest
from matplotlib import pyplot

from tests.docs.pages import DOCS
from tests.notebook import shop

PAGE = DOCS / "how-to/value-in-a-notebook.md"


@pytest.fixture
def purchases(tmp_path, monkeypatch):
    """The file that the page reads, in the folder where it is run."""
    matplotlib.use("Agg")
    columns = dict(zip(("who", "day", "dollars"), shop.cdnow().values(), strict=True))
    shop.written(tmp_path / "purchases.csv", columns)
    monkeypatch.chdir(tmp_path)
    yield
    pyplot.close("all")


def examples():
    """What stands in the blocks of the page; what is around them is no Python."""
    return "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S))


def test_the_examples_give_what_the_page_says(purchases):
    text = examples()
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) == text.count(">>> ") > 20
    said: list[str] = []
    failed, _ = doctest.DocTestRunner().run(test, out=said.append)
    assert failed == 0, "".join(said)


def test_every_name_of_the_page_is_there():
    from sterna import notebook
    from sterna.notebook import plot

    text = PAGE.read_text(encoding="utf-8")
    for owner, name in re.findall(r"`(book|fitted|plot|notebook)\.(\w+)", text):
        holder = {"book": notebook.Book, "fitted": notebook.Fitted, "plot": plot, "notebook": notebook}[owner]
        assert hasattr(holder, name), f"{owner}.{name}"
