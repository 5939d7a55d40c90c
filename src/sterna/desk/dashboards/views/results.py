"""Results: treated against held out, and the campaigns of others with their honest label."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.made import how
from sterna.desk.dashboards.verdict import kind_of, span_words, verdict_of
from sterna.desk.experiments.models import CampaignReach, Comparison
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Number, Picture, Row, Table, Verdict
from sterna.desk.web.pictures.intervals import Estimate, intervals
from sterna.desk.web.pictures.intervals import summary as in_words

_AA = (
    "This is an A/A test: no contact reached a customer before the period that is measured was over, so any "
    "difference between the arms is chance. One interval of twenty misses zero all the same: that is what 95 % means."
)


@needs(Right.READ)
def results(request: HttpRequest) -> HttpResponse:
    """Every comparison of the run: the one declared before, then the others adjusted for their number."""
    run = shown_run(asked_day(request))
    question = "Did it work?"
    if run is None:
        nothing = Empty("Effects with intervals.", "No run has been published yet.", "Runs", reverse("runs"))
        return answer(request, Page(question, [Section([nothing])]))
    found = list(Comparison.objects.filter(run_id=run.pk).order_by("experiment", "-is_primary", "name"))
    experiments = dict.fromkeys(item.experiment for item in found)
    sections = [section for name in experiments for section in _experiment(run, name, found)]
    if not found:
        nothing = Empty(
            "Treated against held out, per goal.",
            "No experiment had begun before this period: a live plan draws its hold-out in its first run.",
        )
        sections = [Section([nothing])]
    return answer(request, Page(question, [*sections, _campaigns(run)], _AA if _is_aa(found) else ""))


def _is_aa(found: Sequence[Comparison]) -> bool:
    return any(item.design == "A/A" for item in found)


def _experiment(run: Run, name: str, found: Sequence[Comparison]) -> list[Section]:
    currency = run.brief["currency"]
    mine = [item for item in found if item.experiment == name]
    primary = next(item for item in mine if item.is_primary)
    declared = "Everybody who would be contacted was drawn into one of two arms by chance; this comparison was declared"
    figures: list[Component] = [
        Number("Treated", primary.treated, provenance=how(run, "arm_sums", "Customers of the treated arm.")),
        Number(
            "Held out", primary.held_out, provenance=how(run, "arm_sums", "Customers left alone by chance.")
        ),
        _mean("Mean of the treated", primary.mean_treated, run),
        _mean("Mean of the held out", primary.mean_held_out, run),
    ]
    estimates = [
        Estimate(
            _title(item),
            kind_of(item),
            item.relative,
            item.relative_low,
            item.relative_high,
            primary=item.is_primary,
        )
        for item in mine
        if item.relative is not None
    ]
    axis = "Difference of treated to held out, with 95 % interval"
    title = f"Effect of {name} on spend"
    picture = (
        [Picture(title, intervals(estimates, title=title, axis=axis), in_words(estimates))]
        if estimates
        else []
    )
    return [
        Section([verdict_of(primary, currency)], name, primary.reason),
        Section(figures, lead=f"{declared} before.", layout="figures"),
        Section([*picture, _table(mine, currency)]),
    ]


def _mean(label: str, value: float | None, run: Run) -> Number:
    meaning = "Spend a customer of the arm from the day of the draw to the day of the run."
    return Number(
        label,
        value,
        "decimal",
        run.brief["currency"],
        how(run, "comparisons", meaning),
        "enough customers in both arms",
    )


def _title(item: Comparison) -> str:
    return "Everybody" if item.is_primary else item.name.removeprefix("goal:").replace("-", " ")


def _table(found: Sequence[Comparison], currency: str) -> Component:
    rows = [
        Row(
            [
                _title(item),
                item.treated,
                item.held_out,
                item.effect,
                span_words(item),
                "" if item.p_adjusted is None else f"{item.p_adjusted:.3f}",
                Verdict(kind_of(item), None, item.reason),
            ]
        )
        for item in found
    ]
    columns = [
        Column("comparison", "Comparison"),
        Column("treated", "Treated", "number"),
        Column("held_out", "Held out", "number"),
        Column("effect", "Difference", "money", unit=currency),
        Column("interval", "95 % interval", unit=currency),
        Column("p", "p, adjusted"),
        Column("verdict", "Verdict"),
    ]
    return Table("Comparisons", columns, rows, stacks=True)


def _campaigns(run: Run) -> Section:
    rows = [
        Row(
            [
                item.campaign_id,
                item.kind,
                item.starts_on,
                item.ends_on,
                item.targeted,
                item.others,
                item.redeemed,
                Verdict(
                    "targeted", None, "Chosen by somebody, not by chance: those reached differed before."
                ),
            ]
        )
        for item in CampaignReach.objects.filter(run_id=run.pk).order_by("starts_on", "campaign_id")
    ]
    columns = [
        Column("campaign", "Campaign"),
        Column("kind", "Kind"),
        Column("starts", "Starts", "day"),
        Column("ends", "Ends", "day"),
        Column("targeted", "Reached", "number"),
        Column("others", "Not reached", "number"),
        Column("redeemed", "Redeemed", "number"),
        Column("verdict", "What it shows"),
    ]
    nothing = Empty("Campaigns that were targeted by somebody.", "None is known.")
    lead = "No effect is given: who was reached was chosen, and spent more before. Comparing them would invent a lift."
    return Section(
        [Table("Campaigns of the shop", columns, rows, empty=nothing, stacks=True)],
        "Campaigns without a hold-out",
        lead,
    )
