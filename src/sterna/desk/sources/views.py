"""What a person does with files: bring one in, start its import, stop it, let it go on, remove the file."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from sterna.desk.config import options
from sterna.desk.sources import actions
from sterna.desk.sources.models import Import, Upload
from sterna.desk.sources.queries import uploads_folder
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine.errors import SternaError

MEGABYTE = 1_000_000


class IncomingFile(TemporaryUploadedFile):
    """A file under the home while it comes; it goes with the request unless it was moved before."""

    def __init__(self, name: str | None, content_type: str | None, charset: str | None, extra: Any) -> None:
        folder = uploads_folder()
        folder.mkdir(parents=True, exist_ok=True)
        # Django closes it with the request, and that removes it.
        file = tempfile.NamedTemporaryFile(suffix=".incoming", dir=folder)  # noqa: SIM115
        super(TemporaryUploadedFile, self).__init__(file, name, content_type, 0, charset, extra)


class Incoming(TemporaryFileUploadHandler):
    """Writes an uploaded file to the disk of the home piece by piece."""

    def new_file(self, *arguments: Any, **named: Any) -> None:
        """Open the file that the pieces go to."""
        FileUploadHandler.new_file(self, *arguments, **named)
        self.file = IncomingFile(self.file_name, self.content_type, self.charset, self.content_type_extra)


# The form's token is read out of the body, and the body only after the size and the right are known.
@csrf_exempt
@require_POST
@needs(Right.MANAGE)
def upload_new(request: HttpRequest) -> HttpResponse:
    """Take a file, refused unread when it is larger than the setting says."""
    limit = options.number("STERNA_UPLOAD_LIMIT")
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit * MEGABYTE:
        messages.error(
            request,
            f"the file is larger than {limit:,} MB; `sterna import` takes one of any size on the server",
        )
        return redirect("sources")
    request.upload_handlers = [Incoming(request)]
    return _take(request)


@csrf_protect
def _take(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if not isinstance(file, IncomingFile):
        messages.error(request, "choose a file first")
        return redirect("sources")
    try:
        upload = actions.keep_upload(Path(file.temporary_file_path()), file.name or "", person(request))
    except SternaError as refused:
        messages.error(request, str(refused))
        return redirect("sources")
    return redirect("upload", upload.pk)


@require_POST
@needs(Right.MANAGE)
def upload_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start the import of an upload under the mapping in the form."""
    upload = get_object_or_404(Upload, pk=pk)
    try:
        started = actions.request_import(upload, posted(request, "mapping"), person(request))
    except SternaError as refused:
        messages.error(request, str(refused))
        return redirect("upload", pk)
    messages.success(
        request, f"The import of {upload.file_name} begins within a minute; this page follows it."
    )
    return redirect("import", started[0].pk)


@require_POST
@needs(Right.MANAGE)
def upload_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove the file of an upload."""
    upload = get_object_or_404(Upload, pk=pk)

    def act() -> str:
        actions.remove_upload(upload, person(request))
        return f"{upload.file_name} is removed; what was imported of it stays."

    return done_or_refused(request, reverse("sources"), act)


@require_POST
@needs(Right.MANAGE)
def import_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop an import."""
    found = get_object_or_404(Import, pk=pk)

    def act() -> str:
        actions.cancel_import(found, person(request))
        return "The import is cancelled. Rows that are in stay; it can go on where it was."

    return done_or_refused(request, reverse("import", args=[pk]), act)


@require_POST
@needs(Right.MANAGE)
def import_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a failed or cancelled import go on."""
    found = get_object_or_404(Import, pk=pk)

    def act() -> str:
        actions.resume_import(found, person(request))
        return "The import goes on within a minute, where it was."

    return done_or_refused(request, reverse("import", args=[pk]), act)
