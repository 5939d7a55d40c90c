"""What a posted form answers: back to a page, with a note that says what was done or why not."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sterna.engine.errors import SternaError


def posted(request: HttpRequest, name: str) -> str:
    """The word of the form's field `name` without NUL, which PostgreSQL refuses in a text."""
    return request.POST.get(name, "").replace("\x00", "")


def done_or_refused(request: HttpRequest, back: str, act: Callable[[], str]) -> HttpResponse:
    """Do `act` and go `back` with its sentence as a note, or with the reason why it was refused.

    A form that is posted by htmx stays where it is when it is refused, with all that was typed, and shows the reason.
    """
    try:
        messages.success(request, act())
    except SternaError as refused:
        return refusal(request, back, str(refused))
    return went(request, back)


def refusal(request: HttpRequest, back: str, why: str) -> HttpResponse:
    """The reason why a form was refused: beside the form when htmx posted it, else as a note on the page `back`."""
    if request.headers.get("HX-Request") == "true":
        return render(request, "web/components/refused.html", {"why": why})
    messages.error(request, why)
    return redirect(back)


def went(request: HttpRequest, back: str) -> HttpResponse:
    """Let the browser open the page `back`, whether it or htmx posted the form."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": back})
    return redirect(back)


def shown_once(request: HttpRequest, told: Mapping[str, str]) -> HttpResponse:
    """Show a secret this once in the answer itself: it stands in no note, no session and no address.

    `told` holds the page's `question`, `what` it is, the `secret`, its `use`, and the page to go `back` to.
    """
    answer = render(request, "web/shown_once.html", dict(told))
    if request.headers.get("HX-Request") == "true":
        # The page takes the place of the one with the form; loaded anew, it is that one again.
        for name, value in (("Retarget", "#content"), ("Reselect", "#content"), ("Reswap", "outerHTML")):
            answer[f"HX-{name}"] = value
    return answer
