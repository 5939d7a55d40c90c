"""Views of the gallery; every answer carries a strict content policy, so that an inline script would fail."""

from collections.abc import Callable
from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tests.desk.web.gallery import samples

POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; form-action 'self'"


class Person(SimpleNamespace):
    """Someone who is signed in."""

    is_authenticated = True

    def __str__(self) -> str:
        return "Ada Quintero"


def with_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that adds the policy and signs the visitor in."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.user = Person()  # type: ignore[assignment]
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return answer


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component on one page."""
    messages.success(request, "The plan is approved: its first contacts leave on 2026-03-04.")
    messages.warning(request, "Two sources have sent nothing since yesterday.")
    return render(request, "gallery/gallery.html", samples.context())


def plain(request: HttpRequest) -> HttpResponse:
    """A page with nothing but its title."""
    return render(request, "web/base.html", {"question": "What is here?"})


def login(request: HttpRequest) -> HttpResponse:
    """The sign-in page with fields of the usual names."""
    return render(
        request, "web/login.html", {"form": samples.SignInForm({"username": "ada"}), "next": "/plan"}
    )


def working(request: HttpRequest) -> HttpResponse:
    """A stage that goes on."""
    return render(request, "web/components/progress.html", {"item": samples.context()["work"]})


def fail(request: HttpRequest) -> HttpResponse:
    """A view with a fault, for the page that Django then shows."""
    raise RuntimeError("a planted fault")
