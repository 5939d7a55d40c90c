"""Sample values for every component, with names that try to break out of where they are put."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django import forms

from sterna.desk.web import components as c
from sterna.desk.web.pictures.bars import Range, range_bars, sparkline, whale_curve
from sterna.desk.web.pictures.intervals import Estimate, intervals
from sterna.desk.web.pictures.intervals import summary as intervals_summary
from sterna.desk.web.pictures.roadmap import Step, Touchpoint, roadmap
from sterna.desk.web.pictures.roadmap import summary as roadmap_summary
from sterna.desk.web.pictures.sankey import Flow, Place, sankey
from sterna.desk.web.pictures.sankey import rows as sankey_rows
from sterna.desk.web.pictures.sankey import summary as sankey_summary

HOSTILE = "<script>alert('\"&')</script>\x00"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

SOURCE = c.Provenance(
    meaning="Money paid for purchases in the twelve months before the day shown, returns taken off.",
    definition="Spend",
    version=3,
    run="run 12",
    run_url="/runs",
    as_of=date(2026, 2, 28),
    sql="select customer, sum(amount) as spend\nfrom lines\nwhere at < $until\ngroup by customer",
    rows_url="/customers",
    csv_url="/customers?format=csv",
)
NUMBERS = [
    c.Number("Spend", Decimal("4596039.58"), "money", "USD", SOURCE),
    c.Number("Customers in a tier", 2469, "count", provenance=SOURCE, note="12 more than in February"),
    c.Number("Share of wallet", None, "percent", provenance=SOURCE, missing="a wallet estimate is given"),
    c.Number("Moved up", 0.0873, "percent", provenance=SOURCE),
]

PLACES = [
    Place("gold", "Gold", 1),
    Place("silver", "Silver", 2),
    Place("bronze", "Bronze", 3),
    Place("basic", "Basic", 4),
    Place("new", "New"),
    Place("none", "None"),
]
MOVES = {
    ("gold", "gold"): 190,
    ("gold", "silver"): 41,
    ("gold", "none"): 6,
    ("silver", "gold"): 66,
    ("silver", "silver"): 402,
    ("silver", "bronze"): 118,
    ("silver", "none"): 19,
    ("bronze", "gold"): 7,
    ("bronze", "silver"): 131,
    ("bronze", "bronze"): 520,
    ("bronze", "basic"): 96,
    ("bronze", "none"): 60,
    ("basic", "silver"): 12,
    ("basic", "bronze"): 140,
    ("basic", "basic"): 380,
    ("basic", "none"): 88,
    ("new", "basic"): 130,
    ("new", "bronze"): 55,
    ("new", "silver"): 8,
}
FLOWS = [
    Flow(origin, end, n, Decimal(n) * 812, f"/moves?from={origin}&to={end}")
    for (origin, end), n in MOVES.items()
]
ESTIMATES = [
    Estimate("Silver to Gold", "moved", 0.042, 0.018, 0.066, "/results?plan=1", primary=True),
    Estimate("Bronze to Silver", "cannot_tell", 0.021, -0.014, 0.056, "/results?plan=2"),
    Estimate("Basic to Bronze", "not_moved", -0.002, -0.011, 0.007, "/results?plan=3"),
    Estimate("Second half of 2017", "aa", 0.004, -0.021, 0.029),
    Estimate("Campaign 18", "targeted", 1.8, 1.2, 2.4),
]
STAGES = ["Acquainted", "Regular", "Close"]
TOUCHPOINTS = [
    Touchpoint(
        "mail", "Welcome e-mail", "Acquainted", "opens the preference page", "a first coupon", "/plan"
    ),
    Touchpoint("prefs", "Preference page", "Acquainted", "names two favorite categories"),
    Touchpoint("till", "Point of sale", "Regular", "redeems the coupon in a new category"),
    Touchpoint("letter", "Letter with the yearly plan", "Regular", None),
    Touchpoint("phone", "Call from the adviser", "Close", "says what the household needs next year"),
]
STEPS = [
    Step("mail", "prefs", 0.31),
    Step("mail", "till", 0.12),
    Step("prefs", "till", 0.44),
    Step("till", "letter", 0.8),
    Step("till", "phone", None),
]
RANGES = [
    Range("Today", Decimal("812.40")),
    Range("To come", Decimal("1430"), Decimal("1105"), Decimal("1790")),
    Range("Could be", Decimal("3100"), Decimal("2100"), Decimal("4400")),
    Range("Wallet", None, missing="the household answers the wallet question"),
]
WHALE = [(0, 0), (0.05, 0.38), (0.1, 0.62), (0.2, 0.91), (0.4, 1.14), (0.6, 1.2), (0.8, 1.16), (1, 1)]


def moves_table() -> c.Table:
    """The Sankey's figures."""
    columns = [
        c.Column("from", "From"),
        c.Column("to", "To"),
        c.Column("customers", "Customers", "number"),
        c.Column("value", "Value", "money", unit="USD"),
        c.Column("share", "Share", "percent"),
    ]
    return c.Table("Moves between tiers", columns, [c.Row(list(line)) for line in sankey_rows(PLACES, FLOWS)])


