"""What is known of who a customer is, for programs of somebody who is logged in: identity, refusals, household."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sterna.desk.api.answers import Answer, answered, json_answer
from sterna.desk.contacts.models import Contact
from sterna.desk.customers import queries
from sterna.desk.customers.directory import REASONS
from sterna.desk.customers.models import Customer, Household
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, allows
from sterna.desk.values.queries import household_worth

NOBODY = Answer(404, "not_found", "No customer has this id.")
STRANGER = Answer(401, "unauthorized", "Log in to the desk first; this answers with your session.")
READ_ONLY = Answer(405, "method_not_allowed", "Read with GET.")


def customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One customer as JSON, under any id that leads there: identifiers, what was kept apart and why, the household."""
    refused = _refused(request)
    if refused is not None:
        return answered(refused)
    found = queries.customer_of(pk)
    return answered(NOBODY) if found is None else json_answer(_told(found))


def refusals(request: HttpRequest) -> HttpResponse:
    """How many identifiers were left apart for each reason, and how often."""
    refused = _refused(request)
    if refused is not None:
        return answered(refused)
    counted = queries.refusal_counts()
    listed = [
        {"code": code, "reason": REASONS.get(code, code), "identifiers": pairs, "times": times}
        for code, pairs, times in counted
    ]
    return json_answer({"refusals": listed})


def _refused(request: HttpRequest) -> Answer | None:
    if not allows(request.user, Right.READ):
        return STRANGER
    return None if request.method == "GET" else READ_ONLY


def _told(found: Customer) -> dict[str, Any]:
    records = [each.record for each in queries.identifiers(found)]
    home = queries.household_of(found)
    return {
        "id": found.pk,
        "also": [each.pk for each in queries.redirects(found)],
        "identifiers": [
            {"source": each.source, "kind": each.kind, "value": each.value, "since": each.created_at}
            for each in records
        ],
        "refusals": [
            {
                "code": each.code,
                "reason": REASONS.get(each.code, each.code),
                "identifier": each.identifier,
                "kept_to": each.record.key if each.record else None,
                "times": each.times,
                "last_at": each.last_at,
            }
            for each in queries.refusals(found)
        ],
        "allowed": [
            {"medium": each.medium, "purpose": each.purpose, "granted": each.granted}
            for each in queries.standings(found)
        ],
        "household": _household(home) if home else None,
    }


def _household(home: Household) -> dict[str, Any]:
    """The figures of all who live there: `amount` is null where nobody's is known, `unknown` of how many it is not."""
    run = Run.objects.filter(published_at__isnull=False).order_by("-until", "-published_at").first()
    living = [stay.customer for stay in queries.members(home)]
    ids = [pk for one in living for pk in queries.cluster_ids(one)]
    arrived = (Contact.State.HANDED_OVER, Contact.State.CONFIRMED)
    return {
        "key": home.key,
        "members": [one.pk for one in living],
        "contacts": Contact.objects.filter(customer__in=ids, state__in=arrived).count(),
        "run": run.pk if run else None,
        "until": run.until if run else None,
        "currency": run.brief["currency"] if run else None,
        "worth": household_worth(home, run.pk) if run else None,
    }
