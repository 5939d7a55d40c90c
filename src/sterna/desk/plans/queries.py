"""Reads about plans."""

from sterna.desk.config.refused import Refused
from sterna.desk.plans.models import Plan


def plan(name: str, version: int) -> Plan:
    """The plan `name` in its `version`; Refused when it was not loaded."""
    found = Plan.objects.filter(name=name, version=version).first()
    if found is None:
        raise Refused(f"no plan {name} {version}: load it with `sterna plan load FILE`")
    return found
