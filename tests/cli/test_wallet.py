"""`sterna wallet`: facts first, peers where the file can tell, unknown else; refused rows named, bad input one line."""

import csv
import json
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engine.value.leaks import leaked

HEADER = "customer,category,amount"


@pytest.fixture
def write(tmp_path):
    def file(name, *lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return file


def answer(said):
    assert said.code == 0, said
    return json.loads(said.out)


def by_customer(told):
    return {row["customer_id"]: row for row in told["wallets"]}


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


MILLIONS = [HEADER, *(f"{name},bonds,1000000.00" for name in ("all", "twentieth", "nobody"))]
FACTS = [
    "customer,wallet,source,confidence,date",
    "all,1000000,adviser,0.9,2024-05-01",
    "twentieth,20000000.00,tax return,1,2024-04-01",
]


def test_R6_one_million_of_one_of_twenty_and_of_nobody_knows_what(sterna, write):
    said = sterna("wallet", write("log.csv", *MILLIONS), "--facts", write("facts.csv", *FACTS), "--json")
    told = answer(said)
    found = by_customer(told)
    assert (found["all"]["share"], found["all"]["headroom"]) == (1.0, "0.00")
    assert (found["twentieth"]["share"], found["twentieth"]["headroom"]) == (0.05, "19000000.00")
    twentieth = found["twentieth"]
    assert (twentieth["source"], twentieth["confidence"], twentieth["as_of"]) == (
        "tax return",
        1.0,
        "2024-04-01",
    )
    nobody = found["nobody"]
    assert (nobody["own"], nobody["mid"], nobody["share"], nobody["source"]) == (
        "1000000.00",
        None,
        None,
        None,
    )
    assert nobody["reason"].startswith("not identifiable: ")
    assert (told["by_facts"], told["by_peers"], told["unknown"]) == (2, 0, 1)
    assert told["ask_first"] == ["nobody"]


def test_R6_the_same_in_sentences(sterna, write):
    said = sterna("wallet", write("log.csv", *MILLIONS), "--facts", write("facts.csv", *FACTS))
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "3 rows of 3 customers in 3 households, of no date: 3,000,000.00 spent"
    assert lines[1] == "wallets: 2 by facts, 0 by peers, 1 unknown"
    assert lines[2].startswith("not identifiable: ")
    assert lines[3] == "headroom of the known: 19,000,000.00 (19,000,000.00 to 19,000,000.00)"
    assert lines[4].endswith("without a fact nothing in the file ranks better than that")
    assert lines[5] == "ask first: nobody"


def simulated(kind, tmp_path):
    """A log of a simulated shop, one row a purchase: what `category_spend` sums, taken apart again."""
    shop = leaked(kind, customers=600, seed=3).rows.to_pylist()
    parts = [
        (row["customer_id"], row["category"], round(float(row["amount"]) / row["lines"], 2))
        for row in shop
        for _ in range(row["lines"])
    ]
    path = tmp_path / f"{kind}.parquet"
    customers, categories, amounts = zip(*parts, strict=True)
    pq.write_table(pa.table({"customer_id": customers, "category": categories, "amount": amounts}), path)
    return path


def test_R6_a_file_that_cannot_tell_says_not_identifiable_and_one_that_can_gives_ranges(sterna, tmp_path):
    trips = answer(sterna("wallet", simulated("trips", tmp_path), "--json"))
    assert trips["verdict"].startswith("not identifiable: ")
    assert trips["unknown"] == trips["customers"] and trips["headroom"] == [None] * 3
    told = answer(sterna("wallet", simulated("categories", tmp_path), "--json"))
    assert told["verdict"] is None and any(one["tells"] for one in told["categories"])
    assert told["by_peers"] > 0.9 * told["customers"]
    low, mid, high = told["headroom"]
    # Not each category tells, and what is bought elsewhere of the others has no upper end.
    assert 0 < float(low) < float(mid) and high is None
    assert 0 < told["beside_own_spend"]["correlation"] < 1
    said = sterna("wallet", simulated("categories", tmp_path))
    assert "categories that tell: g" in said.out and "of the top fifth are the same" in said.out


def test_rows_that_cannot_be_used_are_named_and_the_others_are_counted(sterna, write):
    log = write(
        "log.csv",
        HEADER,
        "ann,meat,10.00",
        ",meat,5.00",
        "ann,meat,a lot",
        "ann,meat,1.005",
        "ann,meat",
        "ann,meat,1,2",
        "ann,meat,NaN",
        "ann,,2.50",
        "ann,meat,-4.00",
    )
    said = sterna("wallet", log, "--json")
    told = answer(said)
    assert (told["rows"], told["rows_refused"], told["own"]) == (9, 6, "8.50")
    assert said.err.splitlines() == [
        "refused log.csv:3: nothing names the customer",
        "refused log.csv:4: amount: 'a lot' is not an amount",
        "refused log.csv:5: amount: '1.005' has more than two decimal places",
        "refused log.csv:6: 2 fields, the header has 3",
        "refused log.csv:7: 4 fields, the header has 3",
        "refused log.csv:8: amount: 'NaN' is outside what an amount can be (±9999999999999999.99)",
    ]
    # What has no category is spent all the same, and no category.
    assert [one["category"] for one in told["categories"]] == ["meat"]


def test_many_refused_rows_are_counted_and_not_all_listed(sterna, write):
    log = write("log.csv", HEADER, "ann,meat,1.00", *["ann,meat,x"] * 25)
    said = sterna("wallet", log)
    assert said.err.splitlines()[-1] == "and 5 more refused rows" and len(said.err.splitlines()) == 21
    assert "25 rows refused" in said.out


def test_the_last_day_is_the_last_of_the_file_or_the_one_told(sterna, write):
    log = write("log.csv", HEADER + ",date", "ann,meat,1.00,2024-01-05", "ann,meat,2.00,2024-03-01")
    told = answer(sterna("wallet", log, "--json"))
    assert (told["as_of"], told["own"], told["rows_later"]) == ("2024-03-01", "3.00", 0)
    told = answer(sterna("wallet", log, "--as-of", "2024-02-29", "--json"))
    assert (told["as_of"], told["own"], told["rows_later"]) == ("2024-02-29", "1.00", 1)
    assert "1 rows are later and left out" in sterna("wallet", log, "--as-of", "2024-02-29").out


def test_a_fact_of_a_later_day_is_not_known_and_one_of_no_day_is(sterna, write):
    log = write("log.csv", HEADER + ",date", "ann,meat,1.00,2024-01-05", "bob,meat,1.00,2024-01-05")
    facts = write("facts.csv", "customer,wallet,date", "ann,10,2024-01-06", "bob,10,")
    found = by_customer(answer(sterna("wallet", log, "--facts", facts, "--json")))
    assert found["ann"]["source"] is None
    assert (found["bob"]["source"], found["bob"]["as_of"], found["bob"]["share"]) == ("facts.csv", None, 0.1)


def test_facts_may_be_bands_open_bands_and_newer_ones(sterna, write):
    log = write("log.csv", HEADER, *(f"{name},meat,100.00" for name in ("band", "open", "newer", "zero")))
    facts = write(
        "facts.csv",
        "customer,low,high,wallet,date",
        "band,200,400,,",
        "open,200,,,",
        "newer,,,500.00,2023-01-01",
        "newer,,,900.00,2024-01-01",
        "newer,,,700.00,2023-06-01",
        "stranger,,,50.00,",
    )
    found = by_customer(answer(sterna("wallet", log, "--facts", facts, "--json")))
    assert [found["band"][name] for name in ("low", "mid", "high", "share")] == [
        "200.00",
        "300.00",
        "400.00",
        1 / 3,
    ]
    assert [found["open"][name] for name in ("low", "mid", "high", "share_high")] == [
        "200.00",
        None,
        None,
        0.5,
    ]
    assert found["newer"]["mid"] == "900.00"
    # Nothing was bought by somebody whose wallet is known: the whole of it is headroom.
    assert (found["stranger"]["own"], found["stranger"]["headroom"]) == ("0.00", "50.00")


def test_facts_that_say_nothing_sure_are_refused_by_row(sterna, write):
    log = write("log.csv", HEADER, "ann,meat,1.00")
    facts = write(
        "facts.csv",
        "customer,wallet,low,high,confidence,date",
        "ann,10,,,,",
        "ann,12,,,,",
        "bob,,,,,",
        "cid,,9,3,,",
        "dan,50,1,3,,",
        "eve,5,,,1.5,",
        "eve,5,,,very,",
        "fay,-5,,,,",
        "fay,5",
        "fay,5,,,,someday",
        ",5,,,,",
    )
    said = sterna("wallet", log, "--facts", facts, "--json")
    assert answer(said)["rows_refused"] == 10
    assert [line.partition(": ")[2] for line in said.err.splitlines()] == [
        "ann has a fact of that day already",
        "nothing says what the wallet holds",
        "the wallet is not between its ends, or below zero",
        "the wallet is not between its ends, or below zero",
        "confidence '1.5' is not between 0 and 1",
        "confidence 'very' is not between 0 and 1",
        "the wallet is not between its ends, or below zero",
        "2 fields, the header has 6",
        "date 'someday' is no day such as 2024-06-30",
        "nothing names the customer",
    ]


def test_R6_households_are_written_beside_the_wallets_and_count_the_unknown(sterna, write, tmp_path):
    log = write("log.csv", HEADER + ",household", "ann,meat,10.00,h1", "bob,meat,10.00,h1", "cid,meat,5.00,")
    facts = write("facts.csv", "customer,wallet", "ann,40")
    said = sterna("wallet", log, "--facts", facts, "--out", tmp_path / "out")
    assert said.out.splitlines()[-1] == f"written: {tmp_path}/out/wallets.csv, {tmp_path}/out/households.csv"
    alone, one = rows(tmp_path / "out/households.csv")
    assert (one["unit"], one["members"], one["unknown"], one["mid"]) == ("h1", "2", "1", "40.00")
    assert (one["own"], one["own_known"], one["share"]) == ("20.00", "10.00", "0.25")
    assert (alone["unit"], alone["reason"]) == ("cid", "the wallet of no member is known")
    assert [row["customer_id"] for row in rows(tmp_path / "out/wallets.csv")] == ["ann", "bob", "cid"]
    told = answer(sterna("wallet", log, "--out", tmp_path / "w.parquet", "--json"))
    assert told["written"] == [str(tmp_path / "w.parquet")] and "wallets" not in told
    assert pq.read_table(tmp_path / "w.parquet").num_rows == 3


def test_other_columns_other_files_and_awkward_names(sterna, write, tmp_path):
    log = write(
        "log.csv", "Kunde;Abteilung;Betrag", "Jürgen 'J' O’Neil;KÜCHE;1.10", "Jürgen 'J' O’Neil;KÜCHE;2.20"
    )
    names = ("--customer", "Kunde", "--category", "Abteilung", "--amount", "Betrag", "--json")
    found = by_customer(answer(sterna("wallet", log, *names)))
    assert found["Jürgen 'J' O’Neil"]["own"] == "3.30"
    typed = tmp_path / "log.parquet"
    columns = {"customer": [7, 7], "department": ["a", None], "spend": [0.1 + 0.2, 5.0]}
    days = [datetime(2024, 1, 1, 12), datetime(2024, 1, 2, 12)]
    pq.write_table(pa.table(columns | {"day": days}), typed)
    told = answer(sterna("wallet", typed, "--json"))
    assert (told["own"], told["as_of"]) == ("5.30", "2024-01-02")
    pq.write_table(pa.table(columns | {"day": pa.array([date(2024, 1, 1)] * 2)}), typed)
    assert answer(sterna("wallet", typed, "--json"))["as_of"] == "2024-01-01"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "log.csv is empty: its first line must name its columns"),
        ([HEADER], "log.csv has no row to learn from: 0 refused, 0 later"),
        ([HEADER, 'ann,"meat,1.00'], "log.csv:2: unexpected end of data"),
        ([HEADER, "ann,meat,x"], "log.csv has no row to learn from: 1 refused, 0 later"),
        (["a,b", "1,2"], "log.csv has no column for customer, category, amount: it has a, b"),
        (
            [HEADER + ",currency", "ann,meat,1,USD", "bob,meat,1,EUR"],
            "log.csv has amounts in EUR, USD: one file, one currency",
        ),
    ],
)
def test_a_file_that_says_nothing_is_refused_in_one_line(sterna, write, lines, said):
    log = write("log.csv", *lines)
    if not lines:
        log.write_text("")
    assert sterna("wallet", log).refusal().endswith(said)


def test_what_does_not_go_together_is_refused_in_one_line(sterna, write, tmp_path):
    log = write("log.csv", HEADER, "ann,meat,1.00")
    assert "has no column Who, given as --customer" in sterna("wallet", log, "--customer", "Who").refusal()
    assert "no dates for --as-of" in sterna("wallet", log, "--as-of", "2024-01-01").refusal()
    facts = write("facts.csv", "customer,colour", "ann,red")
    assert "nothing says what the wallet holds" in sterna("wallet", log, "--facts", facts).refusal()
    assert "gone.csv cannot be read" in sterna("wallet", tmp_path / "gone.csv").refusal()
    assert "gone.parquet cannot be read" in sterna("wallet", tmp_path / "gone.parquet").refusal()
    assert "is no Parquet file" in sterna("wallet", log.rename(tmp_path / "log.parquet")).refusal()
    (tmp_path / "latin.csv").write_bytes("customer,category,amount\nschön,a,1\n".encode("latin-1"))
    assert "is not UTF-8 text" in sterna("wallet", tmp_path / "latin.csv").refusal()
    log = write("log.csv", HEADER, "ann,meat,1.00")
