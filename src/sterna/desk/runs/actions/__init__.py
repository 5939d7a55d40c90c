"""Writes about runs: tiers cut on the data, turns from a brief to a published outcome, searches for groupings."""

from sterna.desk.runs.actions.discovering import DISCOVER, discover_waiting, request_discovery
from sterna.desk.runs.actions.keeping_up import KeptUp, keep_up
from sterna.desk.runs.actions.running import TASK, Done, request_run, run
from sterna.desk.runs.actions.tiers import cut_tiers

__all__ = [
    "DISCOVER",
    "TASK",
    "Done",
    "KeptUp",
    "cut_tiers",
    "discover_waiting",
    "keep_up",
    "request_discovery",
    "request_run",
    "run",
]
