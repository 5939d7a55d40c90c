"""Writes a simulated private bank as the plain files that a user would import, and the truth beside them."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from sterna.engine.lake import arrow, files
from sterna.engine.simulation.balances import QUARTERS, Book, book
from sterna.engine.simulation.clients import INTERESTS, PRODUCTS, Clients
from sterna.engine.simulation.contacts import contact_details
from sterna.engine.simulation.hearing import client_id, day, heard
from sterna.engine.simulation.names import ENDINGS, FAMILY, GIVEN, STREETS, TOWNS
from sterna.engine.simulation.population import Whole

_AMOUNT = pa.decimal128(18, 2)
_BELONG = ("Safekeeping", "Advice", "Discretionary mandates", "Credit")
# How a name is spelled by whoever opened the second record.
_HOW_MISSPELT = (lambda name: name[:-1], lambda name: name + name[-1], lambda name: name.replace("e", "i", 1))


class BankTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What the files do not tell: what clients hold elsewhere, and what the invitations moved; amounts in the currency.

    opened + market + paid_in + moved_here - paid_out - moved_away = closed, all of the balances here.
    """

    seed: int
    first: date
    last: date
    clients: int
    families: int
    twice: int
    opened: Decimal
    closed: Decimal
    elsewhere: Decimal
    market: Decimal
    paid_in: Decimal
    paid_out: Decimal
    moved_here: Decimal
    moved_away: Decimal
    by_contact: Decimal
    fees: Decimal


def write_bank(folder: Path, people: Clients, first: date, quarters: int = QUARTERS) -> BankTruth:
    """Write the bank's files for `quarters` from `first` on into `folder`; the same clients give the same bytes.

    clients, balances, products, fees, events and heard are what the bank can see, logins its second system with other
    identifiers, referrals who says to have come because of whom. truth.parquet has of each client and quarter what is
    held elsewhere and what invitations moved; truth.json the sums; likes and belongings stay with `people`. Raises
    BadInput for a day on which no quarter begins.
    """
    kept = book(people, first, quarters)
    arrow.write(_clients(kept), folder / "clients.parquet")
    arrow.write(_balances(kept), folder / "balances.parquet")
    arrow.write(_products(), folder / "products.parquet")
    arrow.write(_fees(kept), folder / "fees.parquet")
    arrow.write(_events(kept), folder / "events.parquet")
    arrow.write(heard(kept), folder / "heard.parquet")
    arrow.write(_logins(kept), folder / "logins.parquet")
    arrow.write(_referrals(kept), folder / "referrals.parquet")
    arrow.write(_held_elsewhere(kept), folder / "truth.parquet")
    truth = _truth(kept)
    text = msgspec.json.format(msgspec.json.encode(truth), indent=2).decode()
    files.write_text(folder / "truth.json", text + "\n")
    return truth


def _truth(kept: Book) -> BankTruth:
    def summed(name: str) -> Decimal:
        return _money(sum(int(getattr(quarter, name).sum()) for quarter in kept.quarters))

    return BankTruth(
        seed=kept.people.seed,
        first=kept.quarters[0].first,
        last=kept.quarters[-1].last,
        clients=kept.people.size,
        families=int(kept.people.family.max()),
        twice=int(kept.people.twice.sum()),
        opened=_money(int(kept.here[:, 0].sum())),
        closed=_money(int(kept.here[:, -1].sum())),
        elsewhere=_money(int(kept.elsewhere[:, -1].sum())),
        market=summed("market_here"),
        **{name: summed(name) for name in ("paid_in", "paid_out", "moved_here", "moved_away", "by_contact")},
        fees=_money(int(kept.fees.sum())),
    )


def _money(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)


def _ids(numbers: Whole) -> list[str]:
    return [client_id(int(number)) for number in numbers]


def _amounts(values: Whole) -> pa.Array:
    return pa.array([_money(int(value)) for value in values], _AMOUNT)