def stacked_table() -> c.Table:
    """Goals, each a card on a phone, with a word that has no place to break."""
    columns = [
        c.Column("from", "From"),
        c.Column("wanted", "Wanted", "number", True),
        c.Column("spend", "Spend", "money", unit="USD"),
        c.Column("owner", "Owner"),
        c.Column("why", "Why"),
    ]
    rows = [
        c.Row(
            [c.Tier("Silver", 2), 225, Decimal("195.23"), "Ann", "For " + "reasons of every kind " * 5],
            "/moves",
        ),
        c.Row([c.Tier("Gold", 1), 85, None, HOSTILE, "W" * 90]),
    ]
    return c.Table("Goals", columns, rows, sort="wanted", stacks=True)


def pictures() -> list[c.Picture]:
    """Every picture."""
    return [
        c.Picture(
            "Moves between January and March",
            sankey(PLACES, FLOWS, title="Moves", opening="2026-01-01", closing="2026-03-01", currency="USD"),
            sankey_summary(PLACES, FLOWS),
            moves_table(),
            "/moves?format=svg",
        ),
        c.Picture(
            "Effect by plan",
            intervals(
                ESTIMATES, title="Effect by plan", axis="Customers who moved up, treated less held out"
            ),
            intervals_summary(ESTIMATES),
        ),
        c.Picture(
            "Roadmap",
            roadmap(STAGES, TOUCHPOINTS, STEPS, title="Roadmap"),
            roadmap_summary(TOUCHPOINTS, STEPS),
        ),
        c.Picture(
            "Today, to come, could be",
            range_bars(RANGES, title="Value of the household", currency="USD"),
            "Could be is peers' spend in the categories this household buys.",
        ),
        c.Picture(
            "Concentration of profit",
            whale_curve(WHALE, title="Whale curve", reading="The best 20 % bring 91 % of the profit."),
            "The best 20 % bring 91 % of the profit.",
        ),
    ]


def customers_table() -> c.Table:
    """A table with every kind of column and cell."""
    columns = [
        c.Column("name", "Customer", sortable=True),
        c.Column("tier", "Tier", "component", sortable=True),
        c.Column("group", "Group", "component"),
        c.Column("spend", "Spend", "money", sortable=True, unit="USD"),
        c.Column("orders", "Orders", "number", sortable=True),
        c.Column("wallet", "Share of wallet", "percent"),
        c.Column("since", "Since", "day"),
        c.Column("seen", "Last seen", "component"),
        c.Column("trend", "Trend", "component"),
    ]
    filters = c.Filters(
        "Customers",
        [
            c.Chip("in tier", "Silver", "?sort=name"),
            c.Chip("with headroom over", "1,000 USD", "?tier=silver"),
        ],
        "?",
    )
    rows = [customer_row(index) for index in range(12)]
    return c.Table(
        "Customers",
        columns,
        rows,
        sort="-spend",
        filters=filters,
        shown="12 of 2,469 customers",
        next_url="?after=12",
        previous_url="?before=1",
        csv_url="?format=csv",
    )


