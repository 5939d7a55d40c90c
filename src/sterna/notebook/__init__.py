"""Sterna in a notebook: `read` a book of customers, `fit` a model, `predict`, and with the module `plot` look at it."""

from sterna.notebook.book import Book, Fitted
from sterna.notebook.reading import read

__all__ = ["Book", "Fitted", "read"]
