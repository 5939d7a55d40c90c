"""SMTP over TLS: the password goes only to a server whose certificate is trusted."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from sterna.channels.base import Message, Rendered, TransportError
from sterna.channels.email import CHANNEL
from sterna.channels.email.sink import Keeper, usable_port

MESSAGE = Message("key", "email", "ann@x.example", "shop@s.example", Rendered("email", "Hi", "x", "", (), ""))
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run(made, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def start(certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[Start]:
    """Starts a server that wants the login u and secret, with TLS from the first byte or by STARTTLS."""
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(*certificate)
    running: list[Controller] = []

    def authenticate(*arguments: Any) -> AuthResult:
        login = arguments[-1]
        return AuthResult(success=(login.login, login.password) == (b"u", b"secret"), handled=False)

    def started(tls: bool) -> dict[str, Any]:
        options: dict[str, Any] = {"ssl_context": secure} if tls else {"tls_context": secure}
        # With TLS from the first byte this server does not see that the line is encrypted.
        options |= {"authenticator": authenticate, "auth_required": not tls, "auth_require_tls": not tls}
        port = usable_port("127.0.0.1")
        controller = Controller(Keeper(tmp_path), hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return {"host": "127.0.0.1", "port": port, "tls": tls, "starttls": not tls, "username": "u"}

    yield started
    for controller in running:
        controller.stop()


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "starttls"])
def test_a_trusted_server_gets_the_login_and_the_message(
    tls: bool, start: Start, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    settings = {**start(tls), "password": "secret", "ca_file": str(certificate[0])}
    with CHANNEL.transport(settings) as transport:
        transport.send(MESSAGE)
    assert len(list(tmp_path.glob("*.eml"))) == 1


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "starttls"])
def test_an_untrusted_server_gets_nothing(tls: bool, start: Start, tmp_path: Path) -> None:
    transport = CHANNEL.transport({**start(tls), "password": "secret"})
    with transport, pytest.raises(TransportError, match="certificate") as caught:
        transport.send(MESSAGE)
    assert not caught.value.permanent
    assert list(tmp_path.glob("*.eml")) == []


def test_a_wrong_password_is_no_fault_of_the_message(start: Start, certificate: tuple[Path, Path]) -> None:
    settings = {**start(False), "password": "wrong", "ca_file": str(certificate[0])}
    with CHANNEL.transport(settings) as transport, pytest.raises(TransportError, match="535") as caught:
        transport.send(MESSAGE)
    assert not caught.value.permanent
