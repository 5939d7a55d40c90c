"""What one customer is worth, as a part of the customer's page: each measure with its range, reason and method."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from django.forms.models import model_to_dict
from django.utils.safestring import SafeString

from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries.facts import standing
from sterna.desk.dashboards import measured, tier_words
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.parts import NextStep, Standing
from sterna.desk.dashboards.queries import fits, people, places
from sterna.desk.dashboards.queries.made import how
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Move
from sterna.desk.segments.tier_queries import measure_words
from sterna.desk.values.models import CategoryRoom, Worth
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table
from sterna.desk.web.pictures.bars import Range, range_bars
from sterna.engine.value.catalogue import Figure, Measured, told

PEERS = "Peers tell what customers alike buy here, and nothing of what this one buys elsewhere."
# The source of a headroom that nobody told.
PEERS_SOURCE = "peers"
# Enough for a question about the wallet to be among them, however much else is worth asking.
QUESTIONS = 50
_WAYS = {
    "Direct": ("spend", "bought by the customer inside the window"),
    "By referral": ("by_referral", "bought by whom the customer recommended us to"),
    "By influence": ("by_influence", "bought by who followed the customer's example"),
    "By knowledge": ("by_knowledge", "bought because of the customer's answers and ideas"),
}

Told = dict[str, Measured]


def told_of(worth: Worth, run: Run) -> Told:
    """Every measure of a customer by name, as the run published it."""
    said = fits.unexplained(run)
    return {
        one.measure.name: replace(one, reason=one.reason or said[one.measure.name])
        if one.figure is None
        else one
        for one in told(model_to_dict(worth), run.until)
    }


def figures(worth: Worth, found: Told, move: Move, run: Run) -> Iterator[Component]:
    """The tier and what stands first: today, to come, possible, brought by others."""
    yield Standing(
        move.to_place,
        places.shades(run).get(move.to_place),
        # A run decides the place from the day after its last one on.
        people.stay_on(worth.customer_id, move.scheme, run.until + timedelta(days=1)),
        how(run, "places", _placed(run, move), "scheme"),
    )
    held = balance(worth, run)
    if held is not None:
        meaning = "What the customer holds here, by the fact that stood on the day of the run."
        made = how(run, "current_facts", meaning)
        yield Number("Held with us", held, "money_exact", run.brief["currency"], made)
    labels = {
        "spend": "Spend in the window",
        "recency_days": "Days since they last paid",
        "alive": "Still a customer",
        "expected_spend": f"To come in {fits.horizon(run)} weeks",
    }
    for name in ("spend", "recency_days", "alive", "expected_spend", "headroom"):
        shown = number(found[name], run, labels.get(name))
        yield replace(shown, note=f"was {move.from_place}") if name == "spend" else shown


def balance(worth: Worth, run: Run) -> Decimal | None:
    """What the customer held here on the day of a run; None where no class of the taxonomy says it, or no fact."""
    tree = queries.classes()
    names = [name for name in tree.ids() if tree.at(name).held]
    if not names:
        return None
    known = standing([worth.customer_id], run.until)[worth.customer_id]
    return next((Decimal(known[name][0]) for name in names if name in known), None)


def _placed(run: Run, move: Move) -> str:
    measure = measure_words(run.brief["scheme"]["measure"])
    if not move.held_by:
        return f"The band that the {measure} inside the window falls into."
    return f"By the {measure} alone it would be {move.earned_place}: {tier_words.WAY[move.held_by]}."


def number(one: Measured, run: Run, label: str | None = None, compact: bool = False) -> Number:
    """A measure of a customer as a figure: its range or why it is unknown beside it, its method on opening."""
    currency = run.brief["currency"]
    return Number(
        label or one.measure.title,
        one.figure,
        measured.kind(one.measure, exact=True),
        measured.unit(one.measure, currency),
        measured.made(run, one.measure, f"As of {one.as_of}."),
        note=None if compact else (span(one) or one.reason),
        compact=compact,
    )


def span(one: Measured) -> str | None:
    """The range of a measure in words; None where it has none."""
    if one.figure is None or (one.low is None and one.high is None):
        return None
    if one.high is None:
        return f"{measured.written(one.measure, one.low)} at least"
    return f"{measured.written(one.measure, one.low)} to {measured.written(one.measure, one.high)}"


def _no_span(one: Measured) -> str:
    """Why a measure has no range: it is summed from rows, or a model could not tell one."""
    if one.figure is None:
        return "none"
    return "unknown" if one.measure.low else "exact" if one.measure.kind == "today" else "none"


def bars(worth: Worth, found: Told, run: Run) -> SafeString:
    """Today, to come, could be on one scale, each with its range; balances on a scale of their own."""
    paid = [
        Range("Today", worth.spend, missing="a run measures it"),
        _range("To come", found["expected_spend"]),
        _range("Lifetime", found["lifetime_value"]),
    ]
    held, currency = balance(worth, run), run.brief["currency"]
    could = [_could_be(worth, worth.spend if held is None else held), _range("Wallet", found["wallet"])]
    if held is None:
        return range_bars([*paid, *could], title="Value of this customer", currency=currency)
    # Beside a balance what is paid in a window would be a hair: each has a scale of its own.
    balances = [Range("Held here", held), *could]
    drawn = range_bars(paid, title="What this customer pays", currency=currency)
    return drawn + range_bars(balances, title="What this customer holds", currency=currency)


def _could_be(worth: Worth, own: Decimal | None) -> Range:
    """What is spent or held here and the headroom together, with the range of the headroom."""
    here = own or Decimal(0)
    ends = [None if room is None else here + room for room in (worth.headroom_low, worth.headroom_high)]
    return _held("Could be", worth.potential, ends)


def _range(label: str, one: Measured) -> Range:
    return _held(label, one.figure, [one.low, one.high])


def _held(label: str, point: Figure | None, ends: Sequence[Figure | None]) -> Range:
    """A bar with its range, without one that does not hold the figure: rounded to cents an end can pass it."""
    low, high = ends
    if point is None or low is None or high is None or not low <= point <= high:
        return Range(label, point)
    return Range(label, point, low, high)


def wallet(customer: Customer, worth: Worth, found: Told, run: Run) -> Section:
    """The wallet with its range, source, confidence and day, the share of it, and the headroom; or what to ask."""
    items: list[Component | SafeString] = [
        replace(number(found[name], run), note=_of_wallet(found[name], worth))
        for name in ("wallet", "share_of_wallet")
    ]
    said = worth.headroom_source not in (None, PEERS_SOURCE) or balance(worth, run) is not None
    room = number(found["headroom"], run, "Headroom of the wallet" if said else "Room beside customers alike")
    items.append(replace(room, note=_of_room(found["headroom"], worth)))
    if worth.wallet is None and (asked := question(customer)) is not None:
        items.append(asked)
    return Section(items, "What does the wallet hold?", layout="figures")


def _of_wallet(one: Measured, worth: Worth) -> str | None:
    # The reason beside a figure says what it leaves out: of a least wallet the share is a most.
    if one.figure is None or one.measure.name != "wallet":
        return one.reason
    sure = f", {worth.wallet_confidence:.0%} sure" if worth.wallet_confidence is not None else ""
    day = f", {worth.wallet_on}" if worth.wallet_on else ""
    told_by = f"{span(one) or 'without a range'}; from {worth.wallet_source}{sure}{day}"
    return f"{told_by}; {one.reason}" if one.reason else told_by


def _of_room(one: Measured, worth: Worth) -> str | None:
    source = f"from {worth.headroom_source}" if worth.headroom_source and one.figure is not None else None
    return "; ".join(said for said in (span(one), source, one.reason) if said) or None


def question(customer: Customer) -> NextStep | None:
    """What to ask, of all that is worth learning, to know the wallet; None where nothing of it may be asked."""
    tree = queries.classes()
    for one in queries.next_questions(customer, most=QUESTIONS):
        if tree.at(one.fact_class).wallet:
            place, words = next(iter(one.words.items()))
            return NextStep(f"Ask: {one.title}", f"at the {place.replace('_', ' ')}", words)
    return None


def rooms(customer: Customer, run: Run) -> Component:
    """Spend beside that of customers alike, department by department."""
    found = CategoryRoom.objects.filter(run_id=run.pk, customer=customer).order_by("-headroom", "category")
    currency = run.brief["currency"]
    columns = [
        Column("category", "Department"),
        Column("own", "Spends", "money", unit=currency),
        Column("peer", "Alike customers", "money", unit=currency),
        Column("headroom", "Room", "money", unit=currency),
        Column("peers", "How many alike", "number"),
    ]
    rows = [Row([room.category, room.own, room.peer, room.headroom, room.peers]) for room in found]
    nothing = Empty("Where there is room to grow.", "No department shows room beside alike customers.")
    shown = PEERS if rows else None
    return Table(
        "Room by department", columns, rows, shown=shown, empty=nothing, show_caption=True, stacks=True
    )


def ways(worth: Worth, run: Run) -> Table:
    """What the customer brings, directly and by way of others."""
    reason = worth.influence_reason or fits.OLDER
    rows = []
    for label, (name, meaning) in _WAYS.items():
        amount = getattr(worth, name)
        rows.append(Row([label, amount, meaning if amount is not None else reason]))
    columns = [
        Column("way", "Way"),
        Column("amount", "Brought", "money", unit=run.brief["currency"]),
        Column("how", "What it is, or why it is unknown"),
    ]
    return Table("Direct and by way of others", columns, rows, show_caption=True, stacks=True)


def everything(customer: Customer, run: Run | None) -> list[Section]:
    """Every measure of the customer: figure, range, the day it is as of, and why it is unknown."""
    worth = Worth.objects.filter(run_id=run.pk, customer=customer).first() if run else None
    if run is None or worth is None:
        return []
    rows = [
        Row(
            [
                one.measure.title,
                number(one, run, compact=True),
                span(one) or _no_span(one),
                one.as_of,
                one.reason or one.measure.formula,
            ]
        )
        for one in told_of(worth, run).values()
    ]
    columns = [
        Column("measure", "Measure"),
        Column("figure", "Figure", "component"),
        Column("range", "Range"),
        Column("as_of", "As of", "day"),
        Column("how", "Why unknown, or how it is made"),
    ]
    table = Table("Every measure", columns, rows, stacks=True)
    return [Section([ways(worth, run), table], "What is this customer worth, and how is it known?")]
