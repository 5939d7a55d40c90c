"""Writes about runs: tiers cut on the data, and turns from a frozen brief to a published outcome."""

from sterna.desk.runs.actions.keeping_up import KeptUp, keep_up
from sterna.desk.runs.actions.running import TASK, Done, request_run, run
from sterna.desk.runs.actions.tiers import cut_tiers

__all__ = ["TASK", "Done", "KeptUp", "cut_tiers", "keep_up", "request_run", "run"]
