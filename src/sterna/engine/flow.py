"""The corridor: one whole turn of the loop, from frozen inputs to an outcome, stage by stage, resumable."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from sterna.engine import (
    decisions,
    documents,
    events,
    identity,
    measurement,
    plans,
    profiles,
    segments,
    value,
)
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, files
from sterna.engine.segments.months import months_before
from sterna.engine.steps import Ran
from sterna.engine.tables import FROZEN, LAKE, TABLES

MODELS = "models"  # the fitted models, a JSON file beside the tables
LAID_OUT = (
    *segments.LAID_OUT,
    *plans.LAID_OUT,
)  # frozen tables that flow itself lays out from the definitions


class File(msgspec.Struct, frozen=True):
    """A Parquet file of the brief, and the hash that it must still have."""

    path: str
    sha256: str


class SchemeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The pinned definition of tiers that this turn measures by, with what keeps somebody in one."""

    name: str
    version: int
    sha256: str
    window_months: int
    measure: str
    bands: tuple[segments.Band, ...]
    holding: segments.Holding = segments.Holding()


class RuledTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The pinned definition of segments or stages that this turn places by; `body` is what `read_ruled` reads."""

    name: str
    kind: str
    version: int
    sha256: str
    body: dict[str, Any]


class TreatmentTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The pinned treatments of a scheme of segments; `body` is what `read_treatments` reads."""

    name: str
    version: int
    sha256: str
    body: dict[str, Any]


# Left out of what is stored where nothing waits, so that the same records give the hash that they gave before.
class PlanTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The pinned plan; `body` is what `plans.body` gave, `waiting` says by asset what it still waits for."""

    name: str
    version: int
    sha256: str
    body: dict[str, Any]
    waiting: dict[str, tuple[str, ...]] = {}


class ValueTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What value is measured by: the model of purchases, what is forecast, and the bodies of the definitions of best.

    Orders are forecast for `horizon_weeks`; lifetime value is of `lifetime_weeks` at a yearly discount such as .1.
    """

    model: str = "bg-nbd"
    horizon_weeks: int = 26
    lifetime_weeks: int = 156
    yearly_discount: float = 0.1
    best: tuple[dict[str, Any], ...] = ()


class ExperimentTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The experiment whose arms this turn draws: its salt and the share that is held out."""

    name: str
    salt: str
    share: float


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a turn depends on. The same brief gives the same outcome, byte for byte on one engine.

    `until` is the last day included. `files` are the lake's segments by table, `frozen` one file for each
    table of records (bands, schemes, goals, assets and routes are laid out from the definitions); a table that is
    not named is empty. The plan, its budget and its goals go by `scheme`; `tiers` are the other schemes in force, and
    `ruled` those of segments and stages, of which `treatments` say how their customers are treated.
    `measure` are the experiments of earlier turns. `known_at`, `zone`, `manifest` and
    `seed` say where the inputs came from.
    """

    until: date
    known_at: str
    zone: str
    currency: str
    manifest: str
    files: dict[str, tuple[File, ...]]
    frozen: dict[str, File]
    scheme: SchemeTerms
    tiers: tuple[SchemeTerms, ...] = ()
    ruled: tuple[RuledTerms, ...] = ()
    treatments: tuple[TreatmentTerms, ...] = ()
    plan: PlanTerms | None = None
    experiment: ExperimentTerms | None = None
    measure: tuple[measurement.Declared, ...] = ()
    value: ValueTerms = ValueTerms()
    seed: int = 0
    engine: str = "duckdb"

    @property
    def cut(self) -> date:
        """The first day that is not included."""
        return self.until + timedelta(days=1)

    @property
    def opening(self) -> date:
        """The first day of the measured window."""
        return months_before(self.cut, self.scheme.window_months)

    @property
    def before(self) -> date:
        """The first day of the window before the measured one."""
        return months_before(self.cut, 2 * self.scheme.window_months)

    def sha256(self) -> str:
        """The SHA-256 of the canonical JSON of the brief."""
        return documents.sha(self)


