"""Imports into the lake and the records: exactly once, typed, under the manifest, with its audit."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Address, Consent, Customer, Fact, SourceRecord
from sterna.desk.lakehouse import queries as lake
from sterna.desk.lakehouse.models import Segment, Version
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources import queries
from sterna.desk.sources.actions import import_files
from sterna.desk.sources.actions import imports as engine
from sterna.desk.sources.received import digest
from tests.desk.sources.shop import GOOD, LINES, SOURCE, Run, csv_text

pytestmark = pytest.mark.django_db


def rows(table: str, columns: str) -> list[tuple]:
    files = [path for path, _ in lake.manifest()[table]]
    return duckdb.sql(f"select {columns} from read_parquet({files}) order by all").fetchall()


def test_a_purchase_is_the_lines_of_one_event(run: Run):
    found = run(csv_text(*GOOD))
    assert (found.rows_read, found.rows_accepted, found.amount) == (3, 3, Decimal("6.75"))
    first, second = digest("shop", "t1").hex(), digest("shop", "t2").hex()
    made = rows(
        "lines", "event_id, line_id, source_record, occurred_at, occurred_on, quantity, amount, currency"
    )
    assert sorted(made) == sorted(
        [
            (
                first,
                "a",
                "shop/card:c1",
                datetime(2017, 1, 5, 15),
                date(2017, 1, 5),
                2,
                Decimal("3.50"),
                "USD",
            ),
            (
                first,
                "b",
                "shop/card:c1",
                datetime(2017, 1, 5, 15),
                date(2017, 1, 5),
                1,
                Decimal("1.25"),
                "USD",
            ),
            (
                second,
                "a",
                "shop/card:c2",
                datetime(2017, 1, 6, 5),
                date(2017, 1, 6),
                1,
                Decimal("2.00"),
                "USD",
            ),
        ]
    )
    segment = Segment.objects.get()
    assert (segment.rows, segment.first_on, segment.last_on) == (3, date(2017, 1, 5), date(2017, 1, 6))
    assert not list(lake.damaged())


@pytest.mark.parametrize(
    ("stamp", "at", "on"),
    [
        ("2017-01-01T04:59:59Z", datetime(2017, 1, 1, 4, 59, 59), date(2016, 12, 31)),
        ("2017-01-01T05:00:00+00:00", datetime(2017, 1, 1, 5), date(2017, 1, 1)),
        ("2017-07-01 23:30", datetime(2017, 7, 2, 3, 30), date(2017, 7, 1)),
        ("2017-01-01T01:00:00.25+02", datetime(2016, 12, 31, 23, 0, 0, 250000), date(2016, 12, 31)),
    ],
)
def test_a_day_is_a_day_of_the_programs_zone(run: Run, stamp: str, at: datetime, on: date):
    run(csv_text(f"c1,t1,a,{stamp},1,1"))
    assert rows("lines", "occurred_at, occurred_on") == [(at, on)]


def test_the_same_file_again_changes_nothing(run: Run, tmp_path: Path):
    first = run(csv_text(*GOOD))
    before = (
        Segment.objects.count(),
        Version.objects.count(),
        Entry.objects.count(),
        Customer.objects.count(),
    )
    done = import_files(mappings.parse(SOURCE + LINES, "map"), tmp_path / "sales.csv")
    assert (done[0].already, done[0].record.id) == (True, first.id)
    assert before == (
        Segment.objects.count(),
        Version.objects.count(),
        Entry.objects.count(),
        Customer.objects.count(),
    )


def test_parts_are_loaded_once_each_and_an_import_goes_on_where_it_was(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
):
    monkeypatch.setattr(engine, "PART_ROWS", 2)
    content = csv_text(*(f"c{i},t{i},a,2017-01-05,1,1.0{i}" for i in range(7)))
    real, calls = engine._advance, []

    def failing(found, tally, at_end, actor):
        calls.append(found.rows_read)
        if len(calls) == 3:
            raise OSError("the disk is gone")
        real(found, tally, at_end, actor)

    monkeypatch.setattr(engine, "_advance", failing)
    with pytest.raises(OSError, match="disk"):
        run(content)
    orphans = len(list((home / "lake").glob("*/*"))) - Segment.objects.count()
    assert (Segment.objects.count(), orphans) == (2, 1)
    found = run(content)
    assert (found.state, found.rows_accepted, found.amount) == ("done", 7, Decimal("7.21"))
    assert sorted(Segment.objects.values_list("origin", flat=True)) == [
        f"import:{found.id}:{a}-{b}" for a, b in ((0, 2), (2, 4), (4, 6), (6, 7))
    ]
    assert len(list((home / "lake").glob("*/*"))) == 4
    assert SourceRecord.objects.count() == 7


def test_two_processes_do_not_both_load_a_part(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "PART_ROWS", 2)
    real = engine._claim

    def overtaken(found, first):
        if first == 2:
            type(found).objects.filter(pk=found.pk).update(rows_read=4)
        real(found, first)

    monkeypatch.setattr(engine, "_claim", overtaken)
    with pytest.raises(Refused, match="by another process"):
        run(csv_text(*(f"c{i},t{i},a,2017-01-05,1,1" for i in range(6))))


def test_unknown_references_are_counted_and_kept(run: Run):
    products = (
        "imports:\n  - {name: p, file: p.csv, into: products, columns: {product_id: id, department: dept}}\n"
    )
    run("id,dept\na,Food\n", products, "p.csv")
    found = run(csv_text(*GOOD), LINES + "    references: {product_id: products}\n")
    assert (found.rows_accepted, found.rows_unmatched) == (3, 1)


def test_another_currency_is_refused_never_converted(run: Run):
    mapping = LINES + "      currency: cur\n"
    found = run(
        "card,till,item,at,pieces,paid,cur\nc,1,a,2017-01-01,1,1,USD\nc,2,a,2017-01-01,1,1,EUR\n", mapping
    )
    refused = queries.refused_rows(found).get()
    assert (refused.line, refused.column, refused.reason) == (3, "cur", "is not USD, the program's currency")


def test_cp1252_semicolons_formats_and_words(run: Run):
    mapping = (
        LINES.replace("sales.csv", "sales.csv\n    delimiter: ;\n    encoding: cp1252").replace(
            "at, zone: America/New_York", "at, zone: UTC, format: '%d.%m.%Y %H:%M'"
        )
        + "      touchpoint: {column: pieces, values: {'1': shop, '2': web}}\n"
    )
    content = "card;till;item;at;pieces;paid\nc;1;Käse;31.01.2017 12:00;1;1\nc;2;Öl;31.01.2017 12:00;3;1\n"
    found = run(content.encode("cp1252"), mapping)
    assert rows("lines", "product_id, touchpoint, occurred_on") == [("Käse", "shop", date(2017, 1, 31))]
    assert queries.refused_rows(found).get().reason == "is none of 1, 2"


def test_json_lines_keep_numbers_exact_and_name_the_line(run: Run):
    good = '{"card": 7, "till": 1, "item": "a", "at": "2017-01-01", "pieces": 1, "paid": 90071992547409.91}'
    found = run(f"{good}\n\nnot json\n{good.replace('1, ', '2, ', 1)}\n", name="sales.jsonl")
    assert found.amount == 2 * Decimal("90071992547409.91")
    assert queries.refused_rows(found).get().line == 3


def test_events_look_their_day_up_in_a_second_file(run: Run, tmp_path: Path):
    mapping = """
