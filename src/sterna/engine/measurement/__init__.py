"""Whether it worked: effects against a hold-out, their intervals and verdicts."""

from sterna.engine.measurement.results import Declared, compare

__all__ = ["MAKES", "Declared", "compare"]

MAKES = ("arm_sums", "comparisons", "campaign_reach")
