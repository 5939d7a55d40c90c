"""MJML with Liquid: what survives the compiler, what is escaped, and the faults that lint names (R22)."""

from typing import Any

import pytest

from sterna.channels.base import Content, ContentError
from sterna.channels.email import CHANNEL
from sterna.channels.email.templates import compile_mjml, lint_mjml


def page(inside: str, head: str = "") -> str:
    return f"<mjml>{head}<mj-body><mj-section><mj-column>{inside}</mj-column></mj-section></mj-body></mjml>"


def html_of(mjml: str, **context: Any) -> str:
    return CHANNEL.render(Content({"subject": "s", "mjml": mjml, "text": "t"}, context)).html


@pytest.mark.parametrize(
    ("mjml", "shown"),
    [
        (page("<mj-text>Hi {{ name }}</mj-text>"), ">Hi Ann<"),
        (
            page('<mj-button href="{{ url }}?a=1&amp;b={{ name }}">Go</mj-button>'),
            'href="https://x.org/?a=1&amp;b=Ann"',
        ),
        (page('<mj-image src="{{ url }}" alt="{{ name | default: \'you\' }}"/>'), 'alt="Ann"'),
        (page('<mj-text color="{{ color }}">x</mj-text>'), "color:red;"),
        (
            page("<mj-text>x</mj-text>", "<mj-head><mj-preview>For {{ name }}</mj-preview></mj-head>"),
            ">For Ann<",
        ),
        (page("<mj-text>{% for i in items %}[{{ i }}]{% endfor %}</mj-text>"), "[1][2]"),
        (page('<mj-text>{% if count > 1 and name == "Ann" %}yes{% endif %}</mj-text>'), ">yes<"),
        (
            page("{% if count > 5 %}<mj-text>many</mj-text>{% else %}<mj-text>few</mj-text>{% endif %}"),
            ">few<",
        ),
        (
            page("<mj-table>{% for i in items %}<tr><td>{{ i }}</td></tr>{% endfor %}</mj-table>"),
            "<tr><td>2</td></tr>",
        ),
    ],
)
def test_R22_liquid_survives_mjml_in_text_and_attributes(mjml: str, shown: str) -> None:
    assert list(lint_mjml(mjml)) == []
    html = html_of(mjml, name="Ann", url="https://x.org/", color="red", items=[1, 2], count=3)
    assert shown in html
    assert "{{" not in html and "{%" not in html


def test_R22_a_value_cannot_leave_its_attribute() -> None:
    mjml = page('<mj-button href="{{ url }}">Go</mj-button>')
    html = html_of(mjml, url='x" onclick="alert(1)"><script>')
    assert "<script>" not in html
    assert 'onclick="' not in html


def test_a_template_is_compiled_once() -> None:
    mjml = page("<mj-text>compiled once {{ name }}</mj-text>")
    before = compile_mjml.cache_info().misses
    for name in ("Ann", "Bob", "Eve"):
        assert name in html_of(mjml, name=name)
    assert compile_mjml.cache_info().misses == before + 1


def test_no_reader_is_reported_to_a_font_service() -> None:
    html = html_of(CHANNEL.example["mjml"], company={"name": "Corner Shop"})
    assert "//" not in html.replace("http://www.w3.org/1999/xhtml", "").replace("<!doctype html>", "")


@pytest.mark.parametrize(
    ("mjml", "finding"),
    [
        (page("\n<mj-text>{% if a < b %}x{% endif %}</mj-text>"), "line 2: {% if a < b %} has a '<'"),
        (page('<mj-text css-class="{{ a | default: "b" }}">x</mj-text>'), "double quotes in Liquid"),
        (page("\n\n<mj-txt>x</mj-txt>"), "line 3: MJML has no element <mj-txt>"),
        (page("<mj-text>x</mj-button>"), "</mj-button> closes nothing that is open"),
        (page("<mj-include path='a.mjml'/>"), "mj-include is not available"),
        (page("\n<mj-image src='a' width='{{ w }}px'/>"), "line 2: {{ w }} is lost here"),
        ("<mjml><mj-body><mj-section>", "MJML, unexpected end"),
        ("just words", "MJML, "),
        (page("<mj-text>{% if a %}x</mj-text>"), "Liquid, line "),
        (page("<mj-text>{{ a | shout }}</mj-text>"), "no filter 'shout'"),
    ],
)
def test_R22_lint_finds_what_mjml_would_break_or_lose(mjml: str, finding: str) -> None:
    findings = list(lint_mjml(mjml))
    assert any(each.startswith("mjml: ") and finding in each for each in findings), findings


def test_liquid_in_comments_is_no_fault() -> None:
    assert (
        list(lint_mjml(page("<!-- <mj-odd> {{ w }} --><mj-text>{% if a > b %}x{% endif %}</mj-text>"))) == []
    )


def test_broken_mjml_is_refused_with_the_remedy() -> None:
    with pytest.raises(ContentError, match="turn the comparison round"):
        html_of(page("<mj-text>{% if a < b %}x{% endif %}</mj-text>"))


def test_the_text_part_is_required() -> None:
    variant = {"subject": "s", "mjml": page("<mj-text>x</mj-text>")}
    assert any("text: it is required" in finding for finding in CHANNEL.lint(variant))
    with pytest.raises(ContentError, match="text: it is required"):
        CHANNEL.render(Content(variant, {}))
