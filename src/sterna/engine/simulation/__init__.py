"""A shop, its town and a private bank with known truth: whom they serve, what is given, what claims are tested by."""

from sterna.engine.simulation.balances import Book, Quarter, book
from sterna.engine.simulation.bank import BankTruth, write_bank
from sterna.engine.simulation.clients import Clients, clients
from sterna.engine.simulation.contacts import contact_details
from sterna.engine.simulation.hearing import heard
from sterna.engine.simulation.movers import Planted, plant_movers
from sterna.engine.simulation.population import DEPARTMENTS, Population, population
from sterna.engine.simulation.records import Records, pairs, records
from sterna.engine.simulation.referring import Referrals
from sterna.engine.simulation.residents import Residents
from sterna.engine.simulation.shop import Truth, write_response, write_shop
from sterna.engine.simulation.shopping import Response, Tally, history, products
from sterna.engine.simulation.town import Town, town
from sterna.engine.simulation.town_files import TownTruth, write_town
from sterna.engine.simulation.wallets import Wallets, wallets

__all__ = [
    "DEPARTMENTS",
    "BankTruth",
    "Book",
    "Clients",
    "Planted",
    "Population",
    "Quarter",
    "Records",
    "Referrals",
    "Residents",
    "Response",
    "Tally",
    "Town",
    "TownTruth",
    "Truth",
    "Wallets",
    "book",
    "clients",
    "contact_details",
    "heard",
    "history",
    "pairs",
    "plant_movers",
    "population",
    "products",
    "records",
    "town",
    "wallets",
    "write_bank",
    "write_response",
    "write_shop",
    "write_town",
]
