"""The form for a definition of best customers: the same definition as its text, without knowing how that is written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField

from sterna.desk.segments.best_texts import LARGEST, LEAST_WEIGHT, LONGEST_WORDS, MOST_WEIGHT
from sterna.engine.value import catalogue
from sterna.engine.value.best import Condition, Definition, Take, Weighed

SCALES = {
    "money": "money: a weighted sum",
    "percentile": "percentile: a mean place, 0 to 1",
}
TAKES = {
    "share": "a share: 0.2 is a fifth",
    "count": "so many",
    "least": "from this score on",
}
_KINDS = {"today": "Today", "to come": "To come", "possible": "Possible", "by others": "By others"}
_FEWEST_WEIGHED, _FEWEST_CONDITIONS = 3, 2
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


@dataclass(frozen=True)
class Line:
    """One line of the form: its fields, and the first thing that is wrong with one of them."""

    name: str
    label: str
    fields: list[BoundField]
    hint: str = ""
    # Of several lines of a kind the first is headed, and the last is parted from what follows.
    is_first: bool = True
    is_last: bool = True

    @property
    def wrong(self) -> str:
        """The first error of the line, with the field's name where there are more fields than one."""
        found = next(((one, error) for one in self.fields for error in one.errors), None)
        if found is None:
            return ""
        return f"{found[0].label}: {found[1]}" if len(self.fields) > 1 else str(found[1])


def _of_many(name: str, label: str, fields: list[BoundField], number: int, many: int) -> Line:
    return Line(name, label, fields, is_first=number == 0, is_last=number == many - 1)


