"""People: the last administrator stays whatever happens at once, names that can be kept, signing in and out."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.users import actions, queries
from sterna.desk.users.access import Right, needs, person
from sterna.desk.users.models import Role, Token, User

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-word-9"


def administrators() -> int:
    return User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count()


def all_at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Do `acts` in as many threads; what they ran into."""
    ready, faults = threading.Barrier(len(acts)), list[Exception]()

    def do(act: Callable[[], object]) -> None:
        try:
            ready.wait(20)
            act()
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return faults


@pytest.mark.django_db(transaction=True)
def test_administrators_who_step_down_at_once_leave_one():
    three = [actions.add_user(f"root{n}", PASSWORD, "administrator") for n in range(3)]
    faults = all_at_once(*[lambda one=one: actions.set_role(one, "staff", one, "I leave") for one in three])
    assert [type(fault) for fault in faults] == [Refused] and "last administrator" in str(faults[0])
    assert administrators() == 1 and Entry.objects.filter(action="set role").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_add_the_same_name_at_once_add_one_person():
    acts = [lambda: actions.add_user("ann", PASSWORD, "analyst")] * 3
    faults = all_at_once(*acts)
    assert [type(fault) for fault in faults] == [Refused, Refused]
    assert all("somebody is called 'ann' already" in str(fault) for fault in faults)
    assert User.objects.count() == Entry.objects.count() == 1


def test_an_administrator_who_left_does_not_count_as_another():
    root = actions.add_user("root", PASSWORD, "administrator")
    actions.add_user("gone", PASSWORD, "administrator")
    User.objects.filter(username="gone").update(is_active=False)
    with pytest.raises(Refused, match="root is the last administrator: make another one first"):
        actions.set_role(root, "manager", root, "tired")
    assert root.role == Role.ADMINISTRATOR == User.objects.get(username="root").role


def test_what_is_known_of_a_person_since_they_were_read_counts():
    root = actions.add_user("root", PASSWORD, "administrator")
    old = actions.add_user("ann", PASSWORD, "analyst", root)
    actions.set_role(User.objects.get(username="ann"), "administrator", root, "helps out")
    User.objects.filter(username="root").update(role="staff")
    with pytest.raises(Refused, match="last administrator"):
        actions.set_role(old, "manager", User.objects.get(username="ann"), "read an hour ago")


def test_the_role_that_somebody_has_is_not_written_again():
    root = actions.add_user("root", PASSWORD, "administrator")
    actions.set_role(root, "administrator", root, "to be sure")
    assert not Entry.objects.filter(action="set role").exists() and administrators() == 1


@pytest.mark.parametrize("role", ["", "Administrator", "owner", "administrator "])
def test_a_role_that_is_none_is_refused_by_name(role):
    root = actions.add_user("root", PASSWORD, "administrator")
    with pytest.raises(Refused, match=r"no role .*: use analyst, staff, manager, administrator"):
        actions.set_role(root, role, root, "why not")


@pytest.mark.parametrize("role", ["analyst", "staff", "manager"])
def test_nobody_makes_themselves_an_administrator(role):
    ann = actions.add_user("ann", PASSWORD, role)
    with pytest.raises(Refused, match="may not administer people"):
        actions.set_role(ann, "administrator", ann, "I could")
    assert administrators() == 0