def customer_row(index: int) -> c.Row:
    """One customer; the third has a hostile name and nothing known."""
    known = index != 2
    name = f"Household {1470 + index * 37}" if known else HOSTILE
    trend = c.Verdict("moved", "+4.2 %") if index % 3 == 0 else c.Unknown("a second half-year is imported")
    cells = [
        name,
        c.Tier(PLACES[index % 4].name, PLACES[index % 4].rank) if known else c.Tier("None", None),
        c.GroupLetter("ABC"[index % 3]),
        Decimal("98213.07") / (index + 1) if known else None,
        412 - index * 31 if known else None,
        0.12 + index / 40 if known else None,
        date(2025, 1, 1) + timedelta(days=index * 11) if known else None,
        c.RelativeTime(NOW - timedelta(days=index * 9), NOW),
        trend,
    ]
    return c.Row(cells, f"/customers?id={index}")


class PlanForm(forms.Form):
    """A form with each kind of widget, bound to values that are wrong."""

    name = forms.CharField(help_text="As it stands on the roadmap.")
    budget = forms.DecimalField(
        min_value=0, error_messages={"min_value": "Give a budget of 0 or more: a plan cannot earn."}
    )
    medium = forms.ChoiceField(choices=[("email", "E-mail"), ("letter", "Letter")])
    direction = forms.ChoiceField(
        choices=[("in", "Inbound"), ("out", "Outbound")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose which way the contact goes."},
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    announce = forms.BooleanField(required=False, label="Tell the owner by e-mail")


def timeline() -> c.Timeline:
    """Contacts in both directions, one of them held back."""
    return c.Timeline(
        "Household 1470",
        [
            c.TimelineEntry(
                NOW - timedelta(hours=3), "inbound", "Bought 14 items", "Main Street, 61.20 USD", "Shop"
            ),
            c.TimelineEntry(
                NOW - timedelta(days=1), "outbound", "Coupon for produce", "Opened", "E-mail", "/outbox"
            ),
            c.TimelineEntry(
                NOW - timedelta(days=6),
                "outbound",
                "Letter with the yearly plan",
                medium="Letter",
                held_back="two contacts in seven days is the limit",
            ),
            c.TimelineEntry(NOW - timedelta(days=40), "inbound", HOSTILE, HOSTILE, "Phone"),
        ],
        NOW,
        "/customers?before=40",
    )


def context() -> dict[str, object]:
    """All that the gallery's page shows."""
    return {
        "question": "Who moved since January?",
        "lead": "356 customers moved up, 255 moved down, and one plan of three brought it about.",
        "as_of": c.AsOf(
            date(2026, 2, 28), "run 12", "/runs", date(2026, 3, 1), [("tier", HOSTILE), ("sort", "-spend")]
        ),
        "now": NOW,
        "numbers": NUMBERS,
        "source": SOURCE,
        "places": PLACES,
        "pictures": pictures(),
        "spark": sparkline([3, 4, None, 8, 7, 11], title="Orders by month"),
        "table": customers_table(),
        "stacked": stacked_table(),
        "empty_table": c.Table(
            "Moves", [], [], empty=c.Empty("Moves will be here.", "No run has ended.", "Start a run", "/runs")
        ),
        "form": PlanForm({"name": "", "budget": "-5", "medium": "email", "note": HOSTILE}),
        "effect": c.Effect(
            41,
            6,
            Decimal("12400"),
            "This can be undone until the first contact leaves, 2026-03-04.",
            "USD",
            enters_url="/customers?enter",
            findings=["3 customers lose their birthday card next year."],
            ask_reason=True,
            reason="short",
            reason_error="Say in a sentence why: the yearly review reads it.",
        ),
        "work": c.Progress("Value", 1_204_000, 1_469_307, 42, None, "lines"),
        "timeline": timeline(),
        "soon": NOW - timedelta(hours=2),
        "due": date(2026, 2, 20),
    }


class SignInForm(forms.Form):
    """The fields of Django's sign-in form, without its users."""

    username = forms.CharField()
    password = forms.CharField(widget=forms.PasswordInput)