class BestForm(forms.Form):
    """A definition as fields; `weighed` and `conditions` are how many lines of each there are."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        shown = {**(initial or {}), **(data or {})}
        self.weighed = max(_FEWEST_WEIGHED, _count(shown, "weigh"))
        self.conditions = max(_FEWEST_CONDITIONS, _count(shown, "only"))
        self.fields |= {
            "best": forms.CharField(
                label="Name", error_messages={"required": "give it a name"}, max_length=50,
                help_text="Lower-case letters, digits and hyphens, such as buyers. It stays with all versions.",
            ),
            "version": forms.IntegerField(widget=forms.HiddenInput, min_value=1),
            "title": _words("Title", True, "As people read it."),
            "treatment": _words("Treatment", False, "What members get, such as a private sale."),
            "scale": forms.ChoiceField(label="Scale", choices=list(SCALES.items())),
            "take_by": forms.ChoiceField(label="Take", choices=list(TAKES.items())),
            "take": _number("How many", True),
        }  # fmt: skip
        for number in range(self.weighed):
            self.fields[f"weigh_{number}"] = _measure(f"Measure {number + 1}")
            self.fields[f"weight_{number}"] = _number(f"Weight {number + 1}", False)
        for number in range(self.conditions):
            self.fields[f"only_{number}"] = _measure(f"Only if {number + 1}")
            self.fields[f"least_{number}"] = _number("Is at least", False)
            self.fields[f"most_{number}"] = _number("Is at most", False)
        _style(self.fields)

    @property
    def lines(self) -> Iterator[Line]:
        """The form from the top down."""
        if not self.initial.get("best"):
            yield Line("best", "Name", [self["best"]], str(self.fields["best"].help_text))
        yield Line("title", "Title", [self["title"]], str(self.fields["title"].help_text))
        yield Line(
            "scale",
            "Scale",
            [self["scale"]],
            "On money, who is worth as much ranks equal for whatever it is.",
        )
        for number in range(self.weighed):
            fields = [self[f"weigh_{number}"], self[f"weight_{number}"]]
            yield _of_many(f"weigh_{number}", "Weigh", fields, number, self.weighed)
        for number in range(self.conditions):
            fields = [self[f"{name}_{number}"] for name in ("only", "least", "most")]
            yield _of_many(f"only_{number}", "Rank only if", fields, number, self.conditions)
        yield Line(
            "take",
            "Take",
            [self["take_by"], self["take"]],
            "Of those who can be ranked; who ties with the last one is in.",
        )
        yield Line("treatment", "Treatment", [self["treatment"]], str(self.fields["treatment"].help_text))

    def clean_best(self) -> str:
        """The name, which stands in addresses and in the audit."""
        name = str(self.cleaned_data["best"])
        if not _NAME.fullmatch(name):
            raise forms.ValidationError("use lower-case letters, digits and hyphens, at most 50")
        return name

    def clean(self) -> dict[str, Any]:
        """What the fields say together; each thing that is wrong stands at its field."""
        told = self.cleaned_data
        chosen = [told.get(f"weigh_{number}") for number in range(self.weighed)]
        if not any(chosen) and not any(f"weigh_{number}" in self.errors for number in range(self.weighed)):
            self.add_error("weigh_0", "choose at least one measure")
        for number, name in enumerate(chosen):
            self._check_weighed(number, name, chosen[:number])
        for number in range(self.conditions):
            ends = told.get(f"least_{number}"), told.get(f"most_{number}")
            if (
                told.get(f"only_{number}")
                and ends == (None, None)
                and not self._wrong(f"least_{number}", f"most_{number}")
            ):
                self.add_error(f"least_{number}", "say at least or at most")
            if not told.get(f"only_{number}") and ends != (None, None):
                self.add_error(f"only_{number}", "choose the measure that this is of")
        self._check_take(told.get("take_by"), told.get("take"))
        return told

    def _check_weighed(self, number: int, name: str | None, before: list[str | None]) -> None:
        weight = self.cleaned_data.get(f"weight_{number}")
        if not name:
            return
        if name in before:
            self.add_error(f"weigh_{number}", "it is weighed already")
        unit = catalogue.BY_NAME[name].unit
        if self.cleaned_data.get("scale") == "money" and unit != "money":
            self.add_error(f"weigh_{number}", f"counted in {unit}, no money; choose the scale percentile")
        if weight is not None and not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
            self.add_error(f"weight_{number}", f"a weight is from {LEAST_WEIGHT:f} to {MOST_WEIGHT:,}")

    def _check_take(self, by: str | None, take: Decimal | None) -> None:
        if take is None or by is None:
            return
        if by == "share" and not 0 < take <= 1:
            self.add_error("take", "a share is above 0 and at most 1")
        if by == "count" and (take < 1 or take != int(take)):
            self.add_error("take", "write a whole number from 1 on")

    def _wrong(self, *names: str) -> bool:
        return any(name in self.errors for name in names)

    def definition(self) -> Definition:
        """What was filled in, of a valid form."""
        told = self.cleaned_data
        return Definition(
            best=told["best"],
            version=told["version"],
            title=told["title"],
            scale=told["scale"],
            weigh=tuple(
                Weighed(
                    measure=name,
                    weight=Decimal(1) if (weight := told[f"weight_{number}"]) is None else weight,
                )
                for number in range(self.weighed)
                if (name := told[f"weigh_{number}"])
            ),
            only_if=tuple(
                Condition(measure=name, least=told[f"least_{number}"], most=told[f"most_{number}"])
                for number in range(self.conditions)
                if (name := told[f"only_{number}"])
            ),
            take=_take(told["take_by"], told["take"]),
            treatment=told["treatment"],
        )


def _take(by: str, number: Decimal) -> Take:
    if by == "count":
        return Take(count=int(number))
    return Take(share=number) if by == "share" else Take(least=number)


def shown(definition: Definition) -> dict[str, Any]:
    """What the form shows of a definition."""
    by = next(name for name in TAKES if getattr(definition.take, name) is not None)
    told: dict[str, Any] = {
        name: getattr(definition, name) for name in ("best", "version", "title", "treatment", "scale")
    }
    told |= {"take_by": by, "take": _plain(getattr(definition.take, by))}
    for number, one in enumerate(definition.weigh):
        told |= {f"weigh_{number}": one.measure, f"weight_{number}": _plain(one.weight)}
    for number, condition in enumerate(definition.only_if):
        ends = {f"{end}_{number}": _plain(getattr(condition, end)) for end in ("least", "most")}
        told |= {f"only_{number}": condition.measure, **ends}
    return told


def _plain(number: Decimal | int | None) -> str | None:
    """A number as somebody writes it, never with an exponent."""
    return None if number is None else f"{Decimal(number):f}"


def _count(told: Mapping[str, Any], name: str) -> int:
    """One line more than those that are filled, so that there is always a next one; at most a dozen."""
    numbers = [
        int(key[len(name) + 1 :]) for key in told if re.fullmatch(rf"{name}_[0-9]{{1,2}}", key) and told[key]
    ]
    return min(max(numbers, default=-1) + 2, 12)


def _words(label: str, required: bool, help_text: str) -> forms.CharField:
    missing = {"required": f"give it a {label.lower()}"}
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=LONGEST_WORDS, error_messages=missing
    )


def _number(label: str, required: bool) -> forms.DecimalField:
    said = {"required": "say how many", "invalid": "write a number"}
    return forms.DecimalField(
        label=label, required=required, min_value=-LARGEST, max_value=LARGEST, error_messages=said,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


def _measure(label: str) -> forms.ChoiceField:
    groups = [
        (words, [(one.name, one.title) for one in catalogue.MEASURES if one.kind == kind])
        for kind, words in _KINDS.items()
    ]
    return forms.ChoiceField(label=label, choices=[("", "nothing"), *groups], required=False)


def _style(fields: Mapping[str, forms.Field]) -> None:
    for field in fields.values():
        is_choice = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select" if is_choice else "form-control"
