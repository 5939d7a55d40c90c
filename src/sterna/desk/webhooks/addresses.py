"""Which addresses a message may go to: no URL that is more than an address, and nothing inside one's own network."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sterna.desk.config import options
from sterna.engine.errors import BadInput

LONGEST = 500
SETTING = "STERNA_WEBHOOK_PRIVATE"
_PORTS = {"https": 443, "http": 80}
_PLAIN = re.compile(r"[!-~]+")
# An IPv4 address inside an IPv6 one that translates it.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """Where a message goes: the host as it is looked up, the port, and what is asked for there."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """The host as the header says it, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.is_secure else "http"] else f"{host}:{self.port}"


def target(url: str) -> Target:
    """Where a URL leads. Raises BadInput for one that is none, or that may not be sent to."""
    if len(url) > LONGEST or not _PLAIN.fullmatch(url):
        raise BadInput(
            f"write the address of the receiver in at most {LONGEST} plain letters, such as https://crm.example/hook; "
            "others are percent-encoded"
        )
    parts, port = _parts(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadInput(f"{url[:80]!r} is no address of a receiver: it begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise BadInput("an address with a user or a password in it is refused: the signature says who sends")
    if parts.fragment:
        raise BadInput("an address with # in it is refused: what follows that sign is never sent")
    if parts.scheme == "http" and not options.flag(SETTING):
        raise BadInput(f"messages go by https: plain http is for {SETTING}=yes")
    found = Target(parts.scheme == "https", parts.hostname, port or _PORTS[parts.scheme], _path(parts))
    if (literal := _literal(found.host)) is not None:
        refuse(literal, found.host)
    return found


def _parts(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise BadInput(f"{url[:80]!r} is no address of a receiver") from None


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def resolve(found: Target) -> list[tuple[int, tuple[str, int]]]:
    """Every address of the host as (family, address), each of them allowed.

    Raises BadInput where one is not, however many others are, and OSError where the name leads nowhere. Asked at every
    connection: a name may lead elsewhere than when it was written down.
    """
    try:
        told = socket.getaddrinfo(found.host, found.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise BadInput(f"{found.host!r} is no name of a host") from None
    for _, _, _, _, there in told:
        refuse(ipaddress.ip_address(str(there[0]).partition("%")[0]), found.host)
    return [(family, (str(there[0]), int(there[1]))) for family, _, _, _, there in told]


def refuse(address: _Address, host: str) -> None:
    """Raise BadInput for an address that messages must not go to."""
    if not options.flag(SETTING) and not _is_public(address):
        raise BadInput(
            f"{host} leads to {address}, which is no public address: {SETTING}=yes allows private, loopback and "
            "link-local ones"
        )


def _is_public(address: _Address) -> bool:
    inner = _inner(address)
    return address.is_global and not address.is_multicast and (inner is None or _is_public(inner))


def _inner(address: _Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for, by any of the ways to write one in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
