"""What the tour shows of one household in each room of the house: tables in Markdown, made of two real turns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sterna.channels import email
from sterna.channels.base import Content, Rendered
from sterna.channels.content import FactView, personal_context
from sterna.engine import plans
from sterna.engine.value import hindsight
from tests.docs.tour_shop import DECEMBER, EXPERIMENT, JUNE, Shop, Turned

HOUSEHOLD = "790"
MINE = f"customer_id = '{HOUSEHOLD}'"
KEY = f"retail/household_id:{HOUSEHOLD}"
COMPANY = "Harvest Lane Market"  # the demonstration's
HALVES = ("until June 30", "until December 31")
MEASURES = (
    ("spend", "Spend in the half-year, USD"),
    ("spend_before", "Spend in the half-year before, USD"),
    ("orders", "Orders in the half-year"),
    ("recency_days", "Days since the last order"),
    ("breadth", "Departments bought"),
    ("alive", "Probability of still being a customer"),
    ("expected_orders", "Expected orders in the next 26 weeks"),
    ("expected_order_value", "Expected value of an order, USD"),
    ("expected_spend", "Expected spend in the next 26 weeks, USD"),
    ("lifetime_value", "Lifetime value of the next 156 weeks, USD"),
    ("wallet", "Wallet, USD"),
    ("wallet_source", "Who says so"),
    ("wallet_reason", "Why the wallet is what it is"),
    ("headroom", "Headroom, USD"),
    ("headroom_source", "Headroom is told by"),
    ("margin", "Margin, USD"),
    ("profit_reason", "Why the margin is unknown"),
    ("potential", "Potential (spend and headroom), USD"),
    ("top_category", "Department bought most"),
    ("room_category", "Department with most room"),
)


def shown(value: Any) -> str:
    """A figure as the page prints it; what is not known says so."""
    if value is None:
        return "unknown"
    if isinstance(value, Decimal | float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *([shown(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def source(turned: Turned, name: str) -> str:
    """Where a table comes from: its name and the step of the journal that made it."""
    return f"From table `{name}`, made by step `{turned.step(name)}`."


def one(turned: Turned, name: str, where: str = MINE) -> dict[str, Any]:
    """The one row of a table that a condition holds for."""
    (row,) = turned.rows(name, where)
    return row


def beside(shop: Shop, name: str, words: Sequence[tuple[str, str]]) -> str:
    """Columns of the household's row in both turns, side by side."""
    june, december = (one(turned, name) for turned in shop.turns)
    rows = [(said, june[column], december[column]) for column, said in words]
    return f"{table(('', *HALVES), rows)}\n\n{source(shop.june, name)}"


def events(shop: Shop) -> str:
    """Its first purchase line by line, its lines in all, and what the shop's lake held."""
    lines = shop.december.rows("clean_lines", f"source_record = '{KEY}'", "occurred_at, line_id")
    first = [line for line in lines if line["event_id"] == lines[0]["event_id"]]
    departments = _departments(shop)
    bought = table(
        ("day", "product", "department", "quantity", "paid, USD", "saved, USD"),
        (
            (
                line["occurred_on"],
                line["product_id"],
                departments.get(line["product_id"]),
                line["quantity"],
                line["amount"],
                line["discount"],
            )
            for line in first
        ),
    )
    others = table(
        ("day", "event", "campaign", "direction"),
        (
            (row["occurred_on"], row["kind"], row["subject"], row["direction"])
            for row in shop.december.rows("clean_events", f"source_record = '{KEY}'", "occurred_on, event_id")
        ),
    )
    counts = [{row["what"]: row for row in turned.rows("event_counts")} for turned in shop.turns]
    whole = table(
        ("the whole shop", *HALVES),
        (
            (what.capitalize(), *(found[what]["row_count"] for found in counts))
            for what in ("lines read", "lines kept", "lines after the cut", "events kept")
        ),
    )
    return (
        f"Household {HOUSEHOLD} has {len(lines)} lines in the year, under the source record `{KEY}`. "
        f"Its first purchase:\n\n{bought}\n\n{source(shop.december, 'clean_lines')}\n\n"
        f"What else happened to it in the year:\n\n{others}\n\n{source(shop.december, 'clean_events')}\n\n"
        f"{whole}\n\n{source(shop.june, 'event_counts')}"
    )


