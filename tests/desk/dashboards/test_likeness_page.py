"""The page of look-alikes: lists, the profile with what counts, names with reasons, and when it cannot tell."""

from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from django.urls import reverse

from sterna.desk.dashboards.queries import likeness
from sterna.desk.dashboards.views.likeness import SHOWN
from sterna.desk.segments.models import Move
from sterna.desk.web.components import Empty, Table
from sterna.engine.segments import lookalikes
from tests.desk.dashboards.reading import table

pytestmark = pytest.mark.django_db


def tables(client, query=None) -> dict[str, Table]:
    page = client.get(reverse("lookalikes"), query or {}).context["page"]
    return {
        item.caption: item for section in page.sections for item in section.items if isinstance(item, Table)
    }


def test_R46_every_list_of_the_run_is_offered_best_customers_first(world, analyst):
    lists = likeness.listings(world.second)
    assert [one.title for one in lists][-2:] == ["Tier silver", "Tier bronze"] and lists[0].key.startswith(
        "best:"
    )
    content = analyst.get(
        reverse("lookalikes"), {"list": "tier:bronze", "as_of": "2017-12-31"}
    ).content.decode()
    assert [f'value="{one.key}"' in content for one in lists] == [True] * len(lists)
    assert '<option value="tier:bronze" selected>' in content
    assert '<input type="hidden" name="as_of" value="2017-12-31">' in content


def test_R46_the_members_are_those_that_the_run_placed_there(world):
    listing = likeness.Listing("tier:bronze", "Tier bronze")
    placed = Move.objects.filter(run_id=world.second.pk, to_place="bronze").values_list(
        "customer_id", flat=True
    )
    assert {UUID(one) for one in likeness.members(world.second, listing)} == set(placed)


def test_R46_the_page_says_who_is_like_a_tier_and_why(world, analyst):
    found = tables(analyst, {"list": "tier:bronze"})
    ranked = found["Customers like them"].rows
    listing = likeness.Listing("tier:bronze", "Tier bronze")
    on_list = set(likeness.members(world.second, listing))
    people = likeness.alike(world.second, listing, (), SHOWN).customers.people
    assert len(ranked) == len(people) > 0 and not {one.customer for one in people} & on_list
    assert [row.cells[1] for row in ranked] == sorted((one.likeness for one in people), reverse=True)
    assert all(row.cells[2] != row.cells[3] for row in ranked)
    profile = {row.cells[0]: row.cells for row in found["Profile"].rows}
    assert profile["Spend"][3] == len(on_list) and "median" in profile["Spend"][1]
    assert "counts" in {cells[4] for cells in profile.values()}
    # No prospects are known in this shop.
    assert "Cannot tell" in found["Prospects like them"].empty.why


def test_R46_a_feature_can_be_left_out_and_taken_back(world, analyst):
    rows = tables(analyst, {"list": "tier:bronze"})["Profile"].rows
    without = tables(analyst, dict(parse_qsl(urlsplit(rows[0].href).query)))["Profile"]
    assert rows[0].cells[0] == "Spend" and "Spend" not in [row.cells[0] for row in without.rows]
    [chip] = without.filters.chips
    assert (chip.words, chip.value) == ("without", "Spend") and "drop" not in chip.remove_url


def test_R46_of_a_list_that_is_too_small_the_page_says_so(world, analyst, monkeypatch):
    monkeypatch.setattr(lookalikes.find, "__defaults__", ((), 100, 1_000))
    shown = tables(analyst, {"list": "tier:bronze"})
    assert "of fewer than 1000 nothing can be told" in shown["Customers like them"].empty.why


def test_R46_what_is_protected_is_named_and_never_a_feature(world, analyst):
    content = analyst.get(reverse("lookalikes")).content.decode()
    assert "age band" in content and "date of birth" in content
    assert not {"Age band", "Date of birth"} & {row.cells[0] for row in tables(analyst)["Profile"].rows}


def test_a_run_without_its_files_says_so(world, analyst, monkeypatch, tmp_path):
    monkeypatch.setattr(likeness.briefing, "folder", lambda run_id: tmp_path)
    page = analyst.get(reverse("lookalikes")).context["page"]
    said = [item.why for section in page.sections for item in section.items if isinstance(item, Empty)]
    assert any("keeps its rows no more" in why for why in said)


def test_the_file_has_the_names_that_are_shown(world, analyst):
    shown = table(analyst, "Customers like them", "lookalikes", list="tier:bronze")
    answer = analyst.get(reverse("lookalikes"), {"list": "tier:bronze", "format": "csv", "table": 1})
    assert len(answer.content.decode().strip().splitlines()) == len(shown) + 1