def _clients(kept: Book) -> pa.Table:
    """One row a client: who they are, with whom they live, how to reach them, what they consented to."""
    people = kept.people
    opened = kept.days[0]
    since = {
        int(one): min(day(known), opened) for one, known in zip(people.client, people.since, strict=True)
    }
    rows = contact_details([int(one) for one in people.client], people.seed, since).to_pylist()
    homes = _homes(people)
    made = []
    for place, row in enumerate(rows):
        home = homes[int(people.family[place]) - 1]
        made.append(_client(row, home, home["given"].pop(), place, people))
    return pa.Table.from_pylist(made)


def _client(
    row: dict[str, Any], home: dict[str, Any], given: str, place: int, people: Clients
) -> dict[str, Any]:
    """A client with the name and address of the family, and a birthday and a phone number of their own."""
    number = int(people.client[place])
    email = f"{given}.{home['name']}{number * 7_919 % 10_000:04}@mail.example".lower()
    return {
        **{key: value for key, value in row.items() if key != "household_id"},
        "client_id": client_id(number),
        "name": f"{given} {home['name']}",
        "email": email if row["email"] else None,
        # No two look alike: 104,729 is prime, and so is 9,973.
        "phone": f"+1 555 {number * 104_729 % 9_973:04} {number * 7_919 % 10_000:04}",
        "postal_address": home["address"],
        "family": f"F{int(people.family[place]):05}",
        "born": day(people.born[place]),
        "manager": f"Manager {int(people.manager[place]):02}",
    }


def _homes(people: Clients) -> list[dict[str, Any]]:
    """Of each family the name, the address, and first names for its members, no two of them the same."""
    rng = np.random.default_rng([people.seed, 16])
    made = []
    for _ in range(int(people.family.max())):
        street, town = rng.choice(STREETS), int(rng.integers(0, len(TOWNS)))
        code = 2_100 + town * 100 + int(rng.integers(0, 40))
        made.append(
            {
                "name": f"{rng.choice(FAMILY)}{rng.choice(ENDINGS)}",
                "given": [str(one) for one in rng.choice(GIVEN, 4, replace=False)],
                "address": f"{int(rng.integers(1, 400))} {street} Street\n{TOWNS[town]} {code:05}",
            }
        )
    return made


def _balances(kept: Book) -> pa.Table:
    """What each client holds here on the last day of each quarter; a client who has left has a last balance of zero."""
    size, columns = kept.here.shape
    before = np.column_stack([kept.here[:, :1], kept.here[:, :-1]])
    told = ((kept.here > 0) | (before > 0)).T.ravel()
    return pa.table(
        {
            "client_id": np.array(_ids(kept.people.client) * columns)[told],
            "on": pa.array([one for one in kept.days for _ in range(size)], pa.date32()).filter(told),
            "balance": _amounts(kept.here.T.ravel()[told]),
        }
    )


def _products() -> pa.Table:
    return pa.table({"product_id": list(PRODUCTS), "department": list(_BELONG), "category": list(PRODUCTS)})


def _fees(kept: Book) -> pa.Table:
    """A line for each fee of at least a cent, booked on the last day of its quarter."""
    client, quarter, product = np.nonzero(kept.fees)
    ids = _ids(kept.people.client)
    ends = [one.last for one in kept.quarters]
    return pa.table(
        {
            "client_id": [ids[one] for one in client],
            "booking": [f"{ids[one]}-{ends[at]}" for one, at in zip(client, quarter, strict=True)],
            "booked_on": pa.array([ends[at] for at in quarter], pa.date32()),
            "product_id": [PRODUCTS[one] for one in product],
            "fee": _amounts(kept.fees[client, quarter, product]),
        }
    )


def _events(kept: Book) -> pa.Table:
    """What happened between the bank and its clients: meetings, invitations and answers, what came in and went out."""
    rows = [row for quarter in kept.quarters for row in _of_quarter(kept.people, quarter)]
    names = ("event_id", "client_id", "on", "kind", "direction", "touchpoint", "subject")
    schema = pa.schema([(name, pa.date32() if name == "on" else pa.string()) for name in names])
    return pa.Table.from_pylist(rows, schema=schema)


