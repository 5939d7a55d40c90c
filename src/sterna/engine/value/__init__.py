"""What a customer is worth: what is given today, what is to come, what could be, and what others bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sterna.engine import steps
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES
from sterna.engine.value import choosing, credited, hindsight, measures, models, potential
from sterna.engine.value.best import Definition
from sterna.engine.value.best import of_body as definition_of
from sterna.engine.value.fitting import Horizon, Record, score_lifetime, score_spend

__all__ = ["Horizon", "Terms", "definition_of", "worth"]


HALF_A_YEAR = Horizon(weeks=26, lifetime_weeks=156, yearly=0.1)


@dataclass(frozen=True)
class Terms:
    """What a turn measures by: its days, its currency, the model of purchases, what is forecast, and who is best.

    The window is [opening, cut), the one before it [before, opening).
    """

    cut: date
    opening: date
    before: date
    currency: str
    model: str = "bg-nbd"
    horizon: Horizon = HALF_A_YEAR
    best: Sequence[Definition] = ()


def worth(lake: Lake, terms: Terms) -> tuple[list[Ran], list[Record]]:
    """Make every table of value as of the day before `terms.cut`, and tell how: a record of each method.

    See fitting.Scored for the records of models, hindsight.compare for those of back-tests and choosing.choose for
    those of lists of best customers. Raises BadInput for a model that there is not, or costs in another currency.
    """
    model = models.find(terms.model)
    ran = [steps.run(lake, "value/histories", cut=terms.cut), steps.run(lake, "value/cells")]
    purchases = score_lifetime(lake.fetch(TABLES["cells"]), model, terms.horizon)
    lake.put(TABLES["cell_scores"], purchases.scores)
    order_value = score_spend(lake.fetch(TABLES["histories"]), terms.currency)
    lake.put(TABLES["spend_scores"], order_value.scores)
    ran += measures.measure(lake, terms.opening, terms.cut, terms.currency)
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
            before=terms.before,
            opening=terms.opening,
            forecast_reason=unfitted or "the models give no figure for a history like this",
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
