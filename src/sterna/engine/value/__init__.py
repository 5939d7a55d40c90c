"""What a customer is worth: spend, purchases still to come, potential and influence."""

from datetime import date

from sterna.engine import steps
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES
from sterna.engine.value.fitting import Record, score_lifetime, score_spend

HEADROOM_METHOD = (
    ".8 quantile of peers alike in the other categories (Perlich, Rosset, Lawrence, Zadrozny 2007)"
)


def worth(
    lake: Lake, cut: date, opening: date, before: date, currency: str, horizon_weeks: int = 26
) -> tuple[list[Ran], list[Record]]:
    """Make `histories`, `cells`, `cell_scores`, `spend_scores`, `category_headroom` and `values`.

    The window is [opening, cut), the one before it [before, opening); amounts are in `currency`; expected orders
    and spend are those of the next `horizon_weeks`. Also returns a record of each method (see fitting.Scored).
    """
    ran = [steps.run(lake, "value/histories", cut=cut), steps.run(lake, "value/cells")]
    purchases = score_lifetime(lake.fetch(TABLES["cells"]), horizon_weeks)
    lake.put(TABLES["cell_scores"], purchases.scores)
    order_value = score_spend(lake.fetch(TABLES["histories"]), currency)
    lake.put(TABLES["spend_scores"], order_value.scores)
    ran.append(steps.run(lake, "value/category_headroom", opening=opening, cut=cut))
    ran.append(steps.run(lake, "value/values", before=before, opening=opening, cut=cut))
    window = {"opening": opening.isoformat(), "cut": cut.isoformat()}
    potential = {"model": "potential", "method": HEADROOM_METHOD, "unit": currency}
    return ran, [record | window for record in (purchases.record, order_value.record, potential)]
