"""The checks that every channel passes, whatever its medium; each takes the channel and its rig."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pytest

from sterna.channels.base import Channel, Content, ContentError, Message, Rendered, TransportError
from sterna.channels.content import personal_context
from sterna.engine.errors import BadInput

AS_OF = date(2024, 6, 30)
USES = [{"name": "town", "class": "home.town", "max_age_days": 90, "fallback": "your town"}]
HOSTILE = '<script>x</script> #import "a" ]] $y$ {{ company.name }} {% raw %} & "q"'


class Arrival(Protocol):
    """What came out at the other end: `identity` is the same for the same key, `text` holds the content."""

    identity: str
    text: str


class Receiving(Protocol):
    """Another side that takes messages."""

    settings: Mapping[str, Any]

    def arrivals(self) -> list[Arrival]: ...


class Rig(Protocol):
    """What a channel's tests bring: `variant` speaks of `customer.name` and `facts.town` in every field.

    `same_key_twice` says how many things the other side has after one key was sent twice: 1 where the
    medium itself is idempotent, 2 where only the ledger prevents it.
    """

    variant: Mapping[str, str]
    faults: tuple[tuple[Mapping[str, str], str, str], ...]
    address: str
    sender: str
    same_key_twice: int
    bad_settings: Mapping[str, Any]

    def shown(self, rendered: Rendered) -> str: ...

    def receiving(self, folder: Path) -> AbstractContextManager[Receiving]: ...

    def refusal(
        self, channel: Channel, folder: Path, message: Message, permanent: bool
    ) -> TransportError: ...


def context(name: str, facts: Mapping[str, tuple[Any, date]]) -> dict[str, Any]:
    return {
        "customer": {"name": name, "address": "1 Main Street\nSpringfield"},
        "company": {"name": "Corner Shop", "address": ["2 Side Street", "Shelbyville"]},
        "facts": personal_context(facts, USES, AS_OF).values,
        "letter": {"date": AS_OF},
    }


def render(channel: Channel, rig: Rig, name: str, facts: Mapping[str, tuple[Any, date]]) -> Rendered:
    return channel.render(Content(rig.variant, context(name, facts)))


def message_of(channel: Channel, rig: Rig, key: str, name: str = "Ann") -> Message:
    rendered = render(channel, rig, name, {"home.town": ("Ghent", AS_OF)})
    return Message(key, channel.name, rig.address, rig.sender, rendered)


def check_a_channel_says_what_it_is(channel: Channel, rig: Rig, folder: Path) -> None:
    assert channel.name.isidentifier()
    assert channel.address_kind in ("email", "postal", "phone")
    assert any(field.required for field in channel.fields)
    assert all(field.help for field in channel.fields)


def check_the_example_lints_clean_and_renders(channel: Channel, rig: Rig, folder: Path) -> None:
    assert channel.lint(channel.example) == ()
    rendered = channel.render(Content(channel.example, context("Ann", {})))
    assert rendered.medium == channel.name
    assert "Ann" in rendered.text + rendered.subject


def check_two_profiles_get_two_texts(channel: Channel, rig: Rig, folder: Path) -> None:
    ann = rig.shown(render(channel, rig, "Ann", {"home.town": ("Ghent", AS_OF)}))
    bob = rig.shown(render(channel, rig, "Bob", {"home.town": ("Oslo", AS_OF)}))
    assert "Ann" in ann and "Ghent" in ann
    assert "Bob" in bob and "Oslo" in bob
    assert "Ann" not in bob and "Ghent" not in bob


def check_the_same_profile_gets_the_same_message(channel: Channel, rig: Rig, folder: Path) -> None:
    facts = {"home.town": ("Ghent", AS_OF)}
    assert render(channel, rig, "Ann", facts) == render(channel, rig, "Ann", facts)


def check_a_missing_fact_gives_its_fallback(channel: Channel, rig: Rig, folder: Path) -> None:
    shown = rig.shown(render(channel, rig, "Ann", {}))
    assert "your town" in shown


def check_a_stale_fact_is_not_used(channel: Channel, rig: Rig, folder: Path) -> None:
    stale = {"home.town": ("Ghent", date(2024, 3, 31))}  # 91 days before, one too many
    fresh = {"home.town": ("Ghent", date(2024, 4, 1))}  # 90 days before
    assert "Ghent" not in rig.shown(render(channel, rig, "Ann", stale))
    assert "your town" in rig.shown(render(channel, rig, "Ann", stale))
    assert "Ghent" in rig.shown(render(channel, rig, "Ann", fresh))


def check_a_hostile_customer_is_harmless(channel: Channel, rig: Rig, folder: Path) -> None:
    rendered = render(channel, rig, HOSTILE, {})
    assert "<script>" not in rendered.html
    assert "<script>" not in rendered.preview_html
    assert HOSTILE in rendered.text
    assert HOSTILE[:19] in rig.shown(rendered)


def check_lint_finds_planted_faults(channel: Channel, rig: Rig, folder: Path) -> None:
    required = next(field.name for field in channel.fields if field.required)
    planted = [
        *rig.faults,
        ({**rig.variant, required: ""}, required, "required"),
        ({**rig.variant, "colour": "red"}, "colour", "no such field"),
        ({**rig.variant, required: rig.variant[required] + "\n\n{% if %}"}, required, "Liquid, line"),
        ({**rig.variant, required: rig.variant[required] + "{{ a | shout }}"}, required, "'shout'"),
    ]
    assert channel.lint(rig.variant) == ()
    for variant, field, words in planted:
        findings = channel.lint(variant)
        assert any(each.startswith(f"{field}:") and words in each for each in findings), (words, findings)


def check_a_broken_variant_is_refused_by_name(channel: Channel, rig: Rig, folder: Path) -> None:
    required = next(field.name for field in channel.fields if field.required)
    with pytest.raises(ContentError) as caught:
        channel.render(Content({**rig.variant, required: "{{ a | shout }}"}, context("Ann", {})))
    assert caught.value.field == required


def check_a_message_is_sent_once(channel: Channel, rig: Rig, folder: Path) -> None:
    with rig.receiving(folder) as other, channel.transport(other.settings) as transport:
        receipt = transport.send(message_of(channel, rig, "plan 1, step 2, customer 3"))
        assert receipt.state in ("handed over", "confirmed")
        assert receipt.reference
        (arrival,) = other.arrivals()
        assert "Ann" in arrival.text and "Ghent" in arrival.text


def check_the_same_key_is_the_same_message(channel: Channel, rig: Rig, folder: Path) -> None:
    with rig.receiving(folder) as other, channel.transport(other.settings) as transport:
        references = {transport.send(message_of(channel, rig, "key 1")).reference for _ in range(2)}
        arrivals = other.arrivals()
        assert len(references) == 1
        assert len(arrivals) == rig.same_key_twice
        assert len({arrival.identity for arrival in arrivals}) == 1


def check_two_keys_are_two_messages(channel: Channel, rig: Rig, folder: Path) -> None:
    with rig.receiving(folder) as other, channel.transport(other.settings) as transport:
        for key in ("key 1", "key 2"):
            transport.send(message_of(channel, rig, key))
        assert len({arrival.identity for arrival in other.arrivals()}) == 2


def check_failures_are_classified(channel: Channel, rig: Rig, folder: Path) -> None:
    for permanent in (False, True):
        error = rig.refusal(channel, folder / str(permanent), message_of(channel, rig, "key"), permanent)
        assert error.permanent is permanent
        assert error.outcome_unknown is False
        assert error.detail and "\n" not in error.detail


def check_close_is_idempotent_and_final(channel: Channel, rig: Rig, folder: Path) -> None:
    with rig.receiving(folder) as other:
        transport = channel.transport(other.settings)
        transport.close()
        transport.close()
        with pytest.raises(TransportError, match="closed") as caught:
            transport.send(message_of(channel, rig, "key"))
        assert not caught.value.permanent
        assert other.arrivals() == []


def check_bad_settings_are_refused(channel: Channel, rig: Rig, folder: Path) -> None:
    with rig.receiving(folder) as other:
        for settings in ({}, {**other.settings, "colour": "red"}, rig.bad_settings):
            with pytest.raises(BadInput, match=channel.name):
                channel.transport(settings)


Check = Callable[[Channel, Rig, Path], None]


def checks() -> Iterator[Check]:
    """Every check of this module, in the order it is written."""
    for name, check in globals().items():
        if name.startswith("check_"):
            yield check
