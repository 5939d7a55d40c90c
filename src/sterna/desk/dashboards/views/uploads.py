"""A file that was brought in: what it holds, how it is mapped, and what the mapping would take of its first rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import msgspec
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.config import options
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.parts import Refusal
from sterna.desk.sources import queries
from sterna.desk.sources.actions.imports import told
from sterna.desk.sources.forms import INTO_WORDS, KINDS, MappingForm, says_it_all, shown_by, source_named
from sterna.desk.sources.guessing import Written, how_written
from sterna.desk.sources.mapping import Imported, Into, parse, written
from sterna.desk.sources.mapping import Mapping as MappingFile
from sterna.desk.sources.models import Import, Source, Upload
from sterna.desk.sources.preview import Preview, Seen, look, trial
from sterna.desk.sources.suggesting import suggest
from sterna.desk.sources.targets import Program
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Row, Table
from sterna.engine.errors import BadInput


@dataclass(frozen=True)
class Draft:
    """How the file would be mapped: as a form, or as a text where the form cannot say it all."""

    into: Into
    written: Written
    form: MappingForm | None = None
    text: str = ""
    mapping: MappingFile | None = None
    problem: str = ""


@dataclass(frozen=True)
class Trial:
    """What the imports of a draft would take of the first rows; the rows of the first import."""

    rows: Sequence[Seen]
    words: Sequence[str]
    problem: str = ""


@needs(Right.READ)
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One upload; a form that is posted here is checked and changes nothing."""
    found = get_object_or_404(Upload, pk=pk)
    path = queries.upload_path(found)
    if found.removed_at is not None or not path.is_file():
        return _removed(request, found)
    if request.method == "POST":
        if not allows(request.user, Right.MANAGE):
            raise PermissionDenied("A mapping is written by those who may manage.")
        if request.POST.get("do") == "download":
            return _file(found.file_name, posted(request, "mapping"))
    try:
        guessed = how_written(path)
        draft = _draft(request, found, path, guessed)
        preview = look(path, draft.written, queries.month_first())
    except BadInput as error:
        draft = Draft("lines", guessed, problem=told(error, path))
        preview = look(path, guessed, queries.month_first())
    tried = _tried(path, draft)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(_check(request, found, draft, preview, tried))
    return _page(request, found, draft, preview, tried)


def _file(name: str, text: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{_ascii(Path(name).stem)}.yaml"'}
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)


def _ascii(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name) or "mapping"


def _removed(request: HttpRequest, found: Upload) -> HttpResponse:
    nothing = Empty(
        f"The rows of {found.file_name}.",
        "The file is not kept any more; what was imported of it stays.",
        "Bring it in again",
        reverse("sources"),
    )
    trail = [("Sources", reverse("sources"))]
    return answer(
        request, Page(f"What does {found.file_name} hold?", [Section([nothing])], trail=trail, dated=False)
    )


def _draft(request: HttpRequest, found: Upload, path: Path, guessed: Written) -> Draft:
    if request.method == "POST" and request.POST.get("do") == "text":
        return _of_text(posted(request, "mapping"), path, guessed)
    if request.method == "POST":
        return _of_form(request, found, path, guessed)
    template = _template(request)
    if template is not None:
        spec = msgspec.structs.replace(
            parse(template.mapping, "of an import").imports[0],
            file=found.file_name, delimiter=guessed.delimiter, encoding=guessed.encoding,
        )  # fmt: skip
        return _of_text(written(MappingFile(source_named(template.source), [spec])), path, guessed)
    into = request.GET.get("into")
    if found.mapping and into is None:
        return _of_text(found.mapping, path, guessed)
    return _suggested(found, path, guessed, into if into in KINDS else None)


def _template(request: HttpRequest) -> Import | None:
    try:
        return Import.objects.exclude(mapping="").filter(pk=request.GET["like"]).first()
    except (KeyError, ValidationError):
        return None


