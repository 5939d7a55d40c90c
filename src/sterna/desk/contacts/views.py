"""What a person does to a contact: look at it as the customer will, close a call, settle a doubt, accept, withdraw."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from sterna.desk.contacts import actions, footer, queries
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine.errors import SternaError


@require_GET
@needs(Right.READ)
@xframe_options_sameorigin
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The message as this customer sees it; once it has left, the words that were kept."""
    contact = get_object_or_404(Contact.objects.select_related("plan__definition", "customer"), pk=pk)
    try:
        shown = footer.added(queries.preview(contact).rendered).preview_html
    except SternaError as refused:
        return render(request, "contacts/no_preview.html", {"why": str(refused), "kept": contact.text})
    answer = HttpResponse(shown)
    # What an author wrote is shown, not run: no script, no address outside is asked for anything.
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"
    )
    return answer


@require_POST
@needs(Right.WORK_CONTACTS)
def task_done(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a call as done or not reached, with what was said."""
    task = get_object_or_404(Task, pk=pk)

    def act() -> str:
        closed = actions.complete_task(
            task, posted(request, "state"), posted(request, "note"), person(request)
        )
        return f"The call is closed as {closed.get_state_display().lower()}."

    return done_or_refused(request, reverse("tasks"), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write what was found out about a contact in doubt."""
    contact = get_object_or_404(Contact, pk=pk)

    def act() -> str:
        arrived = posted(request, "arrived") == "yes"
        settled = actions.settle_unknown(contact, arrived, posted(request, "reason"), person(request))
        return f"The contact is {settled.get_state_display().lower()} now; it is not sent again."

    return done_or_refused(request, reverse("contact", args=[pk]), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back a contact that has not left."""
    contact = get_object_or_404(Contact, pk=pk)

    def act() -> str:
        actions.withdraw(contact, posted(request, "reason"), person(request))
        return "The contact is withdrawn and will not leave."

    return done_or_refused(request, reverse("contact", args=[pk]), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep that the customer took what the contact offered."""
    contact = get_object_or_404(Contact, pk=pk)

    def act() -> str:
        actions.accept(contact, posted(request, "reason"), person(request))
        return "The offer is accepted; it is honored whatever stage the customer comes to."

    return done_or_refused(request, reverse("contact", args=[pk]), act)
