"""Writes about people who log in: adding one, changing a role, issuing and revoking tokens."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from sterna.desk.config import clock
from sterna.desk.config.events import publish
from sterna.desk.config.refused import Refused
from sterna.desk.users.access import Right, demand
from sterna.desk.users.events import PersonChanged
from sterna.desk.users.models import Role, Token, User


@transaction.atomic
def add_user(username: str, password: str, role: str, actor: User | None = None, full_name: str = "") -> User:
    """Add a person; Refused for a name that is taken, a role that is none, or a weak password."""
    demand(actor, Right.ADMINISTER)
    if role not in Role.values:
        raise Refused(f"no role {role!r}: use {', '.join(Role.values)}")
    if User.objects.filter(username=username).exists():
        raise Refused(f"somebody is called {username!r} already")
    try:
        validate_password(password)
    except ValidationError as weak:
        raise Refused(" ".join(weak.messages)) from weak
    first, _, last = full_name.partition(" ")
    user = User.objects.create_user(username, password=password, role=role, first_name=first, last_name=last)
    publish(PersonChanged("add user", username, actor, detail={"role": role}))
    return user


@transaction.atomic
def set_role(user: User, role: str, actor: User, reason: str) -> None:
    """Give `user` another role; the last administrator keeps theirs, or nobody could give it back."""
    demand(actor, Right.ADMINISTER)
    if role not in Role.values:
        raise Refused(f"no role {role!r}: use {', '.join(Role.values)}")
    if not reason.strip():
        raise Refused("write why the role changes: the audit keeps it")
    others = (
        User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    )
    if user.role == Role.ADMINISTRATOR and role != Role.ADMINISTRATOR and not others.exists():
        raise Refused(f"{user.name} is the last administrator: make another one first")
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    publish(PersonChanged("set role", user.username, actor, reason, {"from": before, "to": role}))


@transaction.atomic
def issue_token(user: User, label: str, days: int = 90) -> str:
    """A new bearer token of `user`, shown once: only its hash is kept."""
    if not 1 <= days <= 366:
        raise Refused("a token lasts between 1 and 366 days")
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
