"""The pictures show the figures they are made of, say what is seen, and refuse what cannot be drawn."""

import io
import re
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colors, pyplot

from sterna import notebook
from sterna.engine.errors import BadInput
from sterna.engine.value import backtest, concentration
from sterna.notebook import plot
from tests.notebook.shop import AS_OF, log

TOKENS = Path(__file__).resolve().parents[2] / "src/sterna/desk/web/static/web/tokens.css"


def lines(ax):
    """The y values of the lines by label."""
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}


def drawn(ax):
    """Whether it can be painted, with every warning an error."""
    ax.figure.savefig(io.BytesIO(), format="png")
    return True


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def tenths(forecast, naive, actual):
    return backtest.backtest(np.array(forecast, float), np.array(naive, float), np.array(actual, float))


def test_the_tenths_are_those_of_the_back_test(fitted):
    test = fitted.back_test(39)
    ax = plot.deciles(test)
    assert heights(ax) == [band.actual for band in test.bands]
    assert lines(ax) == {
        "model": [band.forecast for band in test.bands],
        "naive rate: as often as so far": [band.naive for band in test.bands],
    }
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "bought", "model", "naive rate: as often as so far",
    ]  # fmt: skip
    assert ax.get_title(loc="left") == "Model 12% too low, naive rate 56% too high"
    assert ax.get_xlabel() == "Tenth of 2,357 customers by forecast (1: the highest)"
    assert ax.get_ylabel() == "Purchases per customer" and ax.get_ylim()[0] == 0
    # Model and naive rate differ by more than their color.
    first, second = ax.get_lines()
    assert {first.get_linestyle(), second.get_linestyle()} == {"-", "--"} and drawn(ax)


def test_the_title_of_a_back_test_is_what_came_out():
    """Of ten customers who bought 1 each the model said 1 each and the naive rate 2; then nobody bought."""
    some, none = ([number] * 10 for number in (1, 0))
    right = plot.deciles(tenths(some, [2] * 10, some))
    assert right.get_title(loc="left") == "Model right in all, naive rate 100% too high"
    empty = plot.deciles(tenths(some, none, none))
    assert empty.get_title(loc="left") == "Model 10 where none came, naive rate 0 where none came"
    assert drawn(right) and drawn(empty)


@pytest.mark.parametrize("what", ["purchases", "alive"])
def test_a_surface_is_what_the_model_says_of_each_history(book, fitted, what):
    ax = plot.surface(fitted, 39, what)
    (mesh,) = ax.collections
    values = mesh.get_array()
    # From the first customer's day, 1 January 1997, to 30 June 1998 are 545 days; recencies in 60 steps of it.
    age = 545 / 7
    recency = np.linspace(0, age, 61)
    most = int(max(fitted.predict()["frequency"].to_pylist()))
    assert values.shape == (61, most + 1)
    for row, frequency in ((60, 5), (30, 12), (1, 1), (45, most)):
        scores = fitted.at(frequency, float(recency[row]), age, 39)
        figure = scores.purchases if what == "purchases" else scores.p_alive
        assert values[row, frequency] == pytest.approx(float(figure[0]), rel=1e-9)
    # Nobody has a last purchase without a second one, and ten of them take more than a week and a third.
    assert values.mask[1:, 0].all() and values.mask[1, 10] and not values.mask[2, 10]
    # Of whoever bought once BG/NBD assumes P(alive), so it is not shown.
    assert values.mask[0, 0] == (what == "alive")
    label = {"purchases": "Purchases expected in the next 39 weeks", "alive": "P(alive)"}[what]
    assert ax.figure.axes[1].get_ylabel() == label and drawn(ax)
    assert mesh.get_clim() == ((0, 1) if what == "alive" else (0, values.max()))


def test_a_surface_says_whose_it_is(fitted):
    ax = plot.surface(fitted)
    assert ax.get_title(loc="left") == "Still to come, 78 weeks after a first purchase (BG/NBD)"
    assert ax.get_xlabel() == "Frequency: repeat purchases, in days with one"
    assert ax.get_ylabel() == "Recency: weeks from the first purchase to the last"
    assert (
        plot.surface(fitted, what="alive")
        .get_title(loc="left")
        .startswith("Who is still a customer, 78 weeks")
    )


def test_more_is_darker():
    ramp = [plot._colors()(place) for place in np.linspace(0, 1, 9)]
    light = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue, _ in ramp]
    assert light == sorted(light, reverse=True) and len(set(light)) == 9


def test_a_surface_of_periods_has_no_more_purchases_than_periods():
    summary = {"frequency": [0, 1, 2, 5, 0, 3], "recency": [0, 2, 6, 6, 0, 4], "age": [6] * 6}
    ax = plot.surface(notebook.read(summary).fit("bg-bb"), 4)
    values = ax.collections[0].get_array()
    assert values.shape == (7, 6)
    shown = [
        [recency, frequency]
        for recency in range(7)
        for frequency in range(6)
        if not values.mask[recency, frequency]
    ]
    assert shown == [[0, 0]] + [[t, x] for t in range(1, 7) for x in range(1, min(t, 5) + 1)]
    assert ax.get_xlabel() == "Frequency: periods with one"
    assert ax.get_ylabel() == "Recency: periods from the first purchase to the last"
    assert ax.figure.axes[1].get_ylabel() == "Purchases expected in the next 4 periods" and drawn(ax)


