"""What a customer accepted, as their page says it: offered still, or honored although it is not for their stage."""

from datetime import date

import pytest

from sterna.desk.contacts.models import Contact
from sterna.desk.contacts.queries import Accepted
from sterna.desk.dashboards import customer_accepted


@pytest.mark.parametrize(
    ("stages", "stage", "kept", "said"),
    [
        ((), "valued", False, "Offered in every stage."),
        ((), "", False, "Offered in every stage."),
        (("known", "valued"), "valued", False, "Offered in known, valued, where they stand: valued."),
        (
            ("known",),
            "valued",
            True,
            "Offered to others only in known; they stand in valued, and it is honored.",
        ),
        (
            ("known",),
            "none",
            True,
            "Offered to others only in known; they stand in none of its stages, and it is honored.",
        ),
        (
            ("known",),
            "",
            True,
            "Offered to others only in known; they stand in none of its stages, and it is honored.",
        ),
    ],
)
def test_R66_the_page_says_what_is_honored_and_in_which_stage_others_get_it(stages, stage, kept, said):
    one = Accepted(Contact(), date(2018, 1, 1), "took it", stages, stage)
    assert one.is_kept is kept and customer_accepted._standing(one) == said
