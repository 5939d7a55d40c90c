"""Writes about values: what a run found out about everybody, published in one piece, and credits that staff record."""

from sterna.desk.values.actions.crediting import Said, record_credit, withdraw_credit
from sterna.desk.values.actions.publishing import forget, publish
from sterna.desk.values.actions.summing import sum_up

__all__ = ["Said", "forget", "publish", "record_credit", "sum_up", "withdraw_credit"]