def _of_quarter(people: Clients, quarter: Any) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng([people.seed, 14, quarter.first.toordinal()])
    length = (quarter.last - quarter.first).days + 1
    days = rng.integers(0, length - 10, (people.size, 8))
    for place, number in enumerate(people.client):
        happened = list(_of_client(quarter, place))
        for count, (kind, direction, touchpoint, subject, later) in enumerate(happened[:8]):
            on = quarter.first + timedelta(days=int(days[place, 0 if later else count]) + later)
            yield {
                "event_id": f"{client_id(int(number))}-{quarter.first}-{count}",
                "client_id": client_id(int(number)),
                "on": on,
                "kind": kind,
                "direction": direction,
                "touchpoint": touchpoint,
                "subject": subject,
            }


def _of_client(quarter: Any, place: int) -> Iterator[tuple[str, str, str, str | None, int]]:
    """Kind, direction, touchpoint, subject, and how many days after the first of them an answer came."""
    if quarter.invited[place] >= 0:
        subject = INTERESTS[quarter.invited[place]]
        yield "invitation", "outbound", "manager", subject, 0
        if quarter.accepted[place]:
            yield "acceptance", "inbound", "manager", subject, 5
    for _ in range(min(int(quarter.talks[place]), 4)):
        yield "meeting", "inbound", "branch", None, 0
    if quarter.paid_in[place] + quarter.moved_here[place]:
        yield "deposit", "inbound", "desk", None, 0
    if quarter.paid_out[place] + quarter.moved_away[place]:
        yield "withdrawal", "inbound", "desk", None, 0


def _logins(kept: Book) -> pa.Table:
    """The second records of some: another identifier, a name that is spelled a little differently, one birthday."""
    known = {row["client_id"]: row for row in _clients(kept).to_pylist()}
    rows = []
    for number in kept.people.client[kept.people.twice]:
        row = known[client_id(int(number))]
        given, family = row["name"].split(" ", 1)
        rows.append(
            {
                "login": f"u{int(number) * 7919 % 1_000_003:06}",
                "since": row["since"],
                "given": given,
                "family": _HOW_MISSPELT[int(number) % 3](family) if number % 4 else family,
                "born": row["born"],
                "email": row["email"],
                "phone": row["phone"],
            }
        )
    names = ("login", "since", "given", "family", "born", "email", "phone")
    days = ("since", "born")
    schema = pa.schema([(name, pa.date32() if name in days else pa.string()) for name in names])
    return pa.Table.from_pylist(rows, schema=schema)


def _referrals(kept: Book) -> pa.Table:
    """Of those who were introduced, the ones who said so: newcomer, by whom, and on which day."""
    people = kept.people
    rng = np.random.default_rng([people.seed, 15])
    told = np.flatnonzero((people.introduced_by > 0) & (rng.random(people.size) < 0.6))
    span = (kept.quarters[-1].last - kept.quarters[0].first).days
    on = [kept.quarters[0].first + timedelta(days=int(late)) for late in rng.integers(0, span, told.size)]
    return pa.table(
        {
            "newcomer": pa.array(_ids(people.client[told]), pa.string()),
            "introduced_by": pa.array(_ids(people.introduced_by[told]), pa.string()),
            "said_on": pa.array(on, pa.date32()),
        }
    )


def _held_elsewhere(kept: Book) -> pa.Table:
    """The truth by client and quarter: all that is held with anyone, and what the invitations of the quarter moved."""
    size, columns = kept.here.shape
    nothing = np.zeros(size, np.int64)
    moved = np.column_stack([nothing, *(quarter.by_contact for quarter in kept.quarters)])
    return pa.table(
        {
            "client_id": _ids(kept.people.client) * columns,
            "on": pa.array([one for one in kept.days for _ in range(size)], pa.date32()),
            "here": _amounts(kept.here.T.ravel()),
            "elsewhere": _amounts(kept.elsewhere.T.ravel()),
            "by_contact": _amounts(moved.T.ravel()),
        }
    )
