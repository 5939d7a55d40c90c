"""The engine is pure: no clock, no chance, no file but through the lake; its steps hold their columns."""

import pytest

from tests.contracts import engine_rules
from tests.contracts.source_tree import Module, Rule, files_under, findings

PLANTED: list[tuple[Rule, str, int]] = [
    (engine_rules.clocks, "from datetime import datetime\nx = datetime.now()", 1),
    (engine_rules.clocks, "import datetime\nx = datetime.date.today()", 1),
    (engine_rules.clocks, "from datetime import datetime\nx = datetime.utcnow()", 1),
    (engine_rules.clocks, "import time\nx = time.time()", 1),
    (engine_rules.clocks, "from time import time", 1),
    (engine_rules.clocks, "from dataclasses import field\nx = field(default_factory=datetime.now)", 1),
    (engine_rules.clocks, "import time\nx = time.perf_counter()", 0),
    (engine_rules.chance, "import random\nx = random.random()", 1),
    (engine_rules.chance, "import uuid\nx = uuid.uuid4()", 1),
    (engine_rules.chance, "import numpy as np\nx = np.random.default_rng()", 1),
    (engine_rules.chance, "import numpy as np\nx = np.random.normal()", 1),
    (engine_rules.chance, "import numpy as np\nx = np.random.default_rng(7)", 0),
    (engine_rules.files, "x = open('a')", 1),
    (engine_rules.files, "from pathlib import Path\nx = Path('a').read_text()", 1),
    (engine_rules.files, "x = 'a'.upper()", 0),
    (engine_rules.files, "from sterna.engine.lake import files\nfiles.write_text(a, b)", 0),
    (engine_rules.files, "from elsewhere import files\nfiles.write_text(a, b)", 1),
    (engine_rules.url_requests, "import urllib.request", 1),
    (engine_rules.url_requests, "from urllib import request", 1),
    (engine_rules.url_requests, "from urllib.request import urlopen", 1),
    (engine_rules.url_requests, "from urllib.parse import quote", 0),
    (engine_rules.errors_outside_the_tree, "class Odd(ValueError): ...", 1),
    (engine_rules.errors_outside_the_tree, "class Even: ...", 0),
]


@pytest.mark.parametrize(("rule", "text", "count"), PLANTED)
def test_a_rule_finds_what_was_planted(rule: Rule, text: str, count: int) -> None:
    assert len(rule(Module.of("src/sterna/engine/value/planted.py", text))) == count


def test_the_lake_may_touch_files() -> None:
    assert engine_rules.files(Module.of("src/sterna/engine/lake/local.py", "x = open('a')")) == []


def test_the_engine_reads_no_clock() -> None:
    assert findings(engine_rules.clocks, "src/sterna/engine") == []


def test_the_engine_leaves_nothing_to_chance() -> None:
    assert findings(engine_rules.chance, "src/sterna/engine") == []


def test_only_the_lake_touches_files() -> None:
    assert findings(engine_rules.files, "src/sterna/engine") == []


def test_the_engine_asks_nothing_of_the_network() -> None:
    assert findings(engine_rules.url_requests, "src/sterna/engine") == []


def test_errors_are_one_tree() -> None:
    assert findings(engine_rules.errors_outside_the_tree, "src/sterna/engine") == []


def test_every_step_loads_and_its_columns_check() -> None:
    from sterna.engine.steps import check_all

    assert files_under("src/sterna/engine", ".sql"), "the engine has no step at all"
    assert check_all() == []
