"""What assets and reasons are called: titles and words, where a page would otherwise show an id or a code."""

import re
from collections.abc import Mapping

from sterna.desk.customers.queries import classes
from sterna.desk.plans.models import Plan
from sterna.desk.web.formats import sentence

_REASONS = {
    "address": "No address",
    "asset": "Nothing to offer",
    "blackout": "Nothing leaves on that day",
    "budget": "Below the budget",
    "cap": "Contacted often enough",
    "capacity": "No place left",
    "consent": "No consent",
    "exception": "In group C",
    "frequency": "Contacted often enough for their cell",
    "headroom": "Too little room",
    "held out": "Held out by chance",
    "household": "Somebody of the household has it",
    "in peace": "Left in peace",
    "interest": "No known interest",
    "no plan": "No plan",
    "place": "No goal starts there",
    "plan closed": "The plan is closed",
    "plan has errors": "The plan has errors",
    "plan not open": "The plan is not open yet",
    "prerequisite": "What it needs is not there yet",
    "rest": "Had it lately",
    "season": "Not in its season",
    "stage": "Offered in another stage",
}

_UNKNOWN = {
    "headroom": "how much more they could buy",
    "alive": "whether they still buy here",
    "trend": "what they spent in the window before",
    "frequency": "how often they order, beside the target tier",
    "breadth": "how widely they buy, beside the target tier",
    "reach": "whether they want to hear from us",
}

# Where a reason names an asset. Its id may be a word that stands elsewhere in the sentence too, such as a medium.
_NAMED = (
    r"(?:^|(?<=\. )|(?<= fits )|(?<= what )|(?<= and )|(?<= places for )|(?<= that )|(?<=Got )){}"
    r"(?=\. By | by \S+ (?:costs|does|went) | is for the category | suits everybody | wants | is offered (?:in|from) "
    r"| was offered until | waits for what | on \d| asks for\.)"
)


def asset_titles() -> dict[str, str]:
    """Asset id to title over all plans, the newest version's word counting."""
    found: dict[str, str] = {}
    for plan in Plan.objects.select_related("definition").order_by("loaded_at"):
        found |= {asset["id"]: asset["title"] for asset in plan.definition.body["assets"]}
    return found


def reason_title(code: str) -> str:
    """The code of a reason in words; one that is not known is shown as it is."""
    return _REASONS.get(code, code)


def with_title(reason: str, asset: str, titles: Mapping[str, str]) -> str:
    """The sentence of a reason with `asset` called by its title, and amounts as everywhere else."""
    title = titles.get(asset)
    if not asset or title is None:
        return sentence(reason)
    return re.sub(_NAMED.format(re.escape(asset)), lambda _: f"“{title}”", sentence(reason))


def unknown_titles(named: str) -> str:
    """What is not known of a candidate, in words: parts of readiness, and classes by their titles."""
    names, tree = [name for name in named.split(", ") if name], classes()
    return "; ".join(
        _UNKNOWN.get(name) or (tree.at(name).title.lower() if name in tree else name) for name in names
    )
