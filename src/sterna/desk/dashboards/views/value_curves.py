"""How concentrated value is, and how near the forecasts came to what happened."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import fits
from sterna.desk.dashboards.queries.current import opening, run_of_period_before, shown_run
from sterna.desk.dashboards.queries.made import how
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.dashboards.views.value import basis
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, needs
from sterna.desk.values.queries import Concentrated, concentrated
from sterna.desk.web import formats
from sterna.desk.web.components import Column, Component, Empty, Number, Picture, Row, Table
from sterna.desk.web.pictures.bars import whale_curve
from sterna.desk.web.pictures.deciles import Tenth, deciles
from sterna.engine.value.hindsight import best_of, gain

TRAIL = [("Value", "values")]
_PARTS = ("First tenth", "First fifth", "First half")


@needs(Right.READ)
def concentration(request: HttpRequest) -> HttpResponse:
    """Which part of the customers brings which part of the margin, beside the period before."""
    question = "How few customers bring most of the value?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "The share of the margin by the share of the customers.", request)
    figure, now = basis(concentrated(run.pk))
    earlier = run_of_period_before(run)
    before = concentrated(earlier.pk)[figure] if earlier else None
    sections = [
        Section(list(_readings(run, figure, now)), layout="figures"),
        Section([_curve(run, figure, now, earlier, before)], "The curve"),
        Section(
            [_side_by_side(run, now, earlier, before)], "Beside the period before", _missing(run, earlier)
        ),
    ]
    return answer(request, Page(question, sections, _of_what(figure, now), trail=_trail()))


def _trail() -> list[tuple[str, str]]:
    return [(title, reverse(name)) for title, name in TRAIL]


def _of_what(figure: str, curve: Concentrated) -> str:
    """Which figure is told of and why, and who stands nowhere on the curve."""
    why = (
        "Told of the margin: spend less what serving each cost."
        if figure == "margin"
        else "Told of the spend: no cost to serve is recorded, so nobody's margin is known."
    )
    unknown = f" Of {curve.unknown:,} it is not known, and they stand nowhere here." if curve.unknown else ""
    return f"{why}{unknown}"


def _missing(run: Run, earlier: Run | None) -> str:
    if earlier is not None:
        return ""
    return f"No run is as of a day before {opening(run)}, when this window began: there is nothing to set beside it."


def _readings(run: Run, figure: str, curve: Concentrated) -> Iterator[Component]:
    meaning = f"The {figure} of the customers with most of it, added up to the cent, by the {figure} of all."
    made = how(run, "current_values", meaning)
    note = f"of the {figure}" if curve.reason is None else curve.reason
    for part, share in zip(_PARTS, curve.firsts, strict=True):
        yield Number(part, share, "percent", provenance=made, note=note)
    many = None if curve.needed is None else f"of {formats.counted(curve.customers, 'customer')}"
    yield Number("Bring 80 %", curve.needed, provenance=made, note=many or curve.reason)
    currency = run.brief["currency"]
    yield Number("At the peak", Decimal(curve.peak), "money", currency, made, note=_peak(curve))
    yield Number(
        "Lost after it",
        curve.lost,
        "money",
        currency,
        made,
        note="by customers below zero" if curve.lost else "nobody is below zero",
    )


def _peak(curve: Concentrated) -> str:
    return f"brought by the first {curve.peak_at:,} of {curve.customers:,}"


def _reading(figure: str, curve: Concentrated) -> str:
    """The curve in a sentence."""
    if curve.reason is not None:
        return f"No curve can be drawn: {curve.reason}."
    tenth, fifth, half = (formats.percent(share, 1) for share in curve.firsts)
    said = f"The first tenth of the customers bring {tenth} of the {figure}, a fifth {fifth}, half of them {half}."
    if curve.lost:
        said += f" After customer {curve.peak_at:,} the curve falls: the others cost more than they bring."
    return said


def _curve(
    run: Run, figure: str, now: Concentrated, earlier: Run | None, before: Concentrated | None
) -> Component:
    if now.reason is not None:
        return Empty(f"The curve of the {figure}.", f"{now.reason[:1].upper()}{now.reason[1:]}.")
    title, reading = f"Share of the {figure} by customers in order of {figure}", _reading(figure, now)
    behind = [(one, two) for one, two in before.points] if before else []
    names = (f"as of {run.until}", f"as of {earlier.until}") if earlier and behind else None
    drawn = whale_curve(
        [(one, two) for one, two in now.points],
        title=title,
        reading=reading,
        customers="Share of the customers",
        before=behind,
        names=names,
    )
    columns = [
        Column("customers", "First customers", "percent"),
        Column("share", f"Share of the {figure}", "percent"),
    ]
    rows = [Row([people, share]) for people, share in now.points[:: max(len(now.points) // 20, 1)]]
    return Picture(title, drawn, reading, Table(title, columns, rows))


def _side_by_side(run: Run, now: Concentrated, earlier: Run | None, before: Concentrated | None) -> Table:
    currency = run.brief["currency"]
    told = [_told(one, currency) for one in (now, before) if one is not None]
    labels = dict.fromkeys(label for each in told for label in each)
    rows = [Row([label, *(each.get(label, "there are shares") for each in told)]) for label in labels]
    runs = [one for one in (run, earlier) if one is not None]
    columns = [Column("what", "What"), *(Column(str(one.until), f"As of {one.until}") for one in runs)]
    return Table("Concentration of two periods", columns, rows, stacks=True)


def _told(curve: Concentrated, currency: str) -> dict[str, str]:
    """The figures of a curve in words, by what they are."""
    return {
        "Customers on the curve": formats.count(curve.customers),
        "Customers of whom it is unknown": formats.count(curve.unknown),
        "In all": formats.money_exact(Decimal(curve.total), currency),
        **{
            part: formats.percent(share, 1)
            for part, share in zip(_PARTS, curve.firsts, strict=True)
        },
        "Customers who bring 80 %": formats.count(curve.needed),
        "At the peak": f"{formats.money_exact(Decimal(curve.peak), currency)}, {_peak(curve)}",
        "Lost after the peak": formats.money_exact(curve.lost, currency),
        **({"Why there are no shares": curve.reason} if curve.reason else {}),
    }  # fmt: skip


@needs(Right.READ)
def back_test(request: HttpRequest) -> HttpResponse:
    """Each model's forecast from an earlier day beside what has happened since, and the naive rate."""
    question = "How near did the forecasts come?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "Forecasts beside what happened.", request)
    records = fits.back_tests(run)
    if not records:
        nothing = Empty(
            "Forecasts beside what happened.", "This run tested no model on days that have passed."
        )
        sections = [Section([nothing]), _models(run)]
    else:
        sections = [
            Section([_accuracies(run, records)], "Side by side", _best(records)),
            *(_tested(record) for record in records),
            _models(run),
        ]
    return answer(request, Page(question, sections, _which(records), trail=_trail()))


