"""The document of a plan in the desk: what the configuration in force says, with its state and signatures."""

import io
from html import unescape

import pytest
from django.urls import reverse
from pypdf import PdfReader

from sterna.desk.plans import actions
from sterna.desk.plans.queries import known_of
from sterna.desk.users.models import Role, User
from sterna.engine import plans
from sterna.engine.plans import told
from tests.desk.plans.signed import in_force, signer
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    shop.tiers()
    client.force_login(signer("marketing"))
    return client


def page(client, plan):
    answer = client.get(reverse("plan_document", args=[plan.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def loaded(version: int = 1, budget: str = "1000.00", title: str = "Up from bronze"):
    text = shop.PLAN.format(budget=budget, version=version).replace("Up from bronze", title)
    return actions.load(text, None)


def test_R75_the_page_says_what_the_definition_in_force_says_after_a_new_version_is_launched(reader):
    first = in_force(loaded())
    assert "<dt>budget</dt><dd>1,000.00 USD</dd>" in page(reader, first)
    second = in_force(loaded(2, "750.00"))
    shown = page(reader, second)
    assert "<dt>budget</dt><dd>750.00 USD</dd>" in shown and "1,000.00" not in shown
    document = plans.of_body(second.definition.body)
    known = known_of(document.plan)
    for section in told.tell(document.plan, known, plans.check(document, known)).sections:
        assert f"<h2>{section.heading}</h2>" in shown
        for block in section.blocks:
            assert all(value in unescape(shown) for _, value in block.facts)
            assert all(value in unescape(shown) for row in block.rows for value in row)


def test_R75_it_tells_the_state_and_whose_signatures_stand(reader):
    draft = loaded()
    assert "<dt>state</dt><dd>Draft</dd>" in page(reader, draft) and "signed," not in page(reader, draft)
    live = page(reader, in_force(draft, "as agreed"))
    assert "<dt>state</dt><dd>Live</dd>" in live and "<dt>launched</dt><dd>Sterna" in live
    assert "<dt>signed, marketing</dt>" in live and "<dt>signed, technical</dt>" in live
    assert live.count("as agreed") == 2


def test_R75_void_signatures_are_not_told(reader):
    plan = actions.submit(loaded(), None, "for the test")
    actions.sign(plan, "marketing", signer("marketing"), "well")
    actions.send_back(plan, None, "not yet")
    assert "signed, marketing" not in page(reader, plan)


def test_R75_the_pdf_says_the_same(reader):
    plan = loaded(budget="777.00")
    answer = reader.get(reverse("plan_paper", args=[plan.pk]))
    assert answer["Content-Type"] == "application/pdf"
    read = "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages)
    assert "Up from bronze" in read and "777.00" in read and "Draft" in read


def test_R75_hostile_words_are_words(reader):
    shown = page(reader, loaded(title="<script>alert(1)</script> up"))
    assert "<script>alert(1)" not in shown and "&lt;script&gt;alert(1)&lt;/script&gt; up" in shown


def test_R75_the_page_of_the_plan_leads_to_both(reader):
    plan = loaded()
    shown = reader.get(reverse("plan", args=[plan.pk])).content.decode()
    for name in ("plan_document", "plan_paper"):
        assert f'href="{reverse(name, args=[plan.pk])}"' in shown


@pytest.mark.parametrize("name", ["plan_document", "plan_paper"])
def test_every_role_that_reads_may_read_it_and_nobody_else(client, name):
    shop.tiers()
    address = reverse(name, args=[loaded().pk])
    assert client.get(address).status_code == 302
    for role in Role.values:
        client.force_login(User.objects.create_user(username=f"a-{role}", role=role))
        plain = client.get(reverse("plan", args=[address.split("/")[-2]])).status_code
        assert client.get(address).status_code == plain
