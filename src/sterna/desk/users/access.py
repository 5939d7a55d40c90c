"""Who may do what: each right names the roles that have it; everything else is refused."""

from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from sterna.desk.config.refused import Refused
from sterna.desk.users.models import Role, User


class Right(Enum):
    """Something a person may be allowed to do."""

    READ = "read pages"
    WORK_CONTACTS = "work contacts and tasks"
    STEWARD = "say who is one customer and who is not"
    MANAGE = "change tiers and plans, and start runs"
    SIGN_TECHNICAL = "sign plans for the technical side"
    ADMINISTER = "administer people, sources and keys"


_HOLDERS = {
    Right.READ: {Role.ANALYST, Role.STAFF, Role.MANAGER, Role.ADMINISTRATOR},
    Right.WORK_CONTACTS: {Role.STAFF, Role.MANAGER, Role.ADMINISTRATOR},
    Right.STEWARD: {Role.MANAGER, Role.ADMINISTRATOR},
    Right.MANAGE: {Role.MANAGER, Role.ADMINISTRATOR},
    Right.SIGN_TECHNICAL: {Role.ADMINISTRATOR},
    Right.ADMINISTER: {Role.ADMINISTRATOR},
}
View = Callable[..., HttpResponseBase]


def allows(user: Any, right: Right) -> bool:
    """Whether `user` has `right`; a stranger has none."""
    return bool(getattr(user, "is_authenticated", False) and user.is_active and user.role in _HOLDERS[right])


def demand(user: User | None, right: Right) -> None:
    """Raise Refused unless `user` has `right`. None is the system itself, such as the command line."""
    if user is not None and not allows(user, right):
        raise Refused(f"{user.name} is {user.get_role_display().lower()} and may not {right.value}")


def needs(right: Right) -> Callable[[View], View]:
    """Let a view answer only those who have `right`; a stranger is sent to log in, anybody else gets 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not allows(request.user, right):
                raise PermissionDenied(f"This page is for those who may {right.value}.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def person(request: HttpRequest) -> User:
    """Who asks; for views behind `needs`, where nobody else comes."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Nobody is logged in.")
    return request.user
