"""The desk writes only in actions, reads settings in one place and asks only what its database can do."""

import re

import pytest

from tests.contracts import desk_rules
from tests.contracts.source_tree import Module, Rule, files_under, findings, read

PLANTED: list[tuple[Rule, str, int]] = [
    (desk_rules.writes_outside_actions, "plan.save()", 1),
    (desk_rules.writes_outside_actions, "form.save(commit=False)", 1),
    (desk_rules.writes_outside_actions, "Plan.objects.create(name='a')", 1),
    (desk_rules.writes_outside_actions, "Plan.objects.filter(a=1).exclude(b=2).update(c=3)", 1),
    (desk_rules.writes_outside_actions, "Plan.objects.bulk_create(rows)", 1),
    (desk_rules.writes_outside_actions, "Plan.objects.get_or_create(name='a')", 1),
    (desk_rules.writes_outside_actions, "plan.delete()", 1),
    (desk_rules.writes_outside_actions, "cursor.execute('INSERT INTO plan VALUES (1)')", 1),
    (desk_rules.writes_outside_actions, "cursor.execute('with a as (select 1) delete from plan')", 1),
    (desk_rules.writes_outside_actions, "cursor.execute(f'update {table} set a = 1')", 1),
    (desk_rules.writes_outside_actions, "cursor.copy(sql.SQL('copy plan (a) from stdin'))", 1),
    (desk_rules.writes_outside_actions, "cursor.execute('select * from update_log')", 0),
    (desk_rules.writes_outside_actions, "cursor.copy('copy (select 1) to stdout')", 0),
    (desk_rules.writes_outside_actions, "{}.update(a=1)\nhash.update(b'')", 0),
    (desk_rules.writes_outside_actions, "Plan.objects.filter(a=1).values('b')", 0),
    (desk_rules.writes_outside_actions, "import duckdb\nc.execute('insert into t select 1')", 0),
    (
        desk_rules.writes_outside_actions,
        "import duckdb\nimport psycopg\nc.execute('insert into t select 1')",
        1,
    ),
    (desk_rules.writes_outside_actions, "import duckdb\nfrom django.db import connection\nx.save()", 1),
    (desk_rules.environment_reads, "import os\nx = os.environ['A']", 1),
    (desk_rules.environment_reads, "import os\nx = os.environ.get('A')", 1),
    (desk_rules.environment_reads, "import os\nx = os.getenv('A')", 1),
    (desk_rules.environment_reads, "import os\nos.environ.setdefault('A', 'b')\nx = {**os.environ}", 0),
    (desk_rules.other_databases, "ENGINE = 'django.db.backends." + "sql" + "ite3'", 1),
    (desk_rules.other_databases, "x = 'create extension btree_gist'", 1),
    (desk_rules.other_databases, "ENGINE = 'django.db.backends.postgresql'", 0),
    (desk_rules.money_as_float, "class A:\n    unit_cost = models.FloatField()", 1),
    (desk_rules.money_as_float, "class A:\n    p_alive = models.FloatField()", 0),
    (desk_rules.tenants, "tenant_id = 1", 1),
    (desk_rules.tenants, "program = 1", 0),
]


@pytest.mark.parametrize(("rule", "text", "count"), PLANTED)
def test_a_rule_finds_what_was_planted(rule: Rule, text: str, count: int) -> None:
    assert len(rule(Module.of("src/sterna/desk/plans/views.py", text))) == count


@pytest.mark.parametrize(
    "path", ["actions.py", "actions/approve.py", "models.py", "management/commands/load.py"]
)
def test_actions_and_models_may_write(path: str) -> None:
    module = Module.of(f"src/sterna/desk/plans/{path}", "plan.save()")
    assert desk_rules.writes_outside_actions(module) == []


def test_records_are_written_in_actions_only() -> None:
    assert findings(desk_rules.writes_outside_actions, "src/sterna/desk") == []


def test_settings_are_read_in_one_place() -> None:
    assert findings(desk_rules.environment_reads, "src") == []


def test_there_is_one_database_dialect() -> None:
    assert findings(desk_rules.other_databases, "src/sterna/desk") == []


def test_money_is_never_a_float_in_the_records() -> None:
    assert findings(desk_rules.money_as_float, "src/sterna/desk") == []


def test_one_installation_serves_one_program() -> None:
    assert findings(desk_rules.tenants, "src") == []


FETCHED = re.compile(r"""<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=\s*["']?(https?:)?//""", re.I)


def test_pages_fetch_nothing_from_elsewhere() -> None:
    assert FETCHED.search('<script defer src="https://cdn.example.com/a.js">')
    templates = files_under("src/sterna/desk", ".html", ".js", ".css")
    assert [path for path in templates if FETCHED.search(read(path))] == []
