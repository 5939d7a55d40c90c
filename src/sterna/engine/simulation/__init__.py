"""A shop with known truth: households, what they buy, and a planted response, to test every claim against."""

from sterna.engine.simulation.contacts import contact_details
from sterna.engine.simulation.movers import Planted, plant_movers
from sterna.engine.simulation.population import DEPARTMENTS, Population, population
from sterna.engine.simulation.shop import Truth, write_response, write_shop
from sterna.engine.simulation.shopping import Response, Tally, history, products

__all__ = [
    "DEPARTMENTS",
    "Planted",
    "Population",
    "Response",
    "Tally",
    "Truth",
    "contact_details",
    "history",
    "plant_movers",
    "population",
    "products",
    "write_response",
    "write_shop",
]
