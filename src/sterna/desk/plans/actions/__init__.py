"""Changes to plans: loaded as drafts, reviewed and signed, launched, and kept true while they run."""

from sterna.desk.plans.actions.loading import load
from sterna.desk.plans.actions.progress import close_stage, deliver, slip
from sterna.desk.plans.actions.reviewing import close, launch, send_back, sign, submit

__all__ = ["close", "close_stage", "deliver", "launch", "load", "send_back", "sign", "slip", "submit"]
