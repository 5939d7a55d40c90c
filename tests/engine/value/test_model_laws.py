"""Laws that every model of the registry keeps: scale, order, cells, monotony, and what it says of nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value import models
from sterna.engine.value.lifetime import BetaGeometric
from sterna.engine.value.opportunities import BetaBinomial
from sterna.engine.value.pareto import Pareto
from tests.engine.value.cdnow import cells
from tests.engine.value.population import population
from tests.engine.value.published import REGULAR, contracts, donations

TIMED = ("bg-nbd", "mbg-nbd", "pareto-nbd")
sizes = st.floats(-1.5, 1.5).map(lambda log: 10.0**log)
four = st.tuples(sizes, sizes, sizes, sizes)


def built(name: str, theta: tuple[float, ...]):
    if name == "pareto-nbd":
        return Pareto(*theta, -1.0, 1)
    if name == "bg-bb":
        return BetaBinomial(*theta, -1.0, 1)
    return BetaGeometric(*theta, -1.0, 1, modified=name == "mbg-nbd")


def people(name: str) -> tuple[np.ndarray, ...]:
    """Histories that the model can be fitted on, as weighted cells."""
    if name == "bg-bb":
        return donations()
    if name == "sbg":
        return contracts(REGULAR)
    return cells(*population(21, 1_500, (0.8, 6.0), (0.8, 2.4)))


@pytest.fixture(scope="module")
def fits():
    return {name: model.fit(*people(name)) for name, model in models.MODELS.items()}


@pytest.mark.parametrize("name", models.MODELS)
@pytest.mark.oracle
def test_rows_in_any_order_give_the_fit_and_the_scores_of_cells(name, fits):
    model, whole = models.MODELS[name], fits[name]
    x, t_x, age, weight = people(name)
    rows = np.repeat(np.column_stack((x, t_x, age)), weight.astype(int), axis=0)
    rows = np.random.default_rng(1).permutation(rows)
    of_rows = model.fit(*rows.T, 1.0)
    for parameter, value in model.values(whole).items():
        assert getattr(of_rows, parameter) == pytest.approx(value, rel=1e-6)
    assert of_rows.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-9)
    assert of_rows.customers == whole.customers == weight.sum()
    assert model.expected(of_rows, *rows.T, 12).sum() == pytest.approx(
        weight @ model.expected(whole, x, t_x, age, 12), rel=1e-6
    )
    assert model.alive(of_rows, *rows.T).sum() == pytest.approx(
        weight @ model.alive(whole, x, t_x, age), rel=1e-6
    )


@pytest.mark.parametrize("name", TIMED)
@settings(max_examples=4, deadline=None)
@given(scale=st.sampled_from([1 / 52, 0.5, 7.0, 365.25]))
def test_a_fit_in_another_unit_of_time_is_the_same_fit(name, fits, scale):
    model, weeks = models.MODELS[name], fits[name]
    x, t_x, age, weight = people(name)
    scaled = model.fit(x, t_x * scale, age * scale, weight)
    for parameter, value in model.values(weeks).items():
        of_time = scale if parameter in ("alpha", "beta") else 1
        assert getattr(scaled, parameter) == pytest.approx(value * of_time, rel=1e-5)
    assert scaled.log_likelihood == pytest.approx(weeks.log_likelihood - weight @ x * np.log(scale), rel=1e-9)
    assert model.alive(scaled, x, t_x * scale, age * scale) == pytest.approx(
        model.alive(weeks, x, t_x, age), abs=1e-6
    )


@pytest.mark.parametrize("name", TIMED)
@given(theta=four, x=st.integers(0, 60), share=st.floats(0, 1), age=st.floats(1, 150), scale=sizes)
def test_scores_do_not_depend_on_the_unit_of_time(name, theta, x, share, age, scale):
    model, t_x = models.MODELS[name], share * age if x else 0.0
    one = built(name, theta)
    other = replace(one, alpha=one.alpha * scale)
    if name == "pareto-nbd":
        other = replace(other, beta=one.beta * scale)
    assert model.alive(other, x, t_x * scale, age * scale) == pytest.approx(
        model.alive(one, x, t_x, age), rel=1e-6, abs=1e-9
    )
    assert model.expected(other, x, t_x * scale, age * scale, 26 * scale) == pytest.approx(
        model.expected(one, x, t_x, age, 26), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize("name", TIMED)
@given(
    theta=four,
    x=st.integers(1, 60),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    age=st.floats(1, 150),
)
def test_who_bought_more_lately_is_likelier_alive_and_buys_more(name, theta, x, shares, age):
    model, fitted = models.MODELS[name], built(name, theta)
    times = np.sort(np.array(shares) * age)
    alive = model.alive(fitted, [x, x], times, age)
    expected = model.expected(fitted, [x, x], times, age, 26.0)
    assert alive[0] <= alive[1] * (1 + 1e-9) and expected[0] <= expected[1] * (1 + 1e-7) + 1e-12


@pytest.mark.parametrize("name", TIMED)
@given(theta=four, x=st.integers(1, 60), age=st.floats(1, 150), horizon=st.floats(0.1, 200))
def test_of_two_who_have_just_bought_the_more_frequent_is_expected_to_buy_more(name, theta, x, age, horizon):
    model, fitted = models.MODELS[name], built(name, theta)
    alive = model.alive(fitted, [x, x + 1], age, age)
    expected = model.expected(fitted, [x, x + 1], age, age, horizon)
    assert alive[0] <= alive[1] + 1e-12
    assert expected[0] <= expected[1] * (1 + 1e-7)


@pytest.mark.parametrize("name", TIMED)
@given(theta=four, x=st.integers(0, 60), share=st.floats(0, 1), age=st.floats(1, 150), rate=st.floats(0, 0.2))
def test_discounted_purchases_lie_between_none_and_all(name, theta, x, share, age, rate):
    model, fitted, t_x = models.MODELS[name], built(name, theta), share * age if x else 0.0
    all_of_them = model.expected(fitted, x, t_x, age, 26.0)[0]
    kept = model.discounted(fitted, x, t_x, age, 26.0, rate)[0]
    assert all_of_them * np.exp(-rate * 26) * (1 - 1e-7) <= kept <= all_of_them * (1 + 1e-7) + 1e-12
    if rate == 0:
        assert kept == all_of_them


@pytest.mark.parametrize("name", TIMED)
def test_discounting_week_by_week_comes_to_the_same(name, fits):
    """The increments of E(t) over 4,000 short steps, each discounted at its middle."""
    model, fitted = models.MODELS[name], fits[name]
    times = np.linspace(0, 104, 4_001)
    path = np.array([model.expected(fitted, 3, 20.0, 39.0, time)[0] for time in times])
    steps = np.diff(path) * np.exp(-0.01 * (times[1:] + times[:-1]) / 2)
    assert model.discounted(fitted, 3, 20.0, 39.0, 104.0, 0.01)[0] == pytest.approx(steps.sum(), rel=1e-6)


@pytest.mark.parametrize("name", models.MODELS)
def test_nothing_is_bought_in_no_time_and_a_column_may_be_a_single_value(name, fits):
    model = models.MODELS[name]
    assert model.expected(fits[name], [2, 2], [2, 2], 2, 0).tolist() == [0, 0]
    assert model.alive(fits[name], [2, 2, 2], 2, 2).shape == (3,)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf")])
def test_a_negative_or_endless_discount_is_refused(name, fits, rate):
    with pytest.raises(BadInput, match="a discount rate is at least 0"):
        models.MODELS[name].discounted(fits[name], 1, 1, 1, 5, rate)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("BG/NBD", "bg-nbd"),
        ("bgnbd", "bg-nbd"),
        ("bg", "bg-nbd"),
        ("MBG_NBD", "mbg-nbd"),
        ("Pareto/NBD", "pareto-nbd"),
        ("pareto", "pareto-nbd"),
        ("BG/BB", "bg-bb"),
        ("sBG", "sbg"),
    ],
)
def test_a_model_is_found_however_its_name_is_spelt(said, name):
    assert models.find(said).name == name


@pytest.mark.parametrize("said", ["", "nbd", "weibull"])
def test_another_name_is_refused_with_those_there_are(said):
    with pytest.raises(BadInput, match="there are bg-nbd, mbg-nbd, pareto-nbd, bg-bb, sbg"):
        models.find(said)
