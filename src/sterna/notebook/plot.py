"""Pictures of a book and of what a model says of it: back-test by tenth, surface of histories, whale curve.

Each function draws on `ax`, or on a figure of its own, and returns the matplotlib Axes. matplotlib comes with the extra
`notebook`; without it they raise BadInput. Colors are those of the desk's pages on light ground.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.value.backtest import Accuracy, BackTest
from sterna.engine.value.cells import Floats
from sterna.engine.value.concentration import Curve
from sterna.notebook import customer_cells
from sterna.notebook.book import Fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURFACE, INK, INK_SOFT, LINE, FOOT = "#ffffff", "#17252a", "#4d5d63", "#d8e0e1", "#aebabd"
ACCENT_WASH, ACCENT, ACCENT_STRONG = "#e0f0ee", "#0b6560", "#084d49"
SIZE = (7.5, 4.6)  # inches
STEPS = 60  # of a surface, on either side
FIFTH = Fraction(1, 5)
DAYS = 7  # of a week, and so the most purchases that it counts


def deciles(backtest: BackTest, ax: "Axes | None" = None) -> "Axes":
    """What each tenth of the customers bought, as bars; what the model and the naive rate had said, as lines."""
    ax = _axes(ax)
    tenths = [band.band for band in backtest.bands]
    bought = ax.bar(tenths, [band.actual for band in backtest.bands], width=0.7, color=FOOT, label="bought")
    (naive,) = ax.plot(
        tenths,
        [band.naive for band in backtest.bands],
        color=INK_SOFT,
        linestyle="--",
        marker="s",
        label="naive rate: as often as so far",
    )
    (model,) = ax.plot(
        tenths, [band.forecast for band in backtest.bands], color=ACCENT, marker="o", label="model"
    )
    ax.set_xticks(tenths)
    ax.set_ylim(bottom=0)
    _say(
        ax,
        f"{_off('Model', backtest.model)}, {_off('naive rate', backtest.naive)}",
        f"Tenth of {backtest.customers:,} customers by forecast (1: the highest)",
        "Purchases per customer",
    )
    ax.legend(handles=[bought, model, naive], frameon=False, labelcolor=INK)
    return ax


def _off(who: str, found: Accuracy) -> str:
    """How far a forecast in all was from what came."""
    if found.bias is None:
        return f"{who} {found.total:,.0f} where none came"
    if abs(found.bias) < 0.005:
        return f"{who} right in all"
    return f"{who} {abs(found.bias):.0%} too {'high' if found.bias > 0 else 'low'}"


def surface(fitted: Fitted, weeks: int = 26, what: str = "purchases", ax: "Axes | None" = None) -> "Axes":
    """What a model says of every history of a customer who came as early as the first one did, as colors.

    `what` is "purchases", those expected in the next `weeks`, or "alive", P(alive). Histories that nobody can have, and
    those of which the model knows nothing, stay white. Raises BadInput where it knows nothing of any.
    """
    if what not in ("purchases", "alive"):
        raise BadInput(f"a surface shows purchases or alive, and {what!r} is neither")
    frequency, recency, age = _grid(fitted)
    values = _values(fitted, frequency, recency, age, weeks, what)
    ax = _axes(ax)
    unit, purchases = _units(fitted, weeks)
    mesh = ax.pcolormesh(
        frequency,
        recency,
        np.ma.masked_invalid(values),
        shading="nearest",
        cmap=_colors(),
        vmin=0,
        vmax=1 if what == "alive" else None,
    )
    label = "P(alive)" if what == "alive" else f"Purchases expected in the {purchases}"
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.set_label(label, color=INK)
    bar.ax.tick_params(colors=INK_SOFT)
    bar.outline.set_visible(False)
    seen = "Who is still a customer" if what == "alive" else "Still to come"
    _say(
        ax,
        f"{seen}, {age:,.0f} {unit} after a first purchase ({fitted.model.title})",
        "Frequency: repeat purchases, in days with one" if unit == "weeks" else "Frequency: periods with one",
        f"Recency: {unit} from the first purchase to the last",
    )
    ax.grid(visible=False)
    return ax


def _units(fitted: Fitted, weeks: int) -> tuple[str, str]:
    if fitted.model.discrete and not fitted.book.is_log:
        return "periods", f"next {weeks} periods"
    return "weeks", f"next {weeks} weeks"


def _grid(fitted: Fitted) -> tuple[Floats, Floats, float]:
    """Frequencies and recencies up to the highest of the book, and the age of its first customer."""
    if fitted.model.name == "sbg":
        raise BadInput("a surface is of customers who leave unseen, and with sbg their ends are seen")
    frequency, _, age = fitted.fit.columns
    most, longest = (
        float(column[0])
        for column in customer_cells.floats(
            fitted.book.connection, f"select max({frequency}) as most, max({age}) as longest from customers"
        )
    )
    recencies = np.linspace(0, longest, STEPS + 1)
    return _whole(most), _whole(longest) if fitted.model.discrete else recencies, longest


def _whole(most: float) -> Floats:
    return np.unique(np.linspace(0, most, int(min(most, STEPS)) + 1).round())


def _values(fitted: Fitted, frequency: Floats, recency: Floats, age: float, weeks: int, what: str) -> Floats:
    """The figures by recency and frequency, NaN where no history can be; shape (recency, frequency)."""
    x, t_x = np.meshgrid(frequency, recency)
    slack = 0.5 if fitted.book.grain == "week" else 0.0
    most = t_x if fitted.model.discrete else DAYS * (t_x + slack)
    possible = np.where(x > 0, x <= most, t_x == 0)
    scores = fitted.at(x[possible], t_x[possible], age, weeks)
    values = np.full(x.shape, np.nan)
    values[possible] = scores.p_alive if what == "alive" else scores.purchases
    if np.isnan(values).all():
        raise BadInput(" ".join((f"no surface of {fitted.model.title}:", *fitted.learned.warnings)))
    return values


def whale(curve: Curve, ax: "Axes | None" = None) -> "Axes":
    """The share of the total that the first customers bring, with the first fifth and the peak marked.

    Raises BadInput with the reason where there is no total to share.
    """
    if curve.reason:
        raise BadInput(f"no whale curve: {curve.reason}")
    ax = _axes(ax)
    customers, shares = zip(*curve.points(500), strict=True)
    ax.plot((0, 1), (0, 1), color=INK_SOFT, linestyle="--", linewidth=1, label="if all brought alike")
    ax.plot(customers, shares, color=ACCENT, linewidth=2, label="as it is")
    fifth, peak = _marks(curve)
    _mark(ax, fifth, f"{_percent(fifth[0])} of customers: {_percent(fifth[1])}", (10, -12), "left")
    side = "right" if peak[0] > 0.7 else "center"
    _mark(ax, peak, f"peak, {_percent(peak[0])} of customers: {_percent(peak[1])}", (0, 8), side)
    ax.set_xlim(0, 1.01)
    ax.set_ylim(0, 1.12 * peak[1])
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.yaxis.set_major_formatter("{x:.0%}")
    _say(
        ax,
        f"The first {_percent(fifth[0])} of customers bring {_percent(fifth[1])}, {_after(peak[1])}",
        f"{curve.customers:,} customers, from the one who brings most",
        "Share of the total",
    )
    ax.legend(frameon=False, labelcolor=INK, loc="lower right")
    return ax


def _marks(curve: Curve) -> tuple[tuple[float, float], tuple[float, float]]:
    """The first fifth of the customers, a begun one counted whole, and the peak, as shares of customers and total."""
    first, (at, most) = -(-curve.customers // FIFTH.denominator), curve.peak
    share = curve.of_first(first) / curve.total
    return (first / curve.customers, float(share)), (at / curve.customers, float(most / curve.total))


def _mark(ax: "Axes", place: tuple[float, float], said: str, offset: tuple[int, int], side: str) -> None:
    """A dot on the curve, the line down from it, and what it says, so many points away."""
    across, up = place
    ax.plot([across, across], [0, up], color=LINE, linewidth=1, zorder=1)
    ax.plot([across], [up], color=ACCENT_STRONG, marker="o", linestyle="none")
    ax.annotate(said, place, xytext=offset, textcoords="offset points", ha=side, color=INK)


def _after(peak: float) -> str:
    """What the customers behind the peak do to the total."""
    return f"the last ones lose {_percent(peak - 1)}" if peak > 1 else "nobody brings a loss"


def _percent(share: float) -> str:
    """A share as it is said; only the whole is 100 %."""
    rounded = f"{share:.0%}"
    return f"{share:.1%}" if rounded == "100%" and share != 1 else rounded


def _matplotlib() -> Any:
    try:
        import matplotlib.colors
        import matplotlib.pyplot
    except ImportError as error:
        raise BadInput(
            "plots need matplotlib, which is not installed: pip install 'sterna[notebook]'"
        ) from error
    return matplotlib


def _axes(ax: "Axes | None") -> "Axes":
    if ax is None:
        _, ax = _matplotlib().pyplot.subplots(figsize=SIZE, layout="constrained", facecolor=SURFACE)
    assert ax is not None
    return ax


def _colors() -> Any:
    """One hue from light to dark, so that more is darker."""
    return _matplotlib().colors.LinearSegmentedColormap.from_list(
        "accent", [(0.0, ACCENT_WASH), (0.85, ACCENT), (1.0, ACCENT_STRONG)]
    )


def _say(ax: "Axes", title: str, across: str, up: str) -> None:
    """Title, labels and the quiet frame that all pictures share."""
    ax.set_facecolor(SURFACE)
    ax.set_title(title, loc="left", color=INK, fontsize=10, fontweight="bold")
    ax.set_xlabel(across, color=INK)
    ax.set_ylabel(up, color=INK)
    ax.tick_params(colors=INK_SOFT, length=0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(LINE)
    ax.grid(axis="y", color=LINE, linewidth=0.6)
    ax.set_axisbelow(True)
