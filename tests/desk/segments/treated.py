"""Treatments for the tests: the grid of the segments `needs`, and customers put in its cells without a run."""

from datetime import date
from uuid import UUID, uuid4

from sterna.desk.segments.actions import publish_treatments
from sterna.desk.segments.models import Batch, Definition
from sterna.desk.segments.ruled_queries import ruled_in_force
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.segments.treatment_queries import segments_in_force
from sterna.desk.segments.treatment_texts import read_file

# Nobody's headroom is known where nobody alike can be compared with.
TEXT = """
treatments:
  - scheme: needs
    value:
      measure: spend
      bands:
        - {name: little, high: 300.00}
        - {name: much, low: 300.00}
    potential:
      measure: headroom
      bands:
        - {name: small, high: 50.00}
        - {name: large, low: 50.00}
    levels:
    - {value: little, potential: small, personalization: none, frequency: {contacts: 1, days: 30}, retention: none}
    - {value: little, potential: large, personalization: individual, frequency: {contacts: 9, days: 30}, retention: keep}
    - {value: little, potential: unknown, personalization: segment, frequency: {contacts: 9, days: 9}, retention: watch}
    - {value: much, potential: small, personalization: individual, frequency: {contacts: 9, days: 30}, retention: keep}
    - {value: much, potential: large, personalization: individual, frequency: {contacts: 9, days: 60}, retention: keep}
    - {value: much, potential: unknown, personalization: individual, frequency: {contacts: 1, days: 1}, retention: keep}
    segments:
      big:
        - {value: much, potential: small, personalization: segment, frequency: {contacts: 2, days: 7}, retention: watch}
"""  # noqa: E501


def publish(text: str = TEXT, reason: str = "the first levels") -> Definition:
    """The treatments of a text in force."""
    [found] = read_file(text, segments_in_force())
    return publish_treatments(found, None, reason)


def put(
    customer: UUID,
    cell: tuple[str, str] = ("little", "large"),
    segment: str = "others",
    run: UUID | None = None,
    cut: date = date(2017, 7, 1),
    **level: object,
) -> UUID:
    """One customer in a cell as of a run that leads, with the level given; returns the run."""
    run = run or uuid4()
    scheme = next(one for one in ruled_in_force() if one.name == "needs")
    Batch.objects.get_or_create(
        run_id=run,
        scheme="needs",
        defaults={"definition": scheme, "cut": cut, "state": "carried", "moved": 0, "members": 0},
    )
    told = {"personalization": "individual", "contacts": 9, "days": 30, "retention": "none"} | level
    value, potential = cell
    Treatment.objects.create(
        run_id=run, scheme="needs", customer_id=customer, segment=segment, value_band=value,
        potential_band=potential, **told,
    )  # fmt: skip
    return run


def newest() -> UUID:
    """The run that put somebody last."""
    return Batch.objects.order_by("-cut", "-pk").values_list("run_id", flat=True)[0]


def clear() -> None:
    """Nobody stands in a cell any more."""
    Treatment.objects.all().delete()
    Batch.objects.all().delete()