def test_rounded_weeks_allow_purchases_in_the_first_half_week():
    book = notebook.read(log(), as_of=AS_OF, grain="week")
    values = plot.surface(book.fit()).collections[0].get_array()
    assert not values.mask[0, 1:4].any() and values.mask[0, 4:].all()


def test_a_surface_of_what_is_unknown_is_refused():
    steady = [(f"c{number}", f"2024-0{month}-01", 5) for number in range(30) for month in range(1, 7)]
    fitted = notebook.read(log(rows=steady), as_of="2024-06-01").fit()
    with pytest.raises(BadInput, match="no surface of BG/NBD: No drop-out can be told"):
        plot.surface(fitted, what="alive")
    assert drawn(plot.surface(fitted))
    with pytest.raises(BadInput, match="a surface shows purchases or alive, and 'spend' is neither"):
        plot.surface(fitted, what="spend")
    contracts = notebook.read({"frequency": [1, 2, 3], "recency": [1, 2, 3], "age": [3, 3, 3]}).fit("sbg")
    with pytest.raises(BadInput, match="a surface is of customers who leave unseen"):
        plot.surface(contracts)
    with pytest.raises(BadInput, match="weeks are a whole number"):
        plot.surface(fitted, 0)
    assert len(pyplot.get_fignums()) == 1


def whale(*profits):
    return plot.whale(concentration.curve([None if each is None else Decimal(each) for each in profits]))


def test_the_whale_marks_its_peak_and_the_first_fifth():
    """60 + 40 + 20 + 0 - 20 = 100: the first of five brings 60 %, the first three 120 %, the last loses 20 % again."""
    ax = whale("40", "-20", "60", "0", "20", None)
    curve = lines(ax)["as it is"]
    assert curve == pytest.approx([0, 0.6, 1.0, 1.2, 1.2, 1.0])
    dots = [line.get_xydata().tolist()[0] for line in ax.get_lines() if line.get_marker() == "o"]
    assert dots == [pytest.approx([0.2, 0.6]), pytest.approx([0.6, 1.2])]
    assert [text.get_text() for text in ax.texts] == ["20% of customers: 60%", "peak, 60% of customers: 120%"]
    assert ax.get_title(loc="left") == "The first 20% of customers bring 60%, the last ones lose 20%"
    assert ax.get_xlabel() == "5 customers, from the one who brings most"
    assert ax.get_ylim()[1] > 1.2 and drawn(ax)


def test_a_begun_customer_is_counted_whole():
    """A fifth of seven is 1.4 customers, so the mark stands at two of seven: 29 %, with 5 of 10."""
    ax = whale("3", "2", "1", "1", "1", "1", "1")
    assert ax.get_title(loc="left") == "The first 29% of customers bring 50%, nobody brings a loss"
    assert whale("5").get_title(loc="left") == "The first 100% of customers bring 100%, nobody brings a loss"


def test_nearly_all_is_not_all():
    """1,999 of 2,000 are 100 % of the total and 99.95 % of the customers, which is not said as 100 %."""
    ax = whale(*["1"] * 999, "0")
    assert ax.texts[1].get_text() == "peak, 99.9% of customers: 100%"


def test_a_curve_of_the_book_is_drawn(book):
    curve = book.concentration()
    shown = lines(plot.whale(curve))["as it is"]
    assert shown == [share for _, share in curve.points(500)] and shown[-1] == 1


@pytest.mark.parametrize(
    ("profits", "reason"),
    [
        ([], "no whale curve: no customer's profit is known"),
        ([None], "no whale curve: no customer's profit is known"),
        (["5", "-5"], "no whale curve: the customers together bring no profit"),
    ],
)
def test_without_a_total_there_is_no_whale(profits, reason):
    with pytest.raises(BadInput, match=reason):
        whale(*profits)
    assert pyplot.get_fignums() == []


def test_pictures_stand_side_by_side_on_axes_that_are_given(book, fitted):
    figure, axes = pyplot.subplots(1, 3)
    assert plot.deciles(fitted.back_test(39), axes[0]) is axes[0]
    assert plot.surface(fitted, ax=axes[1]) is axes[1]
    assert plot.whale(book.concentration(), ax=axes[2]) is axes[2]
    assert pyplot.get_fignums() == [figure.number] and drawn(axes[0])


def test_the_colors_are_those_of_the_pages():
    light = dict(re.findall(r"--([\w-]+): light-dark\((#\w+),", TOKENS.read_text(encoding="utf-8")))
    names = {
        "SURFACE": "surface", "INK": "ink", "INK_SOFT": "ink-soft", "LINE": "line", "FOOT": "flow-foot",
        "ACCENT_WASH": "accent-wash", "ACCENT": "accent", "ACCENT_STRONG": "accent-strong",
    }  # fmt: skip
    assert {name: getattr(plot, name) for name in names} == {
        name: light[token] for name, token in names.items()
    }
    assert all(colors.is_color_like(getattr(plot, name)) for name in names)


def test_without_matplotlib_the_extra_is_named(monkeypatch, fitted):
    for module in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    said = r"plots need matplotlib, which is not installed: pip install 'sterna\[notebook\]'"
    test = tenths([1] * 10, [1] * 10, [1] * 10)
    for draw in (
        lambda: plot.deciles(test),
        lambda: plot.surface(fitted),
        lambda: whale("5", "3"),
    ):
        with pytest.raises(BadInput, match=said):
            draw()
    assert fitted.predict().num_rows == 2357
