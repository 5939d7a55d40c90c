"""The stage in one go: every table of value as of a day, and how each was made."""

from datetime import timedelta
from pathlib import Path

from sterna.engine import steps
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES
from sterna.engine.value import choosing, credited, hindsight, measures, models, potential
from sterna.engine.value.fitting import Record, score_lifetime, score_spend
from sterna.engine.value.terms import Terms


def worth(lake: Lake, terms: Terms, rolled: Path | None = None) -> tuple[list[Ran], list[Record]]:
    """Make every table of value as of the day before `terms.cut`, and tell how: a record of each method.

    `rolled` is the folder of months that earlier runs have added up; without one all purchases are read anew.
    See fitting.Scored for the records of models, hindsight.compare for those of back-tests and choosing.choose for
    those of lists of best customers. Raises BadInput for a model that there is not, or costs in another currency.
    """
    model = models.find(terms.model)
    ran = measures.measure(lake, terms.opening, terms.cut, terms.currency, terms.before, rolled)
    ran += [steps.run(lake, "value/histories", cut=terms.cut), steps.run(lake, "value/cells")]
    purchases = score_lifetime(lake.fetch(TABLES["cells"]), model, terms.horizon)
    lake.put(TABLES["cell_scores"], purchases.scores)
    ran.append(steps.run(lake, "value/spend_cells"))
    order_value = score_spend(lake.fetch(TABLES["spend_cells"]), terms.currency)
    lake.put(TABLES["spend_scores"], order_value.scores)
    wallets = potential.estimate(lake, terms.cut)
    ran += [*wallets.ran, steps.run(lake, "value/newcomer_values")]
    brought = credited.credit(
        lake.fetch(TABLES["credits"]), lake.fetch(TABLES["newcomer_values"]), terms.currency
    )
    lake.put(TABLES["influences"], brought.influences)
    unfitted = purchases.record["reason"] or order_value.record["reason"]
    ran.append(
        steps.run(
            lake,
            "value/values",
            opening=terms.opening,
            forecast_reason=unfitted or "the models give no figure for a history like this",
            boundary=purchases.record["boundary"],
            influence_reason=brought.reason,
        )
    )
    tested, records = _tested(lake, terms, model)
    chosen = choosing.choose(lake, terms.best, terms.cut - timedelta(days=1))
    window = {"opening": terms.opening.isoformat(), "cut": terms.cut.isoformat()}
    told = [purchases.record, order_value.record, potential.record(wallets, terms.currency), brought.record]
    return [*ran, *tested], [record | window for record in (*told, *records, *chosen)]


def _tested(lake: Lake, terms: Terms, model: models.Model) -> tuple[list[Ran], list[Record]]:
    """The models tested on the weeks of the horizon that lie behind."""
    past = terms.cut - timedelta(weeks=terms.horizon.weeks)
    ran = steps.run(lake, "value/past_cells", past=past, cut=terms.cut)
    return [ran], hindsight.compare(lake.fetch(TABLES["past_cells"]), model, past, terms.horizon.weeks)
