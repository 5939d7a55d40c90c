"""Runs: the list, one run with its stages, one stage with its SQL."""

from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.context import plain
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.queries.current import run_name
from sterna.desk.runs.models import Run, Stage
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Progress, Row, Table
from sterna.desk.web.formats import duration
from sterna.engine import flow

STAGES = len(flow.STAGES)


@needs(Right.READ)
def runs(request: HttpRequest) -> HttpResponse:
    """Every run, the newest day first."""
    rows = [
        Row(
            [
                run.until,
                run_name(run.pk),
                run.get_state_display(),
                run.started_at,
                _took(run, run.worked or 0.0),
                run.engine,
                run.outcome_sha256[:12],
            ],
            reverse("run", args=[run.pk]),
        )
        for run in Run.objects.annotate(worked=Sum("stages__seconds"))[:200]
    ]
    columns = [
        Column("until", "As of", "day"),
        Column("run", "Run"),
        Column("state", "State"),
        Column("started", "Started", "instant"),
        Column("took", "Took"),
        Column("engine", "Engine"),
        Column("outcome", "Outcome"),
    ]
    nothing = Empty("Turns of the loop.", "None has run: `sterna run --until DATE` turns it once.")
    items: list[Component | SafeString] = [Table("Runs", columns, rows, empty=nothing, stacks=True)]
    if allows(request.user, Right.MANAGE):
        items.insert(0, render_to_string("dashboards/start_run.html", {}, request=request))
    return answer(request, Page("When did the loop turn?", [Section(items)], dated=False))


def _took(run: Run, worked: float) -> str:
    """From its start to its end, and no less than the seconds its stages worked: a pretended present stands still."""
    if run.ended_at is None:
        return "unfinished"
    return duration(max(worked, (run.ended_at - run.started_at).total_seconds()))


@needs(Right.READ)
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run: its brief, its stages with rows and seconds, and what failed."""
    found = get_object_or_404(Run, pk=pk)
    stages = list(found.stages.all())
    figures = [
        Number(
            "State", found.get_state_display(), "text", note=_took(found, sum(one.seconds for one in stages))
        ),
        Number("Stages done", len(stages), note=f"of {STAGES}"),
        Number("Brief", found.brief_sha256[:8], "text", note="same brief, same outcome"),
        Number("Outcome", found.outcome_sha256[:8] or None, "text", missing="the end of the run"),
    ]
    if "seen" in request.GET:
        return _progress_answer(request, found, stages)
    items: list[Component] = []
    if found.state == Run.State.RUNNING:
        items.append(_progress(stages))
    if found.state == Run.State.FAILED:
        what, _, trace = found.error.partition("\n")
        remedy = "Mend the cause and run the same day again: finished stages are not computed twice."
        items.append(
            Failed(what, "Nothing was published; earlier runs stay as they are.", remedy, trace=trace or None)
        )
    items.append(_stages(found, stages))
    sections = [
        Section(figures, layout="figures"),
        Section(items, "What did each stage do?"),
        Section([_brief(found)], "The brief"),
    ]
    trail = [("Runs", reverse("runs"))]
    then = Action("Show the pages as of this day", f"{reverse('home')}?as_of={found.until}")
    action = then if found.published_at else None
    return answer(
        request,
        Page(f"What did the run as of {found.until} do?", sections, action=action, trail=trail, dated=False),
    )


def _progress(stages: list[Stage]) -> Progress:
    done = len(stages)
    ahead = flow.STAGES[done].name if done < STAGES else "publishing"
    return Progress(ahead, done, STAGES, poll_url=f"?seen={done}", noun="stages")


def _progress_answer(request: HttpRequest, found: Run, stages: list[Stage]) -> HttpResponse:
    """The bar again for a page that polls; when a stage or the run has ended, the page is asked for anew."""
    answered = render(request, "web/components/progress.html", {"item": _progress(stages)})
    if found.state != Run.State.RUNNING or request.GET.get("seen") != str(len(stages)):
        answered["HX-Refresh"] = "true"
    return answered


def _stages(found: Run, stages: list[Stage]) -> Component:
    rows = [
        Row(
            [stage.name, len(stage.steps), stage.rows, f"{stage.seconds:.2f}"],
            reverse("run_stage", args=[found.pk, stage.name]),
        )
        for stage in stages
    ]
    columns = [
        Column("stage", "Stage"),
        Column("steps", "Steps", "number"),
        Column("rows", "Rows", "number"),
        Column("seconds", "Seconds"),
    ]
    return Table("Stages", columns, rows, empty=Empty("Stages.", "None has ended yet."), stacks=True)


def _brief(found: Run) -> Component:
    plain = {name: value for name, value in found.brief.items() if isinstance(value, str | int | float)}
    rows = [Row([name.replace("_", " "), str(value)]) for name, value in sorted(plain.items())]
    others = [("another scheme", terms) for terms in found.brief.get("tiers", ())]
    for name, pinned in (("scheme", found.brief.get("scheme")), *others, ("plan", found.brief.get("plan"))):
        if pinned:
            rows.append(Row([name, f"{pinned['name']} version {pinned['version']}, {pinned['sha256'][:12]}"]))
    return Table("Brief", [Column("what", "What"), Column("value", "Value")], rows, stacks=True)


@needs(Right.READ)
def run_stage(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """One stage of a run: each step with its purpose, rows, seconds and SQL."""
    stage = get_object_or_404(Stage.objects.select_related("run"), run=pk, name=plain(name))
    steps = [
        render_to_string("dashboards/step.html", {"step": step, "number": number})
        for number, step in enumerate(stage.steps, start=1)
    ]
    lead = f"{stage.rows:,} rows in {stage.seconds:.2f} seconds."
    trail = [("Runs", reverse("runs")), (f"As of {stage.run.until}", reverse("run", args=[pk]))]
    return answer(
        request, Page(f"How was {name} computed?", [Section(steps)], lead, trail=trail, dated=False)
    )
