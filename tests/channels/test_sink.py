"""The mail sink of the demo: whole files, this machine only."""

import email
import smtplib
import sys
from pathlib import Path

import pytest

from sterna.channels.email.sink import serve
from sterna.engine.errors import BadInput, Unsupported


def test_each_arrival_is_a_whole_file_in_order(tmp_path: Path) -> None:
    with serve(tmp_path / "mail") as sink, smtplib.SMTP(sink.host, sink.port) as client:
        for number in range(3):
            client.sendmail("s@s.example", ["a@x.example", "b@x.example"], f"Subject: {number}\r\n\r\nx\r\n")
    paths = sorted((tmp_path / "mail").iterdir())
    assert [path.suffix for path in paths] == [".eml"] * 3
    parsed = [email.message_from_bytes(path.read_bytes()) for path in paths]
    assert [each["Subject"] for each in parsed] == ["0", "1", "2"]
    assert parsed[0]["X-Envelope-From"] == "s@s.example"
    assert parsed[0].get_all("X-Envelope-To") == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "mail.example"])
def test_it_never_listens_beyond_this_machine(host: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="this machine only"):
        serve(tmp_path, host)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with serve(tmp_path) as sink, pytest.raises(BadInput, match=str(sink.port)):
        serve(tmp_path, port=sink.port)


def test_stop_is_idempotent(tmp_path: Path) -> None:
    sink = serve(tmp_path)
    sink.stop()
    sink.stop()
    with pytest.raises(OSError):
        smtplib.SMTP(sink.host, sink.port)


def test_without_its_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.controller", None)
    with pytest.raises(Unsupported, match=r"sterna\[demo\]"):
        serve(tmp_path)
