"""Settings: read loudly, each fault naming the setting and what would mend it."""

from datetime import UTC, datetime

import pytest

from sterna.desk.config import clock, options
from sterna.engine.errors import BadInput


@pytest.mark.parametrize("value", ["", "0", "-3", "eight", "1.5"])
def test_a_number_that_is_none_is_refused_by_name(monkeypatch, value):
    monkeypatch.setenv("STERNA_PUBLISHED_RUNS", value)
    with pytest.raises(BadInput, match="STERNA_PUBLISHED_RUNS"):
        options.number("STERNA_PUBLISHED_RUNS")


@pytest.mark.parametrize(("value", "meant"), [("yes", True), ("TRUE", True), ("0", False), ("off", False)])
def test_yes_and_no_are_understood(monkeypatch, value, meant):
    monkeypatch.setenv("STERNA_DEBUG", value)
    assert options.flag("STERNA_DEBUG") is meant


def test_a_flag_that_is_neither_is_refused(monkeypatch):
    monkeypatch.setenv("STERNA_DEBUG", "perhaps")
    with pytest.raises(BadInput, match="STERNA_DEBUG is 'perhaps': write yes or no"):
        options.flag("STERNA_DEBUG")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd"])
def test_a_zone_that_is_none_is_refused(monkeypatch, zone):
    monkeypatch.setenv("STERNA_TIME_ZONE", zone)
    with pytest.raises(BadInput, match="STERNA_TIME_ZONE"):
        options.zone()


@pytest.mark.parametrize("code", ["usd", "US", "DOLLAR", "U$D"])
def test_a_currency_that_is_no_code_is_refused(monkeypatch, code):
    monkeypatch.setenv("STERNA_CURRENCY", code)
    with pytest.raises(BadInput, match="three-letter code"):
        options.currency()


def test_a_setting_that_is_not_declared_is_a_typing_error():
    with pytest.raises(KeyError):
        options.text("STERNA_COLOUR")


def test_a_pretended_present_needs_its_offset(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00")
    with pytest.raises(BadInput, match="add the offset"):
        options.pretended_now()


def test_the_clock_follows_a_pretended_present_and_the_program_zone(monkeypatch):
    # 02:30 UTC on 1 July is still the evening of 30 June in New York.
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T02:30:00+00:00")
    monkeypatch.setenv("STERNA_TIME_ZONE", "America/New_York")
    assert clock.now() == datetime(2017, 7, 1, 2, 30, tzinfo=UTC)
    assert clock.today().isoformat() == "2017-06-30"


def test_every_option_says_what_it_does():
    assert all(option.help.endswith(".") and option.name.startswith("STERNA_") for option in options.OPTIONS)
    assert len({option.name for option in options.OPTIONS}) == len(options.OPTIONS)
