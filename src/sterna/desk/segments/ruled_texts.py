"""Segments and stages as a YAML file that people write, each scheme with the managers of its places."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sterna.desk.config.refused import Refused
from sterna.desk.users.models import User
from sterna.engine import documents
from sterna.engine.errors import BadInput
from sterna.engine.segments.ruled import Ruled, read_ruled

WHAT = "file of segments and stages"


@dataclass(frozen=True)
class Written:
    """A scheme as a file has it, with who manages each of its places."""

    scheme: Ruled
    managers: Mapping[str, User]


def read_schemes(text: str) -> list[Written]:
    """The schemes of a file, in its order.

    Raises BadInput that says what is wrong and where, Refused for a manager whom nobody knows.
    """
    told = documents.read_yaml(text, WHAT).value
    schemes = told.get("schemes") if isinstance(told, dict) else None
    if not isinstance(schemes, list) or not schemes or set(told) - {"schemes"}:
        raise BadInput(f"the {WHAT} is a list under `schemes:`")
    found = [_written(one) for one in schemes]
    for name, times in Counter(one.scheme.name for one in found).items():
        if times > 1:
            raise BadInput(f"{name} stands in the {WHAT} twice")
    return found


def _written(told: Any) -> Written:
    if not isinstance(told, dict):
        raise BadInput(f"the {WHAT} has {told!r} where a scheme should stand")
    scheme = dict(told)
    managers = scheme.pop("managers", {})
    if not isinstance(managers, dict):
        raise BadInput(f"the managers of {scheme.get('name')} are not listed as place: user name")
    found = read_ruled(scheme)
    strange = sorted(set(map(str, managers)) - set(found.places))
    if strange:
        raise BadInput(f"{found.name} has no place {', '.join(strange)} to be managed")
    return Written(found, {str(place): _user(str(name)) for place, name in managers.items()})


def _user(username: str) -> User:
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Refused(f"there is nobody called {username}")
    return found