@dataclass(frozen=True)
class Done:
    """What one stage did: its steps, and its fitted models where it has any."""

    ran: list[Ran]
    models: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Stage:
    """A stage of the flow: its verb, and the tables that it leaves for later stages and for readers.

    The verb of one that `rolls` takes the folder of added-up months as `rolled` beside the lake and the brief.
    """

    name: str
    verb: Callable[..., Done]
    makes: tuple[str, ...]
    has_models: bool = False
    rolls: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a turn made: published tables and models with hashes and files, and the hash over them all."""

    sha256: str
    tables: Mapping[str, str]
    files: Mapping[str, Path]
    models: tuple[dict[str, Any], ...]
    ran: Mapping[str, tuple[Ran, ...]] = field(default_factory=dict)


Journal = Callable[[str, list[Ran], dict[str, str], float], None]
Progress = Callable[[str], None]


def _events(lake: Lake, brief: Brief) -> Done:
    return Done(events.clean(lake, brief.cut))


def _identity(lake: Lake, brief: Brief) -> Done:
    return Done(identity.resolve(lake, brief.cut))


def _profiles(lake: Lake, brief: Brief) -> Done:
    return Done(profiles.know(lake, brief.cut))


def _value(lake: Lake, brief: Brief, rolled: Path | None) -> Done:
    asked = brief.value
    terms = value.Terms(
        brief.cut,
        brief.opening,
        brief.before,
        brief.currency,
        asked.model,
        value.Horizon(asked.horizon_weeks, asked.lifetime_weeks, asked.yearly_discount),
        [value.definition_of(body) for body in asked.best],
    )
    ran, records = value.worth(lake, terms, rolled)
    return Done(ran, [dict(record) for record in records])


def _segments(lake: Lake, brief: Brief) -> Done:
    ruled = [segments.read_ruled(terms.body) for terms in brief.ruled]
    treated = [segments.read_treatments(terms.body) for terms in brief.treatments]
    scheme, window = brief.scheme.name, (brief.opening, ruled, treated, brief.zone)
    return Done(segments.place(lake, brief.cut, scheme, brief.currency, *window))


def _placings(brief: Brief) -> list[segments.Placing]:
    """Each scheme with the days of its own window."""
    return [
        segments.Placing(
            name=terms.name,
            measure=terms.measure,
            bands=terms.bands,
            opening=months_before(brief.cut, terms.window_months),
            before=months_before(brief.cut, 2 * terms.window_months),
            own_window=terms.window_months != brief.scheme.window_months,
            holding=terms.holding,
        )
        for terms in (brief.scheme, *brief.tiers)
    ]


def _decisions(lake: Lake, brief: Brief) -> Done:
    """Decide by the plan; one with errors, one that closed, or none at all contacts nobody and says so."""
    document = plans.of_body(brief.plan.body) if brief.plan else None
    found = plan_errors(brief)
    stopped = _stopped(brief, found)
    experiment = None if stopped else brief.experiment
    ran = decisions.choose(
        lake,
        brief.cut,
        brief.scheme.name,
        brief.currency,
        (document.plan.budget if document else None) or Decimal("0.00"),
        experiment.name if experiment else None,
        experiment.salt if experiment else "",
        experiment.share if experiment else 0.0,
        stopped,
    )
    return Done([*_reported(found), *ran])


def plan_errors(brief: Brief) -> list[plans.Finding]:
    """What keeps the brief's plan from being used: its own errors, and what does not fit the brief."""
    if brief.plan is None:
        return []
    document = plans.of_body(brief.plan.body)
    ranked = sorted(brief.scheme.bands, key=lambda band: band.rank)
    found = plans.errors(plans.check(document, plans.Known(places=tuple(band.place for band in ranked))))
    for name, planned, given in (
        ("scheme", document.plan.scheme, brief.scheme.name),
        ("currency", document.plan.currency, brief.currency),
    ):
        if planned != given:
            said = f"the plan's {name} is {planned}, and this turn's is {given}"
            found.append(plans.Finding(f"brief-{name}", "error", name, None, said, "load a plan that fits"))
    return found


