"""Runs one turn of the loop: freeze a brief, compute it stage by stage, publish the outcome whole."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.runs.actions.briefing import Frozen, brief, folder, opened
from sterna.desk.runs.actions.publishing import publish
from sterna.desk.runs.models import TURNING, Run, Stage
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine import flow
from sterna.engine.errors import StepFailed, SternaError
from sterna.engine.lake import open_lake
from sterna.engine.steps import Ran

Tell = Callable[[str], None]
Files = dict[str, str]
Journal = Callable[[str, list[Ran], Files, float], None]
TASK = "runs.run"


@dataclass(frozen=True)
class Done:
    """What a call came to: the run, and one sentence for whoever asked."""

    run: Run
    sentence: str


def run(until: date, actor: User | None = None, again: bool = False, tell: Tell = lambda line: None) -> Done:
    """Turn the loop as of `until`, the last day included, and publish the outcome.

    The same brief as a run that is published changes nothing; with `again` it is computed anew and every table
    compared byte for byte. A run of the same brief that was killed or failed goes on where it was. Raises Refused
    while another run is being computed, and what the engine raises, after the run was written down as failed.
    """
    demand(actor, Right.MANAGE)
    with _alone():
        _sweep()
        tell(f"freezing what is known as of {until}")
        frozen = brief(new_id(), until)
        before = Run.objects.filter(brief_sha256=frozen.sha256).order_by("-started_at").first()
        if before is not None:
            shutil.rmtree(folder(frozen.run_id))
        if before is None or before.published_at is None:
            done = _turn(_begin(frozen, before, actor), tell)
            return Done(done.run, done.sentence + _because_of_erasure(done.run))
        if not again:
            return Done(before, f"nothing changed: the same brief as run {before.pk} of {until}")
        return _again(before, tell)


def _because_of_erasure(run: Run) -> str:
    """Why a run of a day that was run before is another one, where somebody was erased in between."""
    same_day = Run.objects.filter(until=run.until, published_at__isnull=False).exclude(pk=run.pk)
    before = same_day.order_by("-started_at", "-pk").first()
    if before is None or before.erased_at is None:
        return ""
    return f"; it differs from run {before.pk} because a person was erased on {before.erased_at:%Y-%m-%d}"


@transaction.atomic
def request_run(until: date, actor: User | None) -> None:
    """Have the background worker run as of `until`; asked twice before it begins, it runs once."""
    demand(actor, Right.MANAGE)
    try:
        # A savepoint: the refusal of a second job must not undo what the caller did before.
        with transaction.atomic():
            jobs.configure_task(name=TASK, queueing_lock=f"{TASK} {until}").defer(until=until.isoformat())
    except AlreadyEnqueued as waiting:
        raise Refused(f"a run until {until} is asked for already and waits for its turn") from waiting
    record("request run", "run", until.isoformat(), actor)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [TURNING])
        row = cursor.fetchone()
        if row is None or not row[0]:
            raise Refused(
                "another run is being computed: wait until it has ended, its progress is on the page Runs"
            )
        try:
            yield
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [TURNING])


def _sweep() -> None:
    """Remove folders that no run knows: somebody was killed while freezing."""
    known = {str(pk) for pk in Run.objects.values_list("pk", flat=True)}
    for path in (options.home() / "runs").glob("*"):
        if path.name not in known:
            shutil.rmtree(path)


@transaction.atomic
def _begin(frozen: Frozen, before: Run | None, actor: User | None) -> Run:
    """The run of the brief, new or taken up again. Whatever else stands as running was killed and is superseded."""
    stale = Run.objects.filter(state=Run.State.RUNNING).exclude(pk=before.pk if before else frozen.run_id)
    stale.update(
        state=Run.State.FAILED,
        ended_at=clock.now(),
        error="it was stopped, and the records have changed since: a newer run has another brief",
    )
    if before is not None:
        before.state, before.error, before.ended_at = Run.State.RUNNING, "", None
        before.save(update_fields=["state", "error", "ended_at"])
        record("resume run", "run", str(before.pk), actor)
        return before
    run = Run.objects.create(
        id=frozen.run_id,
        until=frozen.brief.until,
        brief=frozen.stored(),
        brief_sha256=frozen.sha256,
        engine=frozen.brief.engine,
        sealed=frozen.sealed,
        started_at=clock.now(),
    )
    detail: dict[str, Any] = {"until": str(run.until), "brief": run.brief_sha256}
    if frozen.wallets_left_out:
        detail["wallets left out"] = dict(frozen.wallets_left_out)
    record("start run", "run", str(run.pk), actor, detail=detail)
    return run


def _turn(run: Run, tell: Tell) -> Done:
    try:
        done = dict(run.stages.values_list("name", "files"))
        outcome = _compute(run, folder(run.pk), tell, done, partial(_journal, run), options.home() / "rolled")
    except (SternaError, MemoryError, OSError) as error:
        _fail(run, error)
        raise
    tell("publishing")
    publish(run, outcome)
    return Done(run, f"run {run.pk} of {run.until} is published")


def _compute(
    run: Run, into: Path, tell: Tell, done: Mapping[str, Files], keep: Journal, rolled: Path | None
) -> flow.Outcome:
    def journal(stage: str, ran: list[Ran], files: Files, seconds: float) -> None:
        keep(stage, ran, files, seconds)
        tell(f"  {stage}: {sum(each.rows for each in ran):,} rows in {seconds:.1f} s")

    scratch, memory = into / "scratch", options.text("STERNA_LAKE_MEMORY")
    try:
        with open_lake(run.engine, scratch, memory) as lake:
            return flow.turn(lake, opened(run.brief), into, journal, done, tell, rolled)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@transaction.atomic
def _journal(run: Run, stage: str, ran: list[Ran], files: Files, seconds: float) -> None:
    """Write down one stage that has ended; from here a killed run goes on behind it."""
    Stage.objects.create(
        run=run,
        position=run.stages.count() + 1,
        name=stage,
        ended_at=clock.now(),
        rows=sum(each.rows for each in ran),
        seconds=seconds,
        steps=[vars(each) for each in ran],
        files=files,
    )


@transaction.atomic
def _fail(run: Run, error: BaseException) -> None:
    said = f"{error}\n\n{error.sql}" if isinstance(error, StepFailed) else str(error)
    run.state, run.ended_at, run.error = Run.State.FAILED, clock.now(), said
    run.save(update_fields=["state", "ended_at", "error"])
    record("run failed", "run", str(run.pk), reason=str(error)[:500])


def _again(before: Run, tell: Tell) -> Done:
    """Compute a published run anew and compare; what differs stays on disk for whoever looks."""
    into = folder(before.pk) / "again"
    shutil.rmtree(into, ignore_errors=True)
    anew: dict[str, str] = {}
    # From every purchase, not from months that an earlier run has added up: they are part of what is checked.
    _compute(before, into, tell, {}, lambda stage, ran, files, seconds: anew.update(files), None)
    known = {
        table: sha for files in before.stages.values_list("files", flat=True) for table, sha in files.items()
    }
    differing = sorted(table for table in known.keys() | anew.keys() if anew.get(table) != known.get(table))
    if differing:
        raise Refused(f"computed anew, run {before.pk} differs in {', '.join(differing)}: compare {into}")
    shutil.rmtree(into)
    record("repeat run", "run", str(before.pk), detail={"outcome": before.outcome_sha256})
    return Done(before, f"computed anew, run {before.pk} is the same byte for byte: {len(known)} tables")
