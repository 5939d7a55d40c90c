"""Reads values: one customer's and a household's, and those of all customers of a run together."""

from sterna.desk.values.queries.curves import Concentrated, concentrated, concentration_of
from sterna.desk.values.queries.grids import Band, Cell, Grid, grid, grid_of, inside
from sterna.desk.values.queries.households import Rollup, household_wallet, household_worth
from sterna.desk.values.queries.measures import Taken, measured, taken_of

__all__ = [
    "Band",
    "Cell",
    "Concentrated",
    "Grid",
    "Rollup",
    "Taken",
    "concentrated",
    "concentration_of",
    "grid",
    "grid_of",
    "household_wallet",
    "household_worth",
    "inside",
    "measured",
    "taken_of",
]
