"""A shop and a private bank with known truth: whom they serve, what is given, planted responses to test claims by."""

from sterna.engine.simulation.balances import Book, Quarter, book
from sterna.engine.simulation.bank import BankTruth, write_bank
from sterna.engine.simulation.clients import Clients, clients
from sterna.engine.simulation.contacts import contact_details
from sterna.engine.simulation.hearing import heard
from sterna.engine.simulation.movers import Planted, plant_movers
from sterna.engine.simulation.population import DEPARTMENTS, Population, population
from sterna.engine.simulation.shop import Truth, write_response, write_shop
from sterna.engine.simulation.shopping import Response, Tally, history, products

__all__ = [
    "DEPARTMENTS",
    "BankTruth",
    "Book",
    "Clients",
    "Planted",
    "Population",
    "Quarter",
    "Response",
    "Tally",
    "Truth",
    "book",
    "clients",
    "contact_details",
    "heard",
    "history",
    "plant_movers",
    "population",
    "products",
    "write_bank",
    "write_response",
    "write_shop",
]