def _departments(shop: Shop) -> dict[str, str]:
    products = Turned(DECEMBER, shop.december.outcome, shop.folder).rows("products")
    return {row["product_id"]: row["department"] for row in products}


def identity(shop: Shop) -> str:
    """Its customer, its source records and the unit by which arms are drawn."""
    row = one(shop.december, "customers")
    inputs = Turned(DECEMBER, shop.december.outcome, shop.folder)
    records = [found["source_record"] for found in inputs.rows("identity_map", MINE)]
    found = table(
        ("", "customer"),
        (
            ("Source records", ", ".join(f"`{record}`" for record in records)),
            ("Hold-out unit", f"`{row['unit']}`"),
            ("First seen on", row["first_seen_on"]),
        ),
    )
    missing = {row["what"]: row["row_count"] for row in shop.december.rows("unresolved")}
    return (
        f"{found}\n\n{source(shop.december, 'customers')}\n\n"
        f"In the whole shop {missing['lines']} lines, {missing['events']} events and {missing['facts']} facts "
        f"belong to no customer. {source(shop.december, 'unresolved')}"
    )


def profiles(shop: Shop) -> str:
    """Its facts with where they come from, and its profile at both ends."""
    facts = table(
        ("class", "value", "source", "observed on", "confidence"),
        (
            (fact["fact_class"], fact["value"], fact["source"], fact["observed_on"], fact["confidence"])
            for fact in shop.june.rows("current_facts", MINE, "fact_class")
        ),
    )
    words = (
        ("first_order_on", "First order"),
        ("last_order_on", "Last order"),
        ("orders", "Orders ever"),
        ("order_days", "Days with an order"),
        ("spend", "Spend ever, USD"),
        ("discount", "Saved ever, USD"),
        ("categories", "Departments ever bought"),
        ("redemptions", "Coupons redeemed"),
        ("facts", "Facts known"),
    )
    return f"{facts}\n\n{source(shop.june, 'current_facts')}\n\n{beside(shop, 'profiles', words)}"


def value(shop: Shop) -> str:
    """What it is worth, and what the models say they cannot tell."""
    told = [
        f"{model['model'].capitalize()}, {half}: {model['method']}. {model.get('boundary') or ''}".strip()
        for half, turned in zip(HALVES, shop.turns, strict=True)
        for model in turned.outcome.models
        if model["model"] in ("purchases", "order value")
    ]
    tested = [
        f"Tested on the weeks from {model['past']} on: {hindsight.gain(model)}"
        for model in shop.december.outcome.models
        if model["model"].startswith("back-test")
    ]
    said = "\n".join(f"- {line}" for line in (*told, *tested))
    return f"{beside(shop, 'values', MEASURES)}\n\nThe models, from `models.json` of each turn:\n\n{said}"


def headroom(shop: Shop) -> str:
    """What it bought of each department beside households alike, in both half-years."""
    halves = [
        {row["category"]: _with_room(row) for row in turned.rows("category_wallets", MINE)}
        for turned in shop.turns
    ]
    names = sorted({*halves[0], *halves[1]})
    columns = ("own", "peers buy", "room")
    rows = [
        # The step leaves out a row that would say nothing bought and no room.
        (name, *(half[name][column] if name in half else "no row" for half in halves for column in columns))
        for name in names
    ]
    sums = [_sum(half.values()) for half in halves]
    rows.append(("in all", sums[0]["own"], "", sums[0]["room"], sums[1]["own"], "", sums[1]["room"]))
    head = ["department", *(f"{column}, {half}" for half in HALVES for column in columns)]
    return f"{table(head, rows)}\n\nAmounts are USD. {source(shop.june, 'category_wallets')}"