def _of_text(text: str, path: Path, guessed: Written) -> Draft:
    """A mapping that stands there as a text; the form shows it when it can say all of it."""
    try:
        mapping = parse(text, "of the form")
    except BadInput as error:
        return Draft("lines", guessed, text=text, problem=str(error))
    spec = mapping.imports[0]
    draft = Draft(spec.into, Written(spec.delimiter, spec.encoding, spec.header), text=text, mapping=mapping)
    columns = list(look(path, draft.written, queries.month_first()).columns)
    if says_it_all(mapping, columns):
        return replace(draft, form=_form(columns, spec, mapping))
    return draft


def _form(columns: Sequence[str], spec: Imported, mapping: MappingFile) -> MappingForm:
    return MappingForm(columns, spec.into, initial=shown_by(spec, mapping.source, columns))


def _suggested(found: Upload, path: Path, guessed: Written, into: Into | None) -> Draft:
    preview = look(path, guessed, queries.month_first())
    spec = suggest(found.file_name, guessed, preview.guesses, into)
    source = Source.objects.order_by("-imports__started_at", "-created_at").first()
    columns = list(preview.columns)
    shown = shown_by(spec, source_named(source) if source else None, columns)
    # Whose numbers these are is known where the source is.
    shown |= {"identify_kind": source.identifier_kind} if source and spec.identify else {}
    draft = Draft(spec.into, guessed, form=MappingForm(columns, spec.into, initial=shown))
    filled = MappingForm(
        columns, spec.into, {key: value for key, value in shown.items() if value is not None}
    )
    return _with_mapping(draft, filled, found) if filled.is_valid() else draft


def _of_form(request: HttpRequest, found: Upload, path: Path, guessed: Written) -> Draft:
    into = request.POST.get("into")
    chosen = Written(
        request.POST.get("delimiter", "")[:1] or guessed.delimiter,
        "cp1252" if request.POST.get("encoding") == "cp1252" else "utf-8",
        "header" in request.POST,
    )
    columns = list(look(path, chosen, queries.month_first()).columns)
    kind = into if into in KINDS else "lines"
    form = MappingForm(columns, kind, request.POST)
    draft = Draft(kind, chosen, form=form)
    if form.is_valid():
        return _with_mapping(draft, form, found)
    return replace(draft, problem="; ".join(form.problems()))


def _with_mapping(draft: Draft, form: MappingForm, found: Upload) -> Draft:
    try:
        mapping = form.mapping(found.file_name)
    except BadInput as error:
        return replace(draft, problem=str(error))
    return replace(draft, mapping=mapping, text=written(mapping))


def _tried(path: Path, draft: Draft) -> Trial:
    if draft.mapping is None:
        return Trial((), (), draft.problem)
    program = Program(draft.mapping.source.name, options.zone().key, options.currency())
    try:
        found = [(spec, trial(path, spec, program)) for spec in draft.mapping.imports]
    except BadInput as error:
        return Trial((), (), told(error, path))
    return Trial(found[0][1], [_words(spec, rows) for spec, rows in found])


def _words(spec: Imported, rows: Sequence[Seen]) -> str:
    taken = sum(row.refused is None for row in rows)
    first = f"the first {len(rows)} rows" if len(rows) > 1 else "the one row"
    return f"As {spec.name}, {taken} of {first} would be taken, {len(rows) - taken} refused."


def _page(request: HttpRequest, found: Upload, draft: Draft, preview: Preview, tried: Trial) -> HttpResponse:
    figures = [
        Number("Size", round(found.size / 1_000_000, 2), "decimal", "MB"),
        Number("Columns", len(preview.columns)),
        Number("Numbers", _numbers(preview), "text", note="as they are written in the file"),
    ]
    sections = [
        *([Section(_already(found))] if _already(found) else []),
        Section(figures, layout="figures"),
        Section([_columns(preview)], "What do its columns hold?"),
    ]
    check = SafeString(_check(request, found, draft, preview, tried))
    if allows(request.user, Right.MANAGE):
        lead = "What is chosen here is checked on the first rows below at once; nothing is imported yet."
        sections.append(Section([_mapping_form(request, found, draft)], "What does one row say?", lead))
    sections.append(Section([check, *_removal(request, found)], "What would be taken?"))
    trail = [("Sources", reverse("sources"))]
    return answer(request, Page(f"What does {found.file_name} hold?", sections, trail=trail, dated=False))


