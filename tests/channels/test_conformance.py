"""Every channel passes every check, and a channel nobody has heard of passes them too (R22, R23)."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from shutil import copy, copytree, ignore_patterns, rmtree
from types import SimpleNamespace
from typing import Any

import pytest

import sterna.channels
from sterna.channels.base import Channel, Message, Rendered, TransportError, discover
from sterna.engine.errors import BadInput
from tests.channels.conformance import Check, Rig, checks

CHANNELS = discover()
CHECKS = list(checks())


def rig_of(channel: Channel) -> Rig:
    """The channel's rig; a channel without one fails here, so none goes untried."""
    rig: Rig = import_module(f"{__package__}.rigs.{channel.name}")
    return rig


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
def test_R22_R23_every_channel_conforms(channel: Channel, check: Check, tmp_path: Path) -> None:
    check(channel, rig_of(channel), tmp_path)


def test_R22_channels_are_found_in_the_order_of_their_names() -> None:
    assert list(CHANNELS) == sorted(CHANNELS)
    assert {"email", "letter", "phone"} <= CHANNELS.keys()


GUEST = '''
"""Postcards, written into a list: a medium that the core has never heard of."""

from sterna.channels.base import Field, Receipt, Rendered, TransportError, refuse_when_closed
from sterna.channels.content import fill, lint_fields
from sterna.engine.errors import BadInput
from html import escape


class Transport:
    def __init__(self, rack):
        self.rack, self.closed = rack, False

    def send(self, message):
        refuse_when_closed(self.closed, "postcard")
        if not message.to:
            raise TransportError(True, "no address")
        if self.rack is None:
            raise TransportError(False, "the rack is full")
        self.rack[message.key] = message.rendered.text
        return Receipt("handed over", message.key, "in the rack")

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Postcard:
    name = "postcard"
    address_kind = "postal"
    fields = (Field("words", True, "what the card says"),)
    example = {"words": "Dear {{ customer.name }}, come in."}

    def lint(self, variant):
        return tuple(lint_fields(variant, self.fields))

    def render(self, content):
        text = fill("words", content.variant["words"], content.context)
        return Rendered(self.name, "", text, "", (), f"<p>{escape(text)}</p>")

    def transport(self, settings):
        if settings.keys() != {"rack"}:
            raise BadInput("postcard: the one setting is 'rack'")
        return Transport(settings["rack"])


CHANNEL = Postcard()
'''


class PostcardRig:
    """The guest's rig: its other side is a dictionary."""

    def __init__(self) -> None:
        self.variant: Mapping[str, str] = {"words": "Hello {{ customer.name }} of {{ facts.town }}"}
        self.faults: tuple[tuple[Mapping[str, str], str, str], ...] = ()
        self.address, self.sender, self.same_key_twice = "1 Main Street", "Corner Shop", 1
        self.bad_settings: Mapping[str, Any] = {"shelf": 1}

    def shown(self, rendered: Rendered) -> str:
        return rendered.text

    def receiving(self, folder: Path) -> AbstractContextManager[Any]:
        rack: dict[str, str] = {}

        def arrivals() -> list[SimpleNamespace]:
            return [SimpleNamespace(identity=key, text=text) for key, text in rack.items()]

        return nullcontext(SimpleNamespace(settings={"rack": rack}, arrivals=arrivals))

    def refusal(self, channel: Channel, folder: Path, message: Message, permanent: bool) -> TransportError:
        with pytest.raises(TransportError) as caught:
            channel.transport({"rack": None}).send(replace(message, to="") if permanent else message)
        return caught.value


@pytest.fixture
def guest_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder outside the core that the channels' package also looks into, as if it lay there."""
    before = set(sys.modules)
    monkeypatch.setattr(sterna.channels, "__path__", [*sterna.channels.__path__, str(tmp_path / "guests")])
    yield tmp_path / "guests"
    for name in set(sys.modules) - before:
        if name.startswith("sterna.channels."):
            del sys.modules[name]
            monkeypatch.delattr(sterna.channels, name.rpartition(".")[2], raising=False)


def add_guest(folder: Path, name: str, source: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(source)


def test_R22_a_new_medium_needs_no_core_change(guest_folder: Path, tmp_path: Path) -> None:
    assert "postcard" not in discover()
    add_guest(guest_folder, "postcard", GUEST)
    found = discover()
    assert list(found) == sorted([*CHANNELS, "postcard"])
    for number, check in enumerate(CHECKS):
        (tmp_path / str(number)).mkdir()
        check(found["postcard"], PostcardRig(), tmp_path / str(number))


def test_R22_a_package_without_a_channel_is_left_alone(guest_folder: Path) -> None:
    add_guest(guest_folder, "drawer", '"""Nothing to send with."""\n')
    assert discover() == CHANNELS


def test_R22_two_channels_of_one_name_are_refused(guest_folder: Path) -> None:
    add_guest(guest_folder, "zz_postcard", GUEST.replace('name = "postcard"', 'name = "email"'))
    with pytest.raises(BadInput, match=r"zz_postcard: another channel is already called 'email'"):
        discover()


@pytest.mark.parametrize("name", list(CHANNELS))
def test_R22_a_channel_can_be_deleted(name: str, tmp_path: Path) -> None:
    """Without its folder the others are found and send as before: nothing else knows of it."""
    home = Path(sterna.__path__[0])
    for part in ("channels", "engine"):
        copytree(home / part, tmp_path / "sterna" / part, ignore=ignore_patterns("__pycache__"))
    copy(home / "__init__.py", tmp_path / "sterna")
    rmtree(tmp_path / "sterna" / "channels" / name)
    asked = [sys.executable, "-c", "from sterna.channels.base import discover; print(*discover())"]
    answer = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == [each for each in CHANNELS if each != name]
