"""The forms for a version of a tier scheme and for what a person says of one customer's place."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from django import forms

from sterna.desk.config import options
from sterna.desk.customers.queries import classes
from sterna.desk.segments.forms import Line
from sterna.desk.segments.models import Override
from sterna.desk.segments.tier_queries import schemes_in_force
from sterna.engine.segments import FACT, Band, Holding, Scheme, scheme_of
from sterna.engine.segments.holding import LONGEST, Downgrade
from sterna.engine.value.catalogue import MEASURES

DOWN = {"by_amount": "to where the amount puts them", "one_down": "one tier down"}
assert set(DOWN) == set(get_args(Downgrade))
_FEWEST, _MOST = 4, 12


class TierForm(forms.Form):
    """A version of a scheme as fields: a name, a measure, tiers from the lowest up, and what keeps somebody there."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.tiers = _count({**(initial or {}), **(data or {})})
        self.fields |= {
            "name": _text("Name", 80, "give it a name"),
            "measure": forms.ChoiceField(label="Measure", choices=measures()),
            "window_months": _whole("Months", 1, 120),
            "low_water": _decimal("Share of the low edge that still keeps a tier", False),
            "minimum_hold_days": _whole("Days a tier is kept after moving up", 0, LONGEST),
            "grace_days": _whole("Days of grace", 0, LONGEST),
            "downgrade": forms.ChoiceField(label="Who falls goes", choices=list(DOWN.items())),
            "change_limit": _decimal("Share of members that one run may move", False),
        }
        for number in range(self.tiers):
            self.fields[f"place_{number}"] = _text(f"Tier {number + 1}", 80, "", required=False)
            self.fields[f"low_{number}"] = _decimal("Starts at", False)
        for field in self.fields.values():
            is_choice = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    @property
    def lines(self) -> Iterator[Line]:
        """The form from the top down."""
        if not self.initial.get("name"):
            yield Line("name", "Name", [self["name"]], "It stays with all versions.")
        yield Line(
            "measure", "Tiers go by", [self["measure"], self["window_months"]],
            "Spend is summed over these months. Other measures are those of the run's window, which must be as long; a "
            "fact is as it stands.",
        )  # fmt: skip
        for number in range(self.tiers):
            fields = [self[f"place_{number}"], self[f"low_{number}"]]
            yield Line(
                f"tier_{number}", "Tiers, the lowest first", fields, is_first=number == 0,
                is_last=number == self.tiers - 1,
            )  # fmt: skip
        yield Line(
            "low_water", "Low water", [self["low_water"]],
            "0.9 keeps a tier for who is at nine tenths of its edge; empty is no low water.",
        )  # fmt: skip
        days = [self["minimum_hold_days"], self["grace_days"], self["downgrade"]]
        yield Line(
            "days",
            "Before and after a fall",
            days,
            "0 is none. In grace a customer keeps the tier and is warned.",
        )
        yield Line(
            "change_limit", "Limit", [self["change_limit"]],
            "A run that would move more of the members, up and down, waits for a person. Empty is no limit.",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """What the fields say together; each thing that is wrong stands at its field."""
        told = self.cleaned_data
        for number in range(self.tiers):
            place, low = told.get(f"place_{number}"), told.get(f"low_{number}")
            if place and low is None and f"low_{number}" not in self.errors:
                self.add_error(f"low_{number}", f"say where {place} starts")
            if low is not None and not place:
                self.add_error(f"place_{number}", "name the tier that starts here")
        if not any(told.get(f"place_{number}") for number in range(self.tiers)):
            self.add_error("place_0", "name at least one tier")
        return told

    def scheme(self) -> Scheme:
        """What was filled in, of a valid form; each tier ends where the next one starts."""
        told = self.cleaned_data
        rows = [
            (told[f"place_{number}"], told[f"low_{number}"])
            for number in range(self.tiers)
            if told[f"place_{number}"]
        ]
        highs = [*(low for _, low in rows[1:]), None]
        bands = enumerate(zip(rows, highs, strict=True), start=1)
        water = told["low_water"]
        return Scheme(
            name=told["name"],
            measure=told["measure"],
            currency=options.currency(),
            window_months=told["window_months"],
            bands=tuple(Band(place, rank, low, high) for rank, ((place, low), high) in bands),
            cut={"edges": "as written"},
            holding=Holding(
                low_water=Decimal(1) if water is None else water,
                minimum_hold_days=told["minimum_hold_days"],
                grace_days=told["grace_days"],
                downgrade=told["downgrade"],
            ),
            change_limit=told["change_limit"],
        )


def shown(scheme: Scheme) -> dict[str, Any]:
    """What the form shows of a scheme."""
    held = scheme.holding
    told: dict[str, Any] = {
        "name": scheme.name,
        "measure": scheme.measure,
        "window_months": scheme.window_months,
        "low_water": f"{held.low_water:f}" if held.low_water < 1 else "",
        "minimum_hold_days": held.minimum_hold_days,
        "grace_days": held.grace_days,
        "downgrade": held.downgrade,
        "change_limit": "" if scheme.change_limit is None else f"{scheme.change_limit:f}",
    }
    for number, band in enumerate(sorted(scheme.bands, key=lambda band: band.rank)):
        told |= {f"place_{number}": band.place, f"low_{number}": f"{band.low:f}"}
    return told


def measures() -> list[tuple[str, Any]]:
    """What tiers can go by: the measures of value, and the classes of facts that are numbers."""
    tree = classes()
    numbers = [
        (f"{FACT}{name}", tree.at(name).title) for name in tree.ids() if tree.at(name).holds == "number"
    ]
    return [("Value", [(one.name, one.title) for one in MEASURES]), ("A fact", numbers)]


class OverrideForm(forms.Form):
    """A floor, a ceiling or a lock of one customer, with the place as "scheme/place"."""

    kind = forms.ChoiceField(choices=Override.Kind.choices)
    at = forms.CharField(max_length=200)
    ends_on = forms.DateField(
        error_messages={"invalid": "write the day as 2018-06-01", "required": "say until when"}
    )
    reason = forms.CharField(max_length=300, error_messages={"required": "write why: the audit keeps it"})

    def said(self) -> tuple[str, str, str, date]:
        """(scheme, kind, place, ends_on) of a valid form."""
        told = self.cleaned_data
        scheme, _, place = str(told["at"]).partition("/")
        return scheme, told["kind"], place, told["ends_on"]


def places_to_say() -> list[tuple[str, str]]:
    """Every place that can be said of a customer, with what it reads as."""
    return [
        (f"{one.name}/{place}", f"{one.name}: {place}")
        for one in schemes_in_force()
        for place in [*(band.place for band in scheme_of(one.body).bands), "none"]
    ]


def first_error(form: forms.Form) -> str:
    """The first thing that is wrong with a form, with its field's name."""
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label or name.replace("_", " ")
    return f"{label}: {errors[0]}"


def _count(told: Mapping[str, Any]) -> int:
    """One line more than those that are filled, so that there is always a next one."""
    filled = [int(key[6:]) for key in told if re.fullmatch(r"place_[0-9]{1,2}", key) and told[key]]
    return min(max(_FEWEST, max(filled, default=-1) + 2), _MOST)


def _text(label: str, longest: int, missing: str, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=longest, error_messages={"required": missing},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


def _decimal(label: str, required: bool) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=required, max_digits=18, error_messages={"invalid": "write a number"},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


def _whole(label: str, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most,
        error_messages={"invalid": "write a whole number", "required": "write a whole number"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