def _stopped(brief: Brief, found: list[plans.Finding]) -> tuple[str, str] | None:
    if brief.plan is None:
        return "no plan", "No plan is live, so nobody is contacted."
    if not found:
        return _shut(brief.plan, brief.cut)
    count = f"{len(found)} error{'s' if len(found) > 1 else ''}"
    return "plan has errors", f"The plan has {count}, so nobody is contacted; the first: {found[0].message}."


def _shut(terms: PlanTerms, cut: date) -> tuple[str, str] | None:
    """A plan outside its days still shows who could move, and contacts nobody; contacts are due from the cut on."""
    plan = plans.of_body(terms.body).plan
    if plan.opens is not None and cut < plan.opens:
        return "plan not open", f"The plan opens on {plan.opens}, so nobody is contacted before."
    if plan.closes is not None and cut > plan.closes:
        return "plan closed", f"The plan closed on {plan.closes}, so nobody is contacted."
    return None


def _reported(found: list[plans.Finding]) -> list[Ran]:
    """The errors of the plan as a step of the journal, one a line; nothing when there is none."""
    if not found:
        return []
    text = "\n".join(f"{finding.code}: {finding.message}; {finding.mend}" for finding in found)
    return [Ran("plans/check", "Checks the plan; it has errors.", "decisions", len(found), 0.0, text)]


def _measurement(lake: Lake, brief: Brief) -> Done:
    return Done(measurement.compare(lake, brief.measure, brief.cut))


IDENTITY = ("purchases", "category_months", "happenings", "customers", "unresolved")
VALUE = (
    *(
        "customer_sums",
        "histories",
        "cells",
        "cell_scores",
        "spend_cells",
        "spend_scores",
        "past_cells",
        "cost_counts",
        "category_spend",
    ),
    *("current_values", "category_wallets", "wallets", "household_wallets", "influences", "values"),
    "best_customers",
)

STAGES = (
    Stage("events", _events, ("clean_lines", "clean_events", "event_counts")),
    Stage("identity", _identity, IDENTITY),
    Stage("profiles", _profiles, ("current_facts", "profiles")),
    Stage("value", _value, VALUE, has_models=True, rolls=True),
    Stage("segments", _segments, segments.MAKES),
    Stage("decisions", _decisions, decisions.MAKES),
    Stage("measurement", _measurement, measurement.MAKES),
)

# What readers get; the rest is kept beside it only so that a killed turn can go on.
PUBLISHED = (
    *("event_counts", "unresolved", "customers", "current_facts", "profiles"),
    *("cost_counts", "category_wallets", "household_wallets", "influences", "values", "best_customers"),
    *("places", "treatments", "matrix", "candidates", "segment_preferences", "options", "decisions"),
    *("arm_sums", "comparisons", "campaign_reach"),
)


def turn(
    lake: Lake,
    brief: Brief,
    folder: Path,
    journal: Journal,
    done: Mapping[str, Mapping[str, str]],
    progress: Progress | None = None,
    rolled: Path | None = None,
) -> Outcome:
    """Turn the loop once as of `brief.until`, leaving every table as `folder/<table>.parquet`.

    `journal(stage, ran, {table: sha256}, seconds)` is called when a stage's files are durable. `done` are the
    files of stages that an earlier, killed turn has journaled: they are read, not made again. `progress` hears
    each stage's name before it starts. `rolled` is the installation's folder of what value has added up in earlier
    turns; without one every purchase is read anew, which makes the same. Raises LakeMissing when an input or a file
    of `done` is not what it was, BadInput when the brief names a table that does not exist.
    """
    _mount_inputs(lake, brief)
    saved: dict[str, str] = {}
    ran: dict[str, tuple[Ran, ...]] = {}
    for stage in STAGES:
        if progress:
            progress(stage.name)
        if stage.name in done:
            saved |= _resume(lake, stage, folder, done[stage.name])
            continue
        begun = time.perf_counter()
        made = stage.verb(lake, brief, rolled) if stage.rolls else stage.verb(lake, brief)
        hashes = _keep(lake, stage, folder, made.models)
        ran[stage.name] = tuple(made.ran)
        journal(stage.name, made.ran, hashes, time.perf_counter() - begun)
        saved |= hashes
    return _outcome(folder, saved, ran)


