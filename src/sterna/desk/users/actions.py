"""Writes about people who log in: adding one, changing a role, issuing and revoking tokens."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from sterna.desk.config import clock
from sterna.desk.config.events import publish
from sterna.desk.config.refused import Refused
from sterna.desk.users.access import Right, demand
from sterna.desk.users.events import PersonChanged
from sterna.desk.users.models import Role, Token, User

LONGEST_LABEL = 80


@transaction.atomic
def add_user(username: str, password: str, role: str, actor: User | None = None, full_name: str = "") -> User:
    """Add a person; Refused for a name that is taken or is none, a role that is none, or a weak password."""
    demand(actor, Right.ADMINISTER)
    user = _new_person(username, password, _role(role), full_name)
    if User.objects.filter(username=user.username).exists():
        raise Refused(f"somebody is called {username!r} already")
    try:
        user.save(force_insert=True)
    except IntegrityError as taken:
        raise Refused(f"somebody is called {username!r} already") from taken
    publish(PersonChanged("add user", user.username, actor, detail={"role": role}))
    return user


def _new_person(username: str, password: str, role: str, full_name: str) -> User:
    """Somebody who is not stored yet; Refused for a name that cannot be kept or shown, or a weak password."""
    if not full_name.isprintable():
        raise Refused(f"{full_name!r} cannot be a name: leave out what nobody can read")
    first, _, last = " ".join(full_name.split()).partition(" ")
    user = User(username=username, role=role, first_name=first, last_name=last)
    try:
        validate_password(password)
    except ValidationError as weak:
        raise Refused(" ".join(weak.messages)) from weak
    user.set_password(password)
    try:
        user.full_clean(validate_unique=False)
    except ValidationError as faulty:
        [(field, said), *_] = faulty.message_dict.items()
        raise Refused(f"{field.replace('_', ' ')}: {' '.join(said)}") from faulty
    return user


@transaction.atomic
def set_role(user: User, role: str, actor: User, reason: str) -> None:
    """Give `user` another role; the last administrator keeps theirs, or nobody could give it back."""
    demand(actor, Right.ADMINISTER)
    wanted = _role(role)
    if not reason.strip():
        raise Refused("write why the role changes: the audit keeps it")
    # All of them, in one order: two who step down at once would else each count on the other.
    administrators = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True)
    others = [one for one in administrators.order_by("pk") if one.pk != user.pk]
    user.refresh_from_db(fields=["role"])
    before = user.role
    if before == wanted:
        return
    if before == Role.ADMINISTRATOR and not others:
        raise Refused(f"{user.name} is the last administrator: make another one first")
    user.role = wanted
    user.save(update_fields=["role"])
    publish(PersonChanged("set role", user.username, actor, reason, {"from": before, "to": wanted}))


def _role(role: str) -> str:
    if role not in Role.values:
        raise Refused(f"no role {role!r}: use {', '.join(Role.values)}")
    return role


@transaction.atomic
def issue_token(user: User, label: str, days: int = 90) -> str:
    """A new bearer token of `user`, shown once: only its hash is kept."""
    if not 1 <= days <= 366:
        raise Refused("a token lasts between 1 and 366 days")
    if not 1 <= len(label.strip()) <= LONGEST_LABEL or not label.isprintable():
        raise Refused(f"call the token by what it is for, in 1 to {LONGEST_LABEL} letters")
    token = f"st_{secrets.token_urlsafe(32)}"
    Token.objects.create(
        user=user,
        label=label,
        sha256=hashlib.sha256(token.encode()).hexdigest(),
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=days),
    )
    publish(PersonChanged("issue token", user.username, user, detail={"label": label, "days": days}))
    return token


@transaction.atomic
def revoke_token(token: Token, actor: User) -> None:
    """End a token now; its owner or an administrator may."""
    if token.user_id != actor.pk:
        demand(actor, Right.ADMINISTER)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        publish(PersonChanged("revoke token", token.user.username, actor, detail={"label": token.label}))