def _numbers(preview: Preview) -> str:
    guesses = preview.guesses
    return f"1{guesses.grouping}234{guesses.decimal}50"


def _already(found: Upload) -> list[Component]:
    """What is said of a file that came in before."""
    done = queries.imports_of(found.sha256).filter(state=Import.State.DONE).first()
    if done is None:
        return []
    return [
        Failed(
            f"This very file was imported on {done.started_at:%Y-%m-%d} as {done.name}, {done.rows_accepted:,} rows.",
            "Under the same mapping it is not imported twice.",
            "Import it again only as something else, such as the addresses beside the purchases.",
            "Open that import",
            reverse("import", args=[done.pk]),
        )
    ]


def _removal(request: HttpRequest, found: Upload) -> list[SafeString]:
    if not allows(request.user, Right.MANAGE):
        return []
    return [SafeString(render_to_string("dashboards/upload_remove.html", {"upload": found}, request=request))]


def _columns(preview: Preview) -> Component:
    rows = []
    for index, (name, guess) in enumerate(preview.guesses.columns.items()):
        values = dict.fromkeys(value for row in preview.rows if (value := row.values[index]))
        written_as = ", ".join(part for part in (guess.format, guess.symbol) if part)
        rows.append(Row([name, guess.kind, written_as, ", ".join(list(values)[:3]), guess.remark]))
    columns = [
        Column("column", "Column"), Column("holds", "Seems to hold"), Column("written", "Written as"),
        Column("such", "Such as"), Column("remark", "Cannot be told"),
    ]  # fmt: skip
    return Table("Columns", columns, rows, stacks=True)


def _mapping_form(request: HttpRequest, found: Upload, draft: Draft) -> SafeString:
    here = reverse("upload", args=[found.pk])
    choices = [(INTO_WORDS[kind], f"{here}?into={kind}", kind == draft.into) for kind in KINDS]
    templates = [
        (f"{item.name} of {item.source.title}", f"{here}?like={item.pk}")
        for item in queries.templates(list(found.columns))
    ]
    context = {
        "here": here,
        "form": draft.form,
        "into": draft.into,
        "choices": choices,
        "templates": templates,
    }
    return SafeString(render_to_string("dashboards/mapping_form.html", context, request=request))


def _check(request: HttpRequest, found: Upload, draft: Draft, preview: Preview, tried: Trial) -> str:
    """What the mapping would take, the rows, and the mapping as a text; asked for again at each change of the form."""
    problem = tried.problem or draft.problem
    context = {
        "upload": found, "text": draft.text, "words": tried.words, "problem": problem,
        "may": allows(request.user, Right.MANAGE), "startable": draft.mapping is not None and not problem,
        "unsaved": request.method == "POST" and draft.text != found.mapping,
        "table": _rows(list(preview.columns), tried.rows or preview.rows, bool(tried.words)),
    }  # fmt: skip
    return render(request, "dashboards/mapping_check.html", context).content.decode()


def _rows(columns: Sequence[str], rows: Sequence[Seen], checked: bool) -> Table:
    shown = [
        Row([row.line, *([_verdict(row)] if checked else []), *_cells(row, len(columns))]) for row in rows
    ]
    verdict = [Column("_verdict", "Would be")] if checked else []
    headings = [Column("_line", "Line", "number"), *verdict, *(Column(name, name) for name in columns)]
    nothing = Empty("The first rows of the file.", "It has a header and no rows.")
    return Table("First rows", headings, shown, empty=nothing, csv_url="")


def _cells(row: Seen, width: int) -> list[str]:
    return [value or "" for value in [*row.values, *[None] * width][:width]]


def _verdict(row: Seen) -> str | Refusal:
    if row.refused is None:
        return "taken"
    return Refusal(row.refused.column or "the row", row.refused.value, row.refused.reason)
