"""Writes about values: what a run found out about everybody, published in one piece."""

from sterna.desk.values.actions.publishing import forget, publish

__all__ = ["forget", "publish"]