def _which(records: Sequence[Mapping[str, Any]]) -> str:
    """What was tested, which model the run uses, and what changes it."""
    setting = "The setting STERNA_PURCHASE_MODEL says which model the runs to come use."
    if not records:
        return setting
    first = records[0]
    used = f" This run uses {first['title']}." if first.get("chosen") else ""
    return (
        f"Each model learned from the days before {first['past']} alone and forecast the {first['weeks']} weeks from "
        f"then on. The naive rate is a customer's own order days so far, gone on with.{used} {setting}"
    )


def _best(records: Sequence[Mapping[str, Any]]) -> str:
    """Which model missed by least, without more than was found."""
    found = best_of([dict(record) for record in records])
    if found is None:
        return "No model could be tested."
    ours, naive = found["model_accuracy"], found["naive_accuracy"]
    if ours["root_mean_square_error"] >= naive["root_mean_square_error"]:
        return "No model missed a customer's order days by less than the naive rate did."
    return (
        f"{found['title']} missed a customer's order days by least: {ours['root_mean_square_error']:.3f} in the "
        f"root mean square, the naive rate by {naive['root_mean_square_error']:.3f}."
    )


def _accuracies(run: Run, records: Sequence[Mapping[str, Any]]) -> Table:
    tested = [record for record in records if record.get("model_accuracy")]
    rows = [
        _accuracy(f"{one['title']}{', in use' if one['chosen'] else ''}", one["model_accuracy"])
        for one in tested
    ]
    rows += [_accuracy("Naive rate", tested[0]["naive_accuracy"])] if tested else []
    columns = [
        Column("model", "Model"),
        Column("total", "Order days forecast", "number"),
        Column("bias", "Missed the total by"),
        Column("mae", "Mean absolute error"),
        Column("rmse", "Root mean square error"),
        Column("correlation", "Correlation"),
        Column("top", "Orders of the highest tenth", "percent"),
    ]
    happened = f"What happened: {formats.count(round(tested[0]['actual']))} order days" if tested else None
    nothing = Empty("Accuracies side by side.", "No model could be tested; below stands why.")
    return Table("Accuracies", columns, rows, shown=happened, empty=nothing, stacks=True)


