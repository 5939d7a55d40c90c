"""The customer's own pages: opened by a signed link, without a login, without cookies and without scripts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.customers import links, queries
from sterna.desk.customers.actions import exporting, preferences
from sterna.desk.customers.forms import PreferenceForm
from sterna.desk.customers.models import Customer
from sterna.desk.customers.offered import offered
from sterna.desk.web.answers import posted
from sterna.engine.errors import SternaError

DONE = {
    "saved": "Saved. It counts from now on.",
    "same": "Nothing was changed.",
    "corrected": "Corrected. Thank you.",
    "withdrawn": "Withdrawn: it is not used any more.",
    "rated": "Thank you for your rating.",
}
Page = Callable[[HttpRequest, Customer, str], HttpResponse]


def _guarded(answer: HttpResponse) -> HttpResponse:
    # The address is the key to the page: it is told to no other site, kept in no cache and found by no search.
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _by_link(page: Page) -> Callable[..., HttpResponse]:
    """Open a page by its token; no cookie says who asks, so no other site can ask in a customer's name."""

    @wraps(page)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            return _guarded(page(request, links.opened(token), token))
        except links.LinkEnded as ended:
            return _closed(request, str(ended), 410)
        except Refused as refused:
            return _closed(request, str(refused), 404)

    return csrf_exempt(opened)


def _closed(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return _guarded(render(request, "customers/closed.html", {"why": why, **_company()}, status=status))


def _company() -> dict[str, str]:
    return {"company": options.text("STERNA_COMPANY")}


@_by_link
def own_page(request: HttpRequest, customer: Customer, token: str) -> HttpResponse:
    """What a customer allows and what is known of them; posted, what they choose."""
    require = require_http_methods(["GET", "HEAD", "POST"])
    return require(_shown_or_saved)(request, customer, token)


def _shown_or_saved(request: HttpRequest, customer: Customer, token: str) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, customer, token)
    form = PreferenceForm(customer, offered(customer), request.POST)
    if not form.is_valid():
        return _shown(request, customer, token, "Choose among what the page offers.", 400)
    return _do(
        request, customer, token, lambda: "saved" if preferences.choose(customer, form.choices()) else "same"
    )


def _do(request: HttpRequest, customer: Customer, token: str, act: Callable[[], str]) -> HttpResponse:
    """Do something and show the page anew by an address of its own, so that loading it again repeats nothing."""
    try:
        done = act()
    except SternaError as refused:
        return _shown(request, customer, token, str(refused), 409)
    return HttpResponseRedirect(f"{reverse('own_page', args=[token])}?done={done}")


def _shown(
    request: HttpRequest, customer: Customer, token: str, wrong: str = "", status: int = 200
) -> HttpResponse:
    choice = offered(customer)
    said = queries.own_ratings(customer)
    context: dict[str, Any] = {
        "token": token,
        "form": PreferenceForm(customer, choice),
        "facts": queries.own_facts(customer),
        "touchpoints": [
            {"id": each, "title": title, "score": said.get(each), "scores": range(1, 6)}
            for each, title in sorted(choice.touchpoints.items(), key=lambda pair: pair[1])
        ],
        "done": DONE.get(request.GET.get("done", ""), ""),
        "wrong": wrong,
        **_company(),
    }
    return render(request, "customers/own_page.html", context, status=status)


@_by_link
def own_fact(request: HttpRequest, customer: Customer, token: str) -> HttpResponse:
    """Correct or withdraw something that is known."""

    def act() -> str:
        pk = _number(posted(request, "fact"))
        if posted(request, "do") == "withdraw":
            preferences.withdraw_fact(customer, pk)
            return "withdrawn"
        preferences.correct_fact(customer, pk, posted(request, "value"))
        return "corrected"

    return require_POST(lambda asked: _do(asked, customer, token, act))(request)


@_by_link
def own_rating(request: HttpRequest, customer: Customer, token: str) -> HttpResponse:
    """Rate a touchpoint that the customer has met."""

    def act() -> str:
        touchpoint = posted(request, "touchpoint")
        if touchpoint not in offered(customer).touchpoints:
            raise Refused("you have not met us there")
        preferences.rate(customer, touchpoint, _number(posted(request, "score")))
        return "rated"

    return require_POST(lambda asked: _do(asked, customer, token, act))(request)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refused("choose one of those that the page offers")
    return int(text)


@_by_link
def own_export(request: HttpRequest, customer: Customer, token: str) -> HttpResponse:
    """All that is kept of the customer, as a download."""

    def answered(asked: HttpRequest) -> HttpResponse:
        try:
            name, data = exporting.export_person(customer, by_link=True)
        except Refused as refused:
            return _shown(asked, customer, token, str(refused), 429)
        answer = HttpResponse(data, content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    return require_POST(answered)(request)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Say no by one click: a mail program posts here (RFC 8058), a person is asked first, for scanners open links."""
    try:
        wanted = links.stopped(token)
    except Refused as refused:
        return _closed(request, str(refused), 404)
    if request.method == "POST":
        preferences.stop(wanted.customer, wanted.medium, wanted.purpose)
    context = {"wanted": wanted, "done": request.method == "POST", **_company()}
    return _guarded(render(request, "customers/stop.html", context))