def _sum(rows: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    found = list(rows)
    return {name: sum((row[name] for row in found), Decimal(0)) for name in ("own", "room")}


def _with_room(row: Mapping[str, Any]) -> dict[str, Any]:
    """What four in five of the peers stay under or reach, but never less than the own spend, and the difference."""
    return {**row, "peers buy": row["mid"], "room": row["mid"] - row["own"]}


def place(shop: Shop) -> str:
    """The edges of the tiers, where it stood at both ends, why, and how many others made its move."""
    edges = table(
        ("tier", "from, USD", "up to but without, USD"),
        ((band.place, band.low, band.high or "no edge") for band in reversed(shop.scheme.bands)),
    )
    words = (("from_place", "Place at the opening"), ("to_place", "Place at the close"))
    amounts = (("from_amount", "Amount at the opening, USD"), ("to_amount", "Amount at the close, USD"))
    row = one(shop.december, "places")
    move = f"from_place = '{row['from_place']}' and to_place = '{row['to_place']}'"
    cell = one(shop.december, "matrix", move)
    return (
        f"{edges}\n\nCut on {shop.scheme.cut['customers']} households that bought between "
        f"{shop.scheme.cut['from']} and {shop.scheme.cut['until']}, and pinned.\n\n"
        f"{beside(shop, 'places', (*words, *amounts))}\n\n{_why(shop, row)}\n\n"
        f"From {row['from_place']} to {row['to_place']} went {cell['customers']} of {cell['opening']} households, "
        f"{cell['share']:.1%}. {source(shop.december, 'matrix')}"
    )


def _why(shop: Shop, row: Mapping[str, Any]) -> str:
    bands = {band.place: band for band in shop.scheme.bands}
    return " ".join(
        f"{amount:,.2f} USD {when} is {_within(bands[name])}, hence {name}."
        for amount, name, when in (
            (row["from_amount"], row["from_place"], "at the opening"),
            (row["to_amount"], row["to_place"], "at the close"),
        )
    )


def _within(band: Any) -> str:
    return f"at least {band.low:,.2f}" + (f" and below {band.high:,.2f}" if band.high else "")


def candidates(shop: Shop) -> str:
    """Which moves it could make, and its place in the queue for each."""
    rows = [
        (
            half,
            row["goal"],
            row["position"],
            row["headroom"],
            row["readiness"],
            f"{row['reason']} {row['readiness_reason']}",
            row["unknown"] or "nothing",
        )
        for half, turned in zip(HALVES, shop.turns, strict=True)
        for row in turned.rows("candidates", MINE)
    ]
    head = ("", "goal", "position", "headroom, USD", "readiness", "reasons", "not known")
    return f"{table(head, rows)}\n\n{source(shop.june, 'candidates')}"


def decision(shop: Shop) -> str:
    """Every asset thought of with its barrier, the decision, and what was decided for everybody else."""
    thought = table(
        ("asset", "medium", "cost, USD", "fits by", "barrier", "in words"),
        (
            (
                row["asset"],
                row["medium"],
                row["cost"],
                row["fit"] or "nothing",
                row["barrier"] or "none",
                row["detail"] or "open",
            )
            for row in shop.june.rows("options", MINE, "asset, medium")
        ),
    )
    return "\n\n".join(
        (
            thought,
            source(shop.june, "options"),
            *(f"Decided {half}: {_decided(turned)}" for half, turned in zip(HALVES, shop.turns, strict=True)),
            source(shop.june, "decisions"),
            _ranks(shop),
            _outcomes(shop),
        )
    )


def _decided(turned: Turned) -> str:
    row = one(turned, "decisions")
    what = (
        f"{row['outcome']}, {row['asset']} by {row['medium']}"
        if row["outcome"] == "contact"
        else row["outcome"]
    )
    return f"**{what}**.\n\n> {row['reason']}"


def _ranks(shop: Shop) -> str:
    row = one(shop.june, "allocations")
    ranks = len(shop.june.rows("allocations"))
    return (
        f"It was rank {row['position']:,} of {ranks:,}; down to it {row['spent']} of the budget of {shop.plan.budget} "
        f"USD were spent. {source(shop.june, 'allocations')}"
    )


def _outcomes(shop: Shop) -> str:
    """How the first turn decided for all, with one sentence of each kind, that of the lowest customer number."""
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in shop.june.rows("decisions", order="outcome, reason_code, cast(customer_id as integer)"):
        kinds.setdefault((row["outcome"], row["reason_code"] or ""), []).append(row)
    rows = [
        (outcome, code, len(found), f"Household {found[0]['customer_id']}: {found[0]['reason']}")
        for (outcome, code), found in kinds.items()
    ]
    return table(("outcome", "reason", "households", "for example"), rows)


def contact(shop: Shop) -> str:
    """The e-mail as it is worded for the household, and which facts went into it."""
    view, rendered = _worded(shop)
    used = "\n".join(f"- {fact.sentence()}" for fact in view.used)
    body = "\n".join(f"> {line}".rstrip() for line in rendered.text.strip().splitlines())
    return f"**{rendered.subject}**\n\n{body}\n\nWhat it says of the household:\n\n{used}"


def _worded(shop: Shop) -> tuple[FactView, Rendered]:
    """The message of the decided asset, filled as the desk fills it."""
    chosen = one(shop.june, "decisions")
    document = plans.body(shop.plan)
    asset = next(each for each in document["assets"] if each["id"] == chosen["asset"])
    message = next(each for each in document["messages"] if each["id"] == asset["message"])
    facts = _facts(shop)
    view = personal_context(facts, message["uses"], chosen["due_on"])
    context = {
        "customer": {"number": HOUSEHOLD, "name": facts["name.full"][0], "address": chosen["address"]},
        "company": {"name": COMPANY, "address": []},
        "offer": {"id": asset["id"], "name": asset["title"], "kind": asset["kind"]},
        "facts": view.values,
        "today": chosen["due_on"].isoformat(),
    }
    parts = {part: text for part, text in message["variants"]["email"].items() if text is not None}
    return view, email.CHANNEL.render(Content(parts, context))


def _facts(shop: Shop) -> dict[str, tuple[Any, date]]:
    """What is known of it on the day of the contact; what the turn measured counts as observed on its last day."""
    rows = shop.june.rows("current_facts", MINE)
    facts: dict[str, tuple[Any, date]] = {
        row["fact_class"]: (row["value"], row["observed_on"]) for row in rows
    }
    measured = one(shop.june, "values")
    for name in ("top_category", "room_category"):
        facts[f"shopping.{name}"] = (measured[name], JUNE)
    return facts


def measure(shop: Shop) -> str:
    """Its arm, and what the experiment says of it and of everybody."""
    drawn = one(shop.june, "decisions")
    words = (
        ("Experiment", EXPERIMENT),
        ("Arm", drawn["arm"]),
        ("Assigned on", drawn["due_on"]),
        ("Spend from then on, USD", one(shop.december, "values")["spend"]),
        ("Spend in as many months before, USD", one(shop.december, "values")["spend_before"]),
    )
    wanted = f"comparison in ('primary', 'goal:{drawn['goal']}')"
    found = shop.december.rows("comparisons", wanted, "is_primary desc")
    columns = ("treated", "held_out", "mean_treated", "mean_held_out", "effect", "low", "high")
    rows = [(row["comparison"], *(row[column] for column in columns), row["design"]) for row in found]
    head = (
        "comparison",
        "treated",
        "held out",
        "mean treated",
        "mean held out",
        "effect",
        "low",
        "high",
        "design",
    )
    said = "\n\n".join(f"**{row['comparison']}: {row['verdict']}.** {row['reason']}" for row in found)
    ends = DECEMBER + timedelta(days=1)
    return (
        f"{table(('', 'household'), words)}\n\n{table(head, rows)}\n\n"
        f"Amounts are USD a household up to {ends}, without that day. {source(shop.december, 'comparisons')}\n\n{said}"
    )


ROOMS: Mapping[str, Callable[[Shop], str]] = {
    room.__name__: room
    for room in (
        events,
        identity,
        profiles,
        value,
        headroom,
        place,
        candidates,
        decision,
        contact,
        measure,
    )
}
