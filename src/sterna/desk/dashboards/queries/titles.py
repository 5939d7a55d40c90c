"""What assets are called: the title that the plan gives, where a page would otherwise show an id."""

from sterna.desk.plans.models import Plan


def asset_titles() -> dict[str, str]:
    """Asset id to title over all plans, the newest version's word counting."""
    found: dict[str, str] = {}
    for plan in Plan.objects.select_related("definition").order_by("loaded_at"):
        found |= {asset["id"]: asset["title"] for asset in plan.definition.body["assets"]}
    return found