def _accuracy(name: str, found: Mapping[str, Any]) -> Row:
    related = found["correlation"]
    return Row(
        [
            name,
            round(found["total"]),
            formats.signed_percent(found["bias"]),
            f"{found['mean_absolute_error']:.3f}",
            f"{found['root_mean_square_error']:.3f}",
            formats.UNKNOWN if related is None else f"{related:.3f}",
            found["top_share"],
        ]
    )


def _tested(record: Mapping[str, Any]) -> Section:
    """One model: what it adds in words, and its tenths."""
    title = f"{record['title']}, the model in use" if record["chosen"] else record["title"]
    if record.get("reason"):
        return Section(
            [Empty(f"{record['title']} on days that have passed.", _sentence(record["reason"]))], title
        )
    boundary = f" {_sentence(record['boundary'])}" if record.get("boundary") else ""
    return Section([_tenths(record)], title, f"{gain(dict(record))}{boundary}")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _tenths(record: Mapping[str, Any]) -> Picture:
    bands = record["bands"]
    tenths = [Tenth(one["band"], one["forecast"], one["actual"], one["naive"]) for one in bands]
    title = f"{record['title']}: order days by tenth of the forecast"
    columns = [
        Column("tenth", "Tenth", "number"),
        Column("customers", "Customers"),
        Column("forecast", "Forecast"),
        Column("actual", "What happened"),
        Column("naive", "Naive rate"),
    ]
    rows = [
        Row(
            [
                one["band"],
                formats.decimal(one["customers"], 1),
                *(f"{one[name]:.3f}" for name in ("forecast", "actual", "naive")),
            ]
        )
        for one in bands
    ]
    reading = (
        "A forecast above its column was too high. Customers of like forecasts are shared between tenths."
    )
    return Picture(
        title, deciles(tenths, title=title, unit="order days"), reading, Table(title, columns, rows)
    )


def _models(run: Run) -> Section:
    """The models that the run's measures rest on: method, parameters, fit, and what to beware of."""
    rows = [
        Row(
            [
                fit.name.capitalize(),
                fit.method,
                fit.parameters or "none",
                "" if fit.customers is None else f"{fit.customers:,}",
                "" if fit.log_likelihood is None else formats.decimal(fit.log_likelihood, 1),
                fit.beware or "nothing",
            ]
        )
        for fit in fits.fits(run)
    ]
    columns = [
        Column("model", "Model of"),
        Column("method", "Method"),
        Column("parameters", "Parameters ± standard error"),
        Column("customers", "Customers"),
        Column("fit", "Log-likelihood"),
        Column("beware", "Beware of"),
    ]
    nothing = Empty("Fitted models.", "This run fitted none.")
    return Section(
        [Table("Models of this run", columns, rows, empty=nothing, stacks=True)], "How do the models fit?"
    )
