"""The page on simulated customers is run as it stands, and names the files that are written."""

import doctest
import re

from tests.docs.pages import DOCS

PAGE = DOCS / "how-to/simulated-customers.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_give_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.S))
    test = doctest.DocTestParser().get_doctest(examples, {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) == examples.count(">>> ") > 15
    said: list[str] = []
    failed, _ = doctest.DocTestRunner().run(test, out=said.append)
    assert failed == 0, "".join(said)
    # The table names every file of the town, and no other.
    told = set(
        re.findall(r"`([a-z_]+)`", "\n".join(line for line in TEXT.splitlines() if line.startswith("| `")))
    )
    assert told == {path.stem for path in (tmp_path / "town").glob("*.parquet")}


def test_every_name_of_the_page_is_at_the_door():
    from sterna.engine import simulation

    for name in re.findall(
        r"`(\w+)`", TEXT[TEXT.index("The shop without its town") : TEXT.index("## A private")]
    ):
        assert name in simulation.__all__, name
