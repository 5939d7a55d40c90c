"""Writes about experiments: declared with their plan, drawn once, measured by runs."""

from sterna.desk.experiments.actions.declaring import declare
from sterna.desk.experiments.actions.publishing import publish_comparisons, record_assignments

__all__ = ["declare", "publish_comparisons", "record_assignments"]
