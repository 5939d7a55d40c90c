"""What becomes of an import of facts by their classes: one that may not be kept at all fails it and says why."""

import pytest

from sterna.desk.customers.models import Fact, FactRefusal
from sterna.desk.sources.models import Import
from sterna.engine.errors import BadInput

pytestmark = pytest.mark.django_db


def mapping(fact_class: str, purpose: str = "marketing") -> str:
    return (
        "imports:\n  - {name: facts, file: p.csv, into: facts, identify: {kind: card, column: id}, "
        f"facts: {{{fact_class}: it}},\n"
        f"     columns: {{observed_on: {{constant: 2017-01-01}}, purpose: {{constant: {purpose}}}}}}}\n"
    )


@pytest.mark.parametrize(
    ("fact_class", "purpose", "said"),
    [
        ("shoe.size", "marketing", "shoe.size is an orphan"),
        (
            "food.allergy",
            "marketing",
            "food.allergy may be kept for service, not for marketing: it is sensitive",
        ),
        ("guarded.religion", "service", "guarded.religion is never kept"),
    ],
)
def test_R64_an_import_of_a_class_that_may_not_be_kept_fails_with_the_reason(run, fact_class, purpose, said):
    with pytest.raises(BadInput, match=said):
        run("id,it\n1,nuts\n2,nuts\n", mapping(fact_class, purpose), "p.csv")
    found = Import.objects.get()
    assert (found.state, found.rows_read) == (Import.State.FAILED, 0)
    assert said in found.error
    assert not Fact.objects.exists()


def test_values_that_the_class_cannot_hold_are_left_out_and_counted(run):
    done = run("id,it\n1,25-34\n2,ancient\n3,65+\n", mapping("demography.age"), "p.csv")
    assert done.state == Import.State.DONE
    assert set(Fact.objects.values_list("source_record__value", "value")) == {("1", "25-34"), ("3", "65+")}
    refusal = FactRefusal.objects.get()
    assert (refusal.code, refusal.fact_class, refusal.times) == ("value", "demography.age", 1)
