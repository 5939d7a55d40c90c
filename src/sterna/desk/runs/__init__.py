"""Runs: the brief out of the records, the flow, the outcome back in."""
