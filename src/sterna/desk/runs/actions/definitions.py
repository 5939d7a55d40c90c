"""The definitions that a run pins: the tiers, the plan in force, its experiment, and the experiments to measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from sterna.desk.config import options
from sterna.desk.config.refused import Refused
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import dependencies_now
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import SCHEME, bests_in_force, newest_definition
from sterna.desk.segments.ruled_queries import ruled_in_force
from sterna.desk.segments.tier_queries import schemes_in_force
from sterna.desk.segments.treatment_queries import in_force as treatments_in_force
from sterna.engine import flow
from sterna.engine.measurement import Declared
from sterna.engine.plans import of_body, open_before
from sterna.engine.segments import FACT, Band, Holding


@dataclass(frozen=True)
class Pinned:
    """What a run computes with; `measured` are the experiments whose arms were drawn before its cut.

    The plan, its budget and its candidates go by `scheme`; `tiers` are the other schemes in force, and
    `ruled` those of segments and stages, of which `treatments` say how their customers are treated.
    """

    scheme: Definition
    plan: Plan | None
    experiment: Experiment | None
    measured: tuple[Experiment, ...]
    bests: tuple[Definition, ...] = ()
    tiers: tuple[Definition, ...] = ()
    ruled: tuple[Definition, ...] = ()
    treatments: tuple[Definition, ...] = ()


def pin(cut: date) -> Pinned:
    """The newest live plan that has opened by `cut`, the scheme it names, its experiment, and older ones.

    Without a plan the scheme that was published first leads. Raises Refused when there are no tiers: then nobody can be
    placed.
    """
    live = Plan.objects.filter(state=Plan.State.LIVE, opens_on__lte=cut).select_related("definition")
    plan = live.order_by("-opens_on", "-launched_at").first()
    in_force = schemes_in_force()
    first = next(iter(in_force), None)
    scheme = newest_definition(SCHEME, plan.definition.body["scheme"]) if plan else first
    if scheme is None:
        raise Refused("there are no tiers yet: cut them with `sterna tiers cut FILE --until DATE`")
    experiment = Experiment.objects.filter(plan=plan).first() if plan else None
    measured = Experiment.objects.filter(assignments__assigned_on__lt=cut).distinct().order_by("name")
    others = tuple(one for one in in_force if one.name != scheme.name and fits(one, scheme))
    return Pinned(
        scheme,
        plan,
        experiment,
        tuple(measured),
        tuple(bests_in_force()),
        others,
        tuple(ruled_in_force()),
        tuple(treatments_in_force()),
    )


def fits(scheme: Definition, main: Definition) -> bool:
    """Whether a run by `main` can place by `scheme` too.

    Spend is summed over any window and a fact has none; the other measures are those of the run's own window.
    """
    measure = scheme.body["measure"]
    same = scheme.body["window_months"] == main.body["window_months"]
    return measure == "spend" or str(measure).startswith(FACT) or same


def scheme_terms(scheme: Definition) -> flow.SchemeTerms:
    """A stored scheme as the flow takes it."""
    return flow.SchemeTerms(
        name=scheme.name,
        version=scheme.version,
        sha256=scheme.sha256,
        window_months=scheme.body["window_months"],
        measure=scheme.body["measure"],
        bands=msgspec.convert(scheme.body["bands"], tuple[Band, ...]),
        holding=msgspec.convert(scheme.body.get("holding", {}), Holding),
    )


def value_terms(bests: Sequence[Definition]) -> flow.ValueTerms:
    """What value is measured by: the installation's settings, and the stored definitions of best customers."""
    return flow.ValueTerms(
        model=options.text("STERNA_PURCHASE_MODEL"),
        horizon_weeks=options.number("STERNA_HORIZON_WEEKS"),
        lifetime_weeks=options.number("STERNA_LIFETIME_WEEKS"),
        yearly_discount=float(options.share("STERNA_DISCOUNT_RATE")),
        best=tuple(definition.body for definition in bests),
    )


def ruled_terms(scheme: Definition) -> flow.RuledTerms:
    """Stored segments or stages as the flow takes them."""
    return flow.RuledTerms(
        name=scheme.name,
        kind=scheme.kind,
        version=scheme.version,
        sha256=scheme.sha256,
        body=scheme.body,
    )


def treatment_terms(treatments: Definition) -> flow.TreatmentTerms:
    """Stored treatments as the flow takes them."""
    return flow.TreatmentTerms(
        name=treatments.name, version=treatments.version, sha256=treatments.sha256, body=treatments.body
    )


def plan_terms(plan: Plan) -> flow.PlanTerms:
    """A stored plan as the flow takes it, with what each asset still waits for as it was last said."""
    pinned = plan.definition
    now = dependencies_now(plan, of_body(pinned.body).plan)
    waiting = {
        asset.id: tuple(one.title or one.id or "" for one in found)
        for asset in now.assets
        if asset.id is not None and (found := open_before(now, asset.id))
    }
    return flow.PlanTerms(
        name=plan.name, version=plan.version, sha256=pinned.sha256, body=pinned.body, waiting=waiting
    )


def experiment_terms(experiment: Experiment) -> flow.ExperimentTerms:
    """A declared experiment as the flow draws it."""
    return flow.ExperimentTerms(name=experiment.name, salt=experiment.salt, share=experiment.share)


def declared(experiment: Experiment) -> Declared:
    """What a declared experiment is judged by, as it was declared."""
    primary = {name: value for name, value in experiment.declared["primary"].items() if value is not None}
    least = experiment.declared["hold_out"].get("least_per_arm")
    given = {**primary, **({"least_per_arm": least} if least is not None else {})}
    return msgspec.convert({"name": experiment.name, "share": experiment.share, **given}, Declared)
