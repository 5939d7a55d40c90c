"""The manner of the code is kept, and each rule is shown to find a planted fault and to spare good code."""

import statistics

import pytest

from tests.contracts import code_rules
from tests.contracts.source_tree import Module, Rule, code_lines, files_under, findings, modules, read

EVERYWHERE = ("src", "tests", "bench")
WRITTEN = (".py", ".sql", ".css", ".js", ".html", ".yaml", ".toml", ".sh", ".mjml", ".typ")

PLANTED: list[tuple[Rule, str, int]] = [
    (code_rules.long_file, "x = 1\n" * 501, 1),
    (code_rules.long_file, "x = 1\n" * 500, 0),
    (code_rules.unannotated_arguments, "def f(a, b: int, *c, d=1, **e): ...", 4),
    (code_rules.unannotated_arguments, "class A:\n    def f(self, a: int, *b: int, **c: int): ...", 0),
    (code_rules.missing_purpose, "x = 1", 1),
    (code_rules.missing_purpose, '"""No sentence"""\nx = 1', 1),
    (code_rules.missing_purpose, '"""One sentence."""\nx = 1', 0),
    (code_rules.missing_purpose, "", 0),
    (code_rules.broad_excepts, "try:\n    f()\nexcept Exception:\n    pass", 1),
    (code_rules.broad_excepts, "try:\n    f()\nexcept:\n    pass", 1),
    (code_rules.broad_excepts, "try:\n    f()\nexcept (ValueError, BaseException):\n    pass", 1),
    (code_rules.broad_excepts, "import contextlib\nwith contextlib.suppress(Exception):\n    f()", 1),
    (code_rules.broad_excepts, "try:\n    f()\nexcept (ValueError, OSError):\n    pass", 0),
    (code_rules.evaluated_text, "eval('1')\nexec('x = 1')", 2),
    (code_rules.evaluated_text, "import pickle\npickle.loads(b'')", 1),
    (code_rules.evaluated_text, "import re\nre.compile('x')", 0),
]


@pytest.mark.parametrize(("rule", "text", "count"), PLANTED)
def test_a_rule_finds_what_was_planted(rule: Rule, text: str, count: int) -> None:
    assert len(rule(Module.of("src/sterna/engine/planted.py", text))) == count


def test_only_a_task_may_catch_everything() -> None:
    text = (
        "@app.task(queue='runs')\ndef night():\n    try:\n        f()\n    except Exception:\n        log()\n"
    )
    assert code_rules.broad_excepts(Module.of("src/sterna/desk/runs/tasks.py", text)) == []
    assert len(code_rules.broad_excepts(Module.of("src/sterna/desk/runs/views.py", text))) == 1
    untasked = text.replace("@app.task(queue='runs')\n", "")
    assert len(code_rules.broad_excepts(Module.of("src/sterna/desk/runs/tasks.py", untasked))) == 1


def test_code_lines_leave_out_docstrings_comments_and_blank_lines() -> None:
    text = '''
def f(
    a: int,
) -> str:
    """One.

    Two.
    """
    # a comment
    x = """text
    that is code"""

    return x * a  # code too
'''
    module = Module.of("planted.py", text)
    assert len(code_lines(module)) == 6
    assert code_rules.function_sizes(module) == [("planted.py:2: f", 6)]


def test_functions_are_short() -> None:
    sizes = sorted(
        (size, name) for module in modules("src") for name, size in code_rules.function_sizes(module)
    )
    counts = [size for size, _ in sizes]
    longest = "\n".join(f"{size} {name}" for size, name in sizes[-15:])
    assert statistics.median(counts) <= 8, longest
    assert counts[int(len(counts) * 0.9)] <= 30, longest
    assert sum(size > 50 for size in counts) <= 0.02 * len(counts), longest


def test_no_file_is_over_500_lines() -> None:
    assert findings(code_rules.long_file, *EVERYWHERE) == []


def test_every_argument_has_a_type() -> None:
    assert findings(code_rules.unannotated_arguments, "src", "bench") == []


def test_every_module_says_what_it_is_for() -> None:
    assert findings(code_rules.missing_purpose, *EVERYWHERE) == []


def test_broad_excepts_stand_only_at_a_workers_edge() -> None:
    assert findings(code_rules.broad_excepts, "src", "bench") == []


def test_nothing_evaluates_text() -> None:
    assert findings(code_rules.evaluated_text, "src", "bench") == []


def test_no_module_has_a_vague_name() -> None:
    assert code_rules.vague_names("src/sterna/helpers/utils.py") != []
    paths = [path for folder in EVERYWHERE for path in files_under(folder, ".py")]
    assert [found for path in paths for found in code_rules.vague_names(path)] == []


@pytest.mark.parametrize(
    "line", ["# -----", "# ===== Part two", "# Part two ------", "-- *****", "/* ==== */"]
)
def test_a_banner_is_found(line: str) -> None:
    assert code_rules.banners("planted.py", line) != []


@pytest.mark.parametrize("line", ["# a - b", "-- makes: value", "#!/bin/sh", "x = 1  # why -> because"])
def test_a_comment_is_no_banner(line: str) -> None:
    assert code_rules.banners("planted.py", line) == []


def test_unfinished_work_names_its_issue() -> None:
    word = "TO" + "DO"
    assert code_rules.unfinished("planted.py", f"# {word}: later") != []
    assert code_rules.unfinished("planted.py", f"# {word}(#12): later") == []


def test_there_are_no_banners_and_no_unfinished_work() -> None:
    paths = [path for folder in (*EVERYWHERE, "examples") for path in files_under(folder, *WRITTEN)]
    planted = {"tests/contracts/test_code.py"}
    texts = [(path, read(path)) for path in paths if path not in planted]
    assert [found for path, text in texts for found in code_rules.banners(path, text)] == []
    assert [found for path, text in texts for found in code_rules.unfinished(path, text)] == []


def count_code(folder: str) -> int:
    """Lines of Python and SQL that are neither blank, comment nor docstring."""
    sql = [line.strip() for path in files_under(folder, ".sql") for line in read(path).splitlines()]
    python = sum(len(code_lines(module)) for module in modules(folder))
    return python + sum(bool(line) and not line.startswith("--") for line in sql)


def test_the_tests_are_at_least_as_long_as_the_code() -> None:
    code, tests = count_code("src"), count_code("tests")
    assert tests >= code, f"src has {code} lines of code, tests only {tests}"
