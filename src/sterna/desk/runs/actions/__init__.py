"""Writes about runs: tiers cut on the data, and turns from a frozen brief to a published outcome."""

from sterna.desk.runs.actions.running import TASK, Done, ask_for_run, run
from sterna.desk.runs.actions.tiers import cut_tiers

__all__ = ["TASK", "Done", "ask_for_run", "cut_tiers", "run"]
