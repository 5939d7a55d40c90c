"""The rail: what is installed is shown, what is not is left out, the open page is marked."""

import pytest
from django.test import override_settings
from django.urls import path

from sterna.desk.web import navigation
from tests.desk.web.gallery.views import plain

urlpatterns = [path("", plain, name="home"), path("moves", plain, name="moves")]


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_that_is_not_installed_is_not_in_the_rail() -> None:
    groups = navigation.rail("/")
    assert [(group.label, [link.label for link in group.links]) for group in groups] == [
        ("", ["Home"]),
        ("Place", ["Moves"]),
    ]
    assert navigation.address("sources") is None


@pytest.mark.usefixtures("gallery_urls")
def test_the_rail_follows_the_loop() -> None:
    groups = navigation.rail("/")
    words = [group.label or group.links[0].label for group in groups]
    assert words == ["Home", "Know", "Value", "Place", "Plan", "Contact", "Measure", "Installation"]


@pytest.mark.usefixtures("gallery_urls")
@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("/", "Home"),
        ("/moves", "Moves"),
        ("/customers/17", "Customers"),
        ("/elsewhere", None),
        ("/plankton", None),
    ],
)
def test_the_open_page_is_the_only_one_marked(address: str, label: str | None) -> None:
    marked = [link.label for group in navigation.rail(address) for link in group.links if link.current]
    assert marked == ([label] if label else [])
