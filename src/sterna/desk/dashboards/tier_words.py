"""What a tier scheme says, in words: its measure, what keeps somebody in a tier, and what waits for a decision."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.measured import kind
from sterna.desk.dashboards.queries import places
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Batch
from sterna.desk.segments.tier_queries import batches_of, measure_words
from sterna.desk.web.components import Column
from sterna.desk.web.formats import percent
from sterna.engine.segments import FACT, Holding, in_words
from sterna.engine.value.catalogue import BY_NAME

WAY = {
    "low water": "kept by low water",
    "minimum hold": "held since moving up",
    "grace": "in grace",
    "one down": "one tier down only",
    "floor": "kept up by a floor",
    "ceiling": "kept down by a ceiling",
    "lock": "locked",
}


def said(terms: Mapping[str, Any]) -> str:
    """The name, version and measure of a scheme; `terms` are those of a brief, or a definition's with its version."""
    if "body" in terms:
        return f"{terms['name']}, version {terms['version']}: {terms['kind']} by rules"
    measure = str(terms["measure"])
    words = measure_words(measure)
    over = words if measure.startswith(FACT) else f"{words} over {terms['window_months']} months"
    return f"{terms['name']}, version {terms['version']}: {over}"


def holding(terms: Mapping[str, Any]) -> str:
    """What keeps somebody in a tier of the scheme, as a sentence."""
    return in_words(msgspec.convert(terms.get("holding", {}), Holding))


def pages(here: str) -> SafeString:
    """The pages of tiers, the one at the address `here` marked."""
    named = (
        ("Schemes", "tiers"),
        ("At risk", "tier_risk"),
        ("Overrides", "tier_overrides"),
        ("Held back", "tier_moves"),
    )
    links = [(label, reverse(name)) for label, name in named]
    return render_to_string("dashboards/tier_pages.html", {"pages": links, "here": here})


def choices(run: Run, chosen: str, address: str) -> list[SafeString]:
    """The schemes of a run to choose from; nothing where there is only one."""
    names = [terms["name"] for terms in places.all_schemes(run)]
    if len(names) < 2:
        return []
    links = [(name, f"{address}?{urlencode({'scheme': name})}") for name in names]
    return [render_to_string("dashboards/scheme_choices.html", {"choices": links, "chosen": chosen})]


def amount(run: Run, scheme: str, key: str, label: str, sortable: bool = False) -> Column:
    """A column of a scheme's amounts: money, whole numbers of what is counted, else decimals."""
    unit, known = places.unit(run, scheme), BY_NAME.get(places.terms(run, scheme)["measure"])
    counts = known is not None and kind(known) == "count"
    return Column(key, label, "money" if unit else "number" if counts else "decimal", sortable, unit)


def held_back(run: Run, scheme: str) -> list[SafeString]:
    """A notice where nothing of the scheme's memberships has moved by this run."""
    undecided = (Batch.State.WAITING, Batch.State.DISCARDED)
    batch = batches_of(run.pk).filter(scheme=scheme, state__in=undecided).first()
    if batch is None:
        return []
    share = percent(batch.moved / batch.members, 1) if batch.members else "all"
    return [render_to_string("dashboards/held_back.html", {"batch": batch, "share": share})]
