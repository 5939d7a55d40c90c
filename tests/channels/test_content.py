"""Liquid with limits and escaping, and facts with fallback and age (R23)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.channels.base import ContentError, Field
from sterna.channels.content import (
    Use,
    environment,
    fill,
    lint_fields,
    lint_liquid,
    lint_uses,
    personal_context,
)

AS_OF = date(2024, 6, 30)
TOWN = {"name": "town", "class": "home.town", "max_age_days": 90, "fallback": "your town"}


@pytest.mark.parametrize(
    ("facts", "value", "reason", "observed_on"),
    [
        ({"home.town": ("Ghent", date(2024, 6, 30))}, "Ghent", "fact", date(2024, 6, 30)),
        ({"home.town": ("Ghent", date(2024, 4, 1))}, "Ghent", "fact", date(2024, 4, 1)),
        ({"home.town": ("Ghent", date(2024, 3, 31))}, "your town", "stale", date(2024, 3, 31)),
        ({"home.town": ("Ghent", date(2024, 7, 1))}, "your town", "later", date(2024, 7, 1)),
        ({"home.town": (None, date(2024, 6, 1))}, "your town", "missing", None),
        ({"home.street": ("x", date(2024, 6, 1))}, "your town", "missing", None),
        ({}, "your town", "missing", None),
    ],
    ids=["today", "90 days old", "91 days old", "not known yet", "unknown value", "another class", "nothing"],
)
def test_R23_a_fact_is_used_only_while_it_is_known_and_fresh(
    facts: dict[str, tuple[Any, date]], value: str, reason: str, observed_on: date | None
) -> None:
    values, (used,) = personal_context(facts, [TOWN], AS_OF)
    assert values == {"town": value}
    assert (used.value, used.reason, used.observed_on) == (value, reason, observed_on)


def test_R23_the_reason_can_be_read() -> None:
    facts = {"home.town": ("Ghent", date(2024, 1, 1)), "visits": (0, date(2024, 6, 1))}
    uses: list[Any] = [TOWN, Use("visits", "visits", None, 1), Use("pet", "home.pet", 10, None)]
    view = personal_context(facts, uses, AS_OF)
    assert view.values == {"town": "your town", "visits": 0, "pet": None}
    assert [each.sentence() for each in view.used] == [
        "town = 'your town': fallback, what is known is of 2024-01-01, over 90 days old",
        "visits = 0: observed on 2024-06-01",
        "pet = None: fallback, nothing is known",
    ]


def test_R23_a_fact_without_a_limit_does_not_age() -> None:
    use = {"name": "birthday", "class": "birthday", "fallback": ""}
    view = personal_context({"birthday": ("3 May", date(1990, 1, 1))}, [use], AS_OF)
    assert view.values == {"birthday": "3 May"}


@given(age=st.integers(-400, 400), limit=st.integers(0, 365))
def test_R23_law_of_staleness(age: int, limit: int) -> None:
    observed = date.fromordinal(AS_OF.toordinal() - age)
    view = personal_context({"c": ("v", observed)}, [Use("n", "c", limit, "f")], AS_OF)
    assert (view.values["n"] == "v") == (0 <= age <= limit)


def test_R23_a_use_without_a_fallback_is_a_finding_and_refused() -> None:
    use = {"name": "town", "class": "home.town"}
    (finding,) = lint_uses([use])
    assert finding.startswith("uses: town has no fallback")
    with pytest.raises(ContentError, match="town: a fallback is missing"):
        personal_context({}, [use], AS_OF)


def test_R23_a_fallback_of_nothing_is_a_fallback() -> None:
    assert lint_uses([{"name": "town", "class": "home.town", "fallback": None}]) == ()


def test_R23_lint_of_declarations() -> None:
    findings = lint_uses(
        [
            TOWN,
            TOWN,
            {"name": "a b", "class": "x", "fallback": 0},
            {"class": "x"},
            {**TOWN, "name": "t", "max_age_days": -1},
        ],
        [{"text": "{{ facts.town }}\n{{ facts.pet }}", "subject": "{% if facts['age'] > 3 %}{% endif %}"}],
    )
    expected = [
        "required field `name`",
        "'a b' cannot be written in Liquid",
        "t has max_age_days -1",
        "town is declared twice",
        "text: line 2 reads facts.pet",
        "subject: line 1 reads facts.age",
    ]
    assert len(findings) == len(expected)
    assert all(words in finding for words, finding in zip(expected, findings, strict=True))


def test_markup_escapes_and_text_does_not() -> None:
    context = {"name": '<b>O\'Neil & "Co"</b>'}
    assert fill("f", "{{ name }}", context) == '<b>O\'Neil & "Co"</b>'
    assert fill("f", "{{ name }}", context, markup=True) == "&lt;b&gt;O&#39;Neil &amp; &#34;Co&#34;&lt;/b&gt;"


@pytest.mark.parametrize("name", sorted(environment(True).filters))
@pytest.mark.parametrize(
    "hostile", ["<script>", "%3Cscript%3E", "PHNjcmlwdD4=", "&lt;script&gt;", ["<script>"]]
)
def test_no_filter_undoes_the_escaping(name: str, hostile: Any) -> None:
    for arguments in ("", ": name", ": 1", ": '<', name", ": 'a', name"):
        try:
            shown = fill("f", f"{{{{ name | {name}{arguments} }}}}", {"name": hostile}, markup=True)
        except ContentError:
            continue  # the filter does not take these arguments
        assert "<script" not in shown


def test_a_customer_named_like_a_template_stays_a_name() -> None:
    assert fill("f", "{{ name }}", {"name": "{{ secret }}", "secret": "x"}) == "{{ secret }}"


def test_undefined_renders_as_nothing_or_its_default() -> None:
    assert fill("f", "[{{ a.b.c }}{{ a | default: 'x' }}]", {}) == "[x]"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ money | plus: 1 }}", "2.5"),
        ("{{ 10 | minus: money }}", "8.5"),
        ("{{ money }}", "1.50"),
        ("{% if money > 1 and money < 2 %}yes{% endif %}", "yes"),
        ("{{ day | date: '%d.%m.%Y' }}", "30.06.2024"),
    ],
)
def test_decimals_and_days_are_plain_values(source: str, shown: str) -> None:
    assert fill("f", source, {"money": Decimal("1.50"), "day": AS_OF}) == shown


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{% for i in (1..200) %}{% for j in (1..200) %}x{% endfor %}{% endfor %}", "loop iteration limit"),
        ("{% for i in (1..9000) %}{{ long }}{% endfor %}", "output stream limit"),
        ("{% for i in (1..90) %}{% assign long = long | append: long %}{% endfor %}", "longer than 100,000"),
        ("{{ long | replace: 'z', long }}", "longer than 100,000"),
        ("{{ list | join: long }}", "longer than 100,000"),
        ("{{ (1..99999999) | join: '' }}", "longer than 10,000"),
        ("{% assign n = 9 %}{% for i in (1..90) %}{% assign n = n | times: n %}{% endfor %}", "too large"),
    ],
)
def test_a_template_cannot_run_away(source: str, problem: str) -> None:
    with pytest.raises(ContentError, match=problem):
        fill("text", source, {"long": "z" * 1000, "list": list(range(1000))})


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ 'now' | date: '%Y' }}", "line 1: .*not known here"),
        ("{% include 'secrets' %}", "unexpected tag 'include'"),
        ("\n\n{{ 1 | divided_by: 0 }}", "line 3: .*divide by 0"),
        ("{{ 'inf' | floor }}", "cannot take a value"),
        ("{{ name | safe }}", "unknown filter 'safe'"),
    ],
)
def test_what_a_template_may_not_do(source: str, problem: str) -> None:
    with pytest.raises(ContentError, match=f"^text: .*{problem}"):
        fill("text", source, {"name": "x"})


def test_lint_names_field_line_and_remedy() -> None:
    fields = (Field("text", True, "the words"), Field("note", False, "a note"))
    assert list(lint_fields({"text": "fine {{ name | upcase }}"}, fields)) == []
    assert list(lint_fields({"note": "x\n{{ a | shout }}", "size": "1"}, fields)) == [
        "size: this medium has no such field; it has text, note",
        "text: it is required; write the words",
        "note: Liquid, line 2: there is no filter 'shout'; mend its name or remove it",
    ]
    (finding,) = lint_liquid("text", "a\nb {% if x %}")
    assert finding.startswith("text: Liquid, line 2: ")


@pytest.mark.parametrize(
    "day", ["12:00", "Monday", "3 May", "May 2017", "2017", "20170630", "NOW", " today", "5"]
)
def test_a_day_that_the_clock_would_complete_is_refused(day: str) -> None:
    with pytest.raises(ContentError, match=r"line 1: .*not known here; use a whole day such as 2017-06-30"):
        fill("text", "{{ day | date: '%d.%m.%Y' }}", {"day": day})


@pytest.mark.parametrize("seconds", [0, 1498780800, 1.5, True])
def test_seconds_are_refused_because_each_machine_has_its_own_zone(seconds: float) -> None:
    with pytest.raises(ContentError, match="not known here"):
        fill("text", "{{ day | date: '%d.%m.%Y' }}", {"day": seconds})


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        ("2017-06-30", "30.06.2017"),
        ("2016-02-29", "29.02.2016"),
        ("2017-06-30T23:59:59+00:00", "30.06.2017"),
        ("2017-06-30 08:00", "30.06.2017"),
        ("", ""),
    ],
)
def test_a_whole_day_reads_the_same_in_text_and_markup(day: str, shown: str) -> None:
    for markup in (False, True):
        assert fill("text", "{{ day | date: '%d.%m.%Y' }}", {"day": day}, markup=markup) == shown


@pytest.mark.parametrize("markup", [False, True])
@pytest.mark.parametrize("source", ["{{ '%00' | url_decode }}", "a {{ name | base64_decode }}"])
def test_a_nul_that_a_filter_makes_is_refused(source: str, markup: bool) -> None:
    with pytest.raises(ContentError, match=r"^text: it makes U\+0000"):
        fill("text", source, {"name": "YQBi"}, markup=markup)


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | st.none() | st.text(max_size=20), max_size=3))
def test_law_values_never_become_markup_and_a_fill_repeats_itself(values: dict[str, Any]) -> None:
    source = "{{ a }}|{{ b | default: 'x' }}|{% if c %}{{ c | upcase | truncate: 9 }}{% endif %}"
    try:
        shown = fill("f", source, values, markup=True)
    except ContentError as refused:
        assert any("\0" in value for value in values.values() if isinstance(value, str)), refused
        return
    assert not set(shown) & set("<>\"'")
    assert fill("f", source, values, markup=True) == shown


@pytest.mark.parametrize(
    ("uses", "words"),
    [
        ([{"name": "a", "class": "x", "max_age_days": "30", "fallback": ""}], "max_age_days"),
        ([{"name": 7, "class": "x", "fallback": ""}], "name"),
        ([{"class": "x", "fallback": ""}], "required field `name`"),
    ],
)
def test_R23_a_declaration_that_cannot_be_read_is_refused_by_its_part(uses: list[Any], words: str) -> None:
    with pytest.raises(ContentError, match=f"^uses: .*{words}"):
        personal_context({}, uses, AS_OF)
    assert any(words in finding for finding in lint_uses(uses))


def test_R23_a_leap_day_ages_by_days_not_by_calendar() -> None:
    fact = {"c": ("v", date(2024, 2, 29))}
    for as_of, limit, reason in ((date(2025, 2, 28), 365, "fact"), (date(2025, 3, 1), 365, "stale")):
        (used,) = personal_context(fact, [Use("n", "c", limit, "f")], as_of).used
        assert used.reason == reason
