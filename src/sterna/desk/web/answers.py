"""What a posted form answers: back to a page, with a note that says what was done or why not."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sterna.engine.errors import SternaError


def posted(request: HttpRequest, name: str) -> str:
    """The word of the form's field `name` without NUL, which PostgreSQL refuses in a text."""
    return request.POST.get(name, "").replace("\x00", "")


def done_or_refused(request: HttpRequest, back: str, act: Callable[[], str]) -> HttpResponse:
    """Do `act` and go `back` with its sentence as a note, or with the reason why it was refused."""
    try:
        messages.success(request, act())
    except SternaError as refused:
        messages.error(request, str(refused))
    return redirect(back)
