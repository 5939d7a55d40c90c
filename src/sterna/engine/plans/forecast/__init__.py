"""Forecasts a plan: who would move, when, at what cost and worth, with intervals; what it hangs on; what shows it."""

from sterna.engine.plans.forecast.basis import Basis
from sterna.engine.plans.forecast.comparing import Difference, Happened, back_test, beside
from sterna.engine.plans.forecast.power import Power
from sterna.engine.plans.forecast.results import Forecast, GoalForecast, PlaceForecast, Range, forecast
from sterna.engine.plans.forecast.sensitivity import Lever, sensitivity

__all__ = [
    "Basis",
    "Difference",
    "Forecast",
    "GoalForecast",
    "Happened",
    "Lever",
    "PlaceForecast",
    "Power",
    "Range",
    "back_test",
    "beside",
    "forecast",
    "sensitivity",
]
