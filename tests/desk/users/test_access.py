"""Roles: what each may do, who is refused, and what the audit keeps."""

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.users import actions, queries
from sterna.desk.users.access import Right, allows, demand
from sterna.desk.users.models import Role, Token, User

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-word-9"

_MAY = {
    Role.ANALYST: {Right.READ},
    Role.STAFF: {Right.READ, Right.WORK_CONTACTS},
    Role.MANAGER: {Right.READ, Right.WORK_CONTACTS, Right.STEWARD, Right.MANAGE},
    Role.ADMINISTRATOR: set(Right),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", list(Right))
def test_each_role_has_exactly_its_rights(role, right):
    assert allows(User(username="x", role=role), right) is (right in _MAY[role])


def test_a_person_who_left_has_no_right():
    assert not allows(User(username="x", role=Role.ADMINISTRATOR, is_active=False), Right.READ)


def test_the_system_itself_is_not_asked():
    demand(None, Right.ADMINISTER)


def test_who_may_not_is_told_what_they_may_not():
    with pytest.raises(Refused, match="Ann is analyst and may not administer people"):
        demand(User(username="ann", first_name="Ann", role=Role.ANALYST), Right.ADMINISTER)


@pytest.mark.parametrize(
    ("username", "password", "role", "why"),
    [
        ("ann", PASSWORD, "emperor", "no role 'emperor'"),
        ("ann", "short", "analyst", "too short"),
        ("taken", PASSWORD, "analyst", "somebody is called 'taken'"),
    ],
)
def test_a_faulty_person_is_refused_and_leaves_no_line(username, password, role, why):
    actions.add_user("taken", PASSWORD, "analyst")
    with pytest.raises(Refused, match=why):
        actions.add_user(username, password, role)
    assert Entry.objects.count() == 1


def test_the_last_administrator_stays():
    only = actions.add_user("root", PASSWORD, "administrator")
    with pytest.raises(Refused, match="last administrator"):
        actions.set_role(only, "staff", only, "I am tired")
    second = actions.add_user("second", PASSWORD, "administrator", only)
    actions.set_role(only, "staff", second, "hands over")
    assert User.objects.get(username="root").role == Role.STAFF
    assert Entry.objects.filter(action="set role", reason="hands over", actor=second).exists()


def test_a_role_does_not_change_without_a_reason():
    boss = actions.add_user("boss", PASSWORD, "administrator")
    ann = actions.add_user("ann", PASSWORD, "analyst", boss)
    with pytest.raises(Refused, match="write why"):
        actions.set_role(ann, "manager", boss, "  ")


def test_a_manager_adds_nobody():
    manager = actions.add_user("m", PASSWORD, "manager")
    with pytest.raises(Refused, match="may not administer"):
        actions.add_user("x", PASSWORD, "analyst", manager)


def test_a_token_is_kept_as_its_hash_and_opens_until_it_ends(settings, monkeypatch):
    ann = actions.add_user("ann", PASSWORD, "analyst")
    monkeypatch.setenv("STERNA_NOW", "2026-01-01T00:00:00+00:00")
    token = actions.issue_token(ann, "notebook", days=30)
    assert queries.bearer(token) == ann
    assert token not in str(Token.objects.values_list())
    monkeypatch.setenv("STERNA_NOW", "2026-01-31T00:00:01+00:00")
    assert queries.bearer(token) is None


def test_a_revoked_token_opens_nothing_and_only_its_owner_or_an_administrator_revokes():
    ann = actions.add_user("ann", PASSWORD, "analyst")
    bob = actions.add_user("bob", PASSWORD, "manager")
    token = actions.issue_token(ann, "notebook")
    row = Token.objects.get()
    with pytest.raises(Refused):
        actions.revoke_token(row, bob)
    actions.revoke_token(row, ann)
    assert queries.bearer(token) is None


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_without_a_sensible_end_is_refused(days):
    ann = actions.add_user("ann", PASSWORD, "analyst")
    with pytest.raises(Refused, match="between 1 and 366 days"):
        actions.issue_token(ann, "forever", days)


def test_an_audit_line_with_a_key_is_written_once():
    from sterna.desk.audit.actions import record

    for _ in range(3):
        record("do", "thing", "one", key="thing:one")
    record("do", "thing", "two")
    assert Entry.objects.count() == 2