@pytest.mark.parametrize(
    ("username", "name", "said"),
    [
        ("", "", "username: This field cannot be blank"),
        ("ann lee", "", "username: Enter a valid username"),
        ("ann\x00", "", "username"),
        ("<b>", "", "username: Enter a valid username"),
        ("a" * 151, "", "username: Ensure this value has at most 150 characters"),
        ("ann", "A" * 151, "first name: Ensure this value has at most 150 characters"),
        ("ann", "Ann\x00 Lee", "leave out what nobody can read"),
        ("ann", "Ann\u202eLee", "leave out what nobody can read"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused_and_says_which(username, name, said):
    with pytest.raises(Refused, match=said):
        actions.add_user(username, PASSWORD, "analyst", None, name)
    assert not User.objects.exists() and not Entry.objects.exists()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann   van  Lee ", "Ann van Lee"),
        ("", "ann"),
        ("Zoë Ó'Néill", "Zoë Ó'Néill"),
        ("金", "金"),
    ],
)
def test_a_person_is_shown_by_name_or_by_username(given, shown):
    user = actions.add_user("ann", PASSWORD, "analyst", None, given)
    assert User.objects.get(pk=user.pk).name == shown and user.check_password(PASSWORD)


@pytest.mark.parametrize("label", ["", "  ", "x" * 81, "note\x00book"])
def test_a_token_is_called_by_what_it_is_for(label):
    ann = actions.add_user("ann", PASSWORD, "analyst")
    with pytest.raises(Refused, match="call the token by what it is for"):
        actions.issue_token(ann, label)
    assert not Token.objects.exists()


def test_a_token_of_somebody_who_left_opens_nothing():
    ann = actions.add_user("ann", PASSWORD, "analyst")
    token = actions.issue_token(ann, "notebook")
    User.objects.update(is_active=False)
    assert queries.bearer(token) is None
    for wrong in ("", "st_", token.upper(), f"{token} ", "\x00"):
        assert queries.bearer(wrong) is None


def test_a_token_revoked_twice_is_written_once_and_keeps_its_first_end(monkeypatch):
    ann = actions.add_user("ann", PASSWORD, "administrator")
    actions.issue_token(ann, "notebook")
    monkeypatch.setenv("STERNA_NOW", "2099-01-01T00:00:00+00:00")
    actions.revoke_token(Token.objects.get(), ann)
    first = Token.objects.get().revoked_at
    monkeypatch.setenv("STERNA_NOW", "2099-02-01T00:00:00+00:00")
    actions.revoke_token(Token.objects.get(), ann)
    assert Token.objects.get().revoked_at == first
    assert Entry.objects.filter(action="revoke token").count() == 1


def test_a_view_without_its_guard_asks_nobody_in():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied, match="Nobody is logged in"):
        person(request)
    assert needs(Right.READ)(person)(request).url == "/login?next=/"


def sign_in(client: Client, username: str = "ann", password: str = PASSWORD, after: str = ""):
    return client.post(reverse("login"), {"username": username, "password": password, "next": after})


def test_who_signs_in_goes_where_they_wanted_and_a_password_is_not_shown_again():
    actions.add_user("ann", PASSWORD, "analyst")
    client = Client()
    wrong = sign_in(client, password="a-wrong-word-9")
    assert (
        wrong.status_code == 200
        and b"a-wrong-word-9" not in wrong.content
        and b'role="alert"' in wrong.content
    )
    assert sign_in(client, after="/moves").url == "/moves"
    assert client.get(reverse("login")).url == reverse("home"), "who is in needs no form"


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(after):
    actions.add_user("ann", PASSWORD, "analyst")
    assert sign_in(Client(), after=after).url == reverse("home")


@pytest.mark.parametrize(
    "username", ["nobody", "ann\x00", "<script>alert(1)</script>", "a" * 5000, "' or 1=1 --"]
)
def test_a_stranger_is_told_nothing_about_who_exists(username):
    actions.add_user("ann", PASSWORD, "analyst")
    answer = sign_in(Client(), username)
    assert answer.status_code == 200 and b"<script>alert(1)" not in answer.content
    assert not answer.wsgi_request.user.is_authenticated


def test_somebody_who_left_does_not_sign_in():
    actions.add_user("ann", PASSWORD, "analyst")
    User.objects.update(is_active=False)
    assert sign_in(Client()).status_code == 200


def test_a_link_signs_nobody_out_and_the_form_does():
    actions.add_user("ann", PASSWORD, "analyst")
    client = Client()
    sign_in(client)
    assert client.get(reverse("logout")).status_code == 405
    assert client.get(reverse("settings")).status_code == 200
    assert client.post(reverse("logout")).url == reverse("login")
    assert client.get(reverse("settings")).url.startswith(reverse("login"))