def _mount_inputs(lake: Lake, brief: Brief) -> None:
    """Let the lake read the brief's files, each checked against its hash, and lay out the definitions."""
    known = {table.name for table in LAKE} | {table.name for table in FROZEN} - set(LAID_OUT)
    strange = sorted((set(brief.files) | set(brief.frozen)) - known)
    if strange:
        raise BadInput(f"the brief names {', '.join(strange)}, which no turn reads from a file")
    given = {name: list(segments_of) for name, segments_of in brief.files.items()}
    given |= {name: [file] for name, file in brief.frozen.items()}
    for name in sorted(known):
        for file in given.get(name, []):
            files.check(file.path, file.sha256)
        lake.mount(TABLES[name], [file.path for file in given.get(name, [])])
    for name, rows in _laid_out(brief).items():
        lake.put(TABLES[name], rows)


def _laid_out(brief: Brief) -> dict[str, pa.Table]:
    """The definitions as rows; those of a plan with errors are left out, so that it can reach nobody."""
    usable = brief.plan is not None and not plan_errors(brief)
    plan = plans.of_body(brief.plan.body).plan if brief.plan and usable else None
    return {**segments.rows(_placings(brief)), **plans.rows(plan, brief.plan.waiting if brief.plan else {})}


def _resume(lake: Lake, stage: Stage, folder: Path, hashes: Mapping[str, str]) -> dict[str, str]:
    """Read what a stage of an earlier turn left, after checking that it is what the journal recorded."""
    wanted = {*stage.makes, *([MODELS] if stage.has_models else [])}
    if set(hashes) != wanted:
        raise BadInput(f"stage {stage.name} is journaled with {sorted(hashes)}, it leaves {sorted(wanted)}")
    for name in sorted(wanted):
        files.check(_path(folder, name), hashes[name])
    for name in stage.makes:
        lake.mount(TABLES[name], [str(_path(folder, name))])
    return dict(hashes)


def _keep(lake: Lake, stage: Stage, folder: Path, models: list[dict[str, Any]] | None) -> dict[str, str]:
    """Save what a stage made, and read it from there from now on.

    Later stages so read the same files in an unbroken turn as in a resumed one, and memory is given back.
    """
    for name in stage.makes:
        lake.save(TABLES[name], _path(folder, name))
        lake.mount(TABLES[name], [str(_path(folder, name))])
    names = list(stage.makes)
    if stage.has_models:
        text = msgspec.json.format(msgspec.json.encode(models or [], order="sorted"), indent=2).decode()
        files.write_text(_path(folder, MODELS), text)
        names.append(MODELS)
    return {name: files.sha256(_path(folder, name)) for name in names}


def _path(folder: Path, name: str) -> Path:
    return folder / (f"{name}.json" if name == MODELS else f"{name}.parquet")


def _outcome(folder: Path, saved: Mapping[str, str], ran: Mapping[str, tuple[Ran, ...]]) -> Outcome:
    published = {name: saved[name] for name in (*PUBLISHED, MODELS)}
    text = "".join(f"{name} {sha}\n" for name, sha in sorted(published.items()))
    models = msgspec.json.decode(files.read_text(_path(folder, MODELS)))
    paths = {name: _path(folder, name) for name in published}
    return Outcome(hashlib.sha256(text.encode()).hexdigest(), published, paths, tuple(models), ran)