imports:
  - name: sent
    file: sent.csv
    into: events
    identify: {kind: card, column: card}
    key: [campaign, card]
    join: {file: campaigns.csv, on: campaign}
    columns:
      {kind: {constant: campaign contact}, direction: {constant: outbound}, occurred_on: start, subject: campaign}
"""
    (tmp_path / "campaigns.csv").write_text("campaign,start\n1,2016-11-14\n2,2017-03-12\n")
    found = run("card,campaign\nc1,1\nc1,2\nc2,3\n", mapping, "sent.csv")
    assert rows("events", "occurred_on, occurred_at, direction, subject, kind") == [
        (date(2016, 11, 14), datetime(2016, 11, 14, 5), "outbound", "1", "campaign contact"),
        (date(2017, 3, 12), datetime(2017, 3, 12, 5), "outbound", "2", "campaign contact"),
    ]
    assert queries.refused_rows(found).get().line == 4


PEOPLE = """
imports:
  - {name: names, file: p.csv, into: facts, identify: {kind: card, column: id}, facts: {name.full: name},
     columns: {observed_on: {constant: 2017-01-01}, purpose: {constant: marketing}}}
  - {name: where, file: p.csv, into: addresses, identify: {kind: card, column: id}, addresses: {email: mail}}
  - {name: may, file: p.csv, into: consents, identify: {kind: card, column: id},
     columns: {said_on: {constant: 2017-01-01}}, consents: [{medium: email, purpose: marketing, column: ok}]}
"""


def test_people_bring_facts_addresses_and_consents_and_nothing_said_is_no_row(run: Run):
    content = "id,name,mail,ok\n1,Ann,ann@x.example,true\n2,Bo,,no\n3,,c@x.example,\n4,Di,not a mail,yes\n"
    for _ in range(2):
        run(content, PEOPLE, "p.csv")
    assert set(Fact.objects.values_list("source_record__value", "fact_class", "value")) == {
        ("1", "name.full", "Ann"), ("2", "name.full", "Bo"), ("4", "name.full", "Di"),
    }  # fmt: skip
    assert set(Address.objects.values_list("address", flat=True)) == {"ann@x.example", "c@x.example"}
    assert sorted(Consent.objects.values_list("granted", flat=True)) == [False, True, True]
    assert Customer.objects.count() == 4


def test_the_programs_zone_is_fixed_by_the_first_import(run: Run, monkeypatch: pytest.MonkeyPatch):
    run(csv_text(*GOOD))
    monkeypatch.setenv("STERNA_TIME_ZONE", "Europe/Berlin")
    with pytest.raises(
        Refused, match="STERNA_TIME_ZONE is 'Europe/Berlin', but the lake was begun with 'America/New_York'"
    ):
        run(csv_text(GOOD[0]))


def test_every_part_leaves_one_audit_line(run: Run):
    found = run(csv_text(*GOOD))
    line = Entry.objects.get(action="imported rows")
    assert (line.subject, line.detail["accepted"], line.key) == (str(found.id), 3, f"import:{found.id}:0-3")
