"""What a run's values come to over all customers, as it was kept when the run was published."""

from typing import Any
from uuid import UUID

from sterna.desk.values.models import Model


def kept(run_id: UUID, name: str) -> Any | None:
    """The record `name` of a run; None for a run that was published before such records were kept."""
    return Model.objects.filter(run_id=run_id, name=name).values_list("body", flat=True).first()
