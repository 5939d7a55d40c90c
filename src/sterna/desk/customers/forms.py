"""What a customer fills in on their own page: ways to be written to, how often, about what."""

from collections.abc import Mapping
from typing import Any

from django import forms

from sterna.desk.customers import queries
from sterna.desk.customers.actions.preferences import Choices, Way
from sterna.desk.customers.models import Customer
from sterna.desk.customers.offered import Offered

MOST = {"": "As often as there is something", "1": "1", "2": "2", "4": "4", "8": "8"}
MEDIA = {"email": "E-mail", "letter": "Letter", "phone": "Phone call"}


def _key(way: Way) -> str:
    return "|".join(way)


class PreferenceForm(forms.Form):
    """The choices of one customer among what is offered; what they said before of anything else is shown too."""

    most_a_month = forms.ChoiceField(choices=list(MOST.items()), required=False)
    words = forms.MultipleChoiceField(required=False)
    topics = forms.MultipleChoiceField(required=False)

    def __init__(self, customer: Customer, offered: Offered, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        standing = {(each.medium, each.purpose): each.granted for each in queries.standings(customer)}
        said = queries.preference(customer)
        refused = set(said.no_topics) if said else set()
        topics = {topic: topic.rpartition("/")[2] for topic in sorted(refused)} | offered.topics
        self.ways = sorted(offered.words | standing.keys(), key=lambda way: (way[1], way[0]))
        self.topic_titles = topics
        self.fields["words"].choices = [(_key(way), _key(way)) for way in self.ways]  # type: ignore[attr-defined]
        self.fields["topics"].choices = list(topics.items())  # type: ignore[attr-defined]
        self.allowed = {way for way in self.ways if standing.get(way)}
        self.wanted = topics.keys() - refused
        self.most = "" if said is None or said.most_a_month is None else str(said.most_a_month)

    def by_purpose(self) -> dict[str, list[dict[str, Any]]]:
        """The boxes to tick, by purpose."""
        boxes: dict[str, list[dict[str, Any]]] = {}
        for medium, purpose in self.ways:
            box = {
                "value": _key((medium, purpose)),
                "label": MEDIA.get(medium, medium.capitalize()),
                "checked": (medium, purpose) in self.allowed,
            }
            boxes.setdefault(purpose.capitalize(), []).append(box)
        return boxes

    def topic_boxes(self) -> list[dict[str, Any]]:
        """The topics to tick."""
        return [
            {"value": topic, "label": title, "checked": topic in self.wanted}
            for topic, title in sorted(self.topic_titles.items(), key=lambda each: each[1])
        ]

    def most_choices(self) -> list[dict[str, Any]]:
        """How often, one of them chosen; a limit that is none of ours is shown as it was said."""
        listed = MOST if self.most in MOST else MOST | {self.most: self.most}
        return [
            {"value": value, "label": label, "chosen": value == self.most} for value, label in listed.items()
        ]

    def choices(self) -> Choices:
        """What was chosen, of a valid form."""
        ticked, wanted = set(self.cleaned_data["words"]), set(self.cleaned_data["topics"])
        most = self.cleaned_data["most_a_month"]
        return Choices(
            {way: _key(way) in ticked for way in self.ways},
            int(most) if most else None,
            sorted(self.topic_titles.keys() - wanted),
        )
