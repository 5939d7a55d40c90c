"""Every measure of value by name: its unit, how it is made, its source, and what it must not be used for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

Figure = Decimal | int | float
Kind = Literal["today", "to come", "possible", "by others"]

BGNBD = "Fader, Hardie and Lee, Marketing Science 24(2), 2005, and the model that the run names"
GAMMA = "Fader and Hardie, The Gamma-Gamma Model of Monetary Value, 2013"
WALLETS = "Rosset and others, IBM Research 2005; Perlich and others, KDD 2007"
REFERRAL = "Kumar, Petersen and Leone, Journal of Marketing 74(5), 2010"
ROWS = "summed from rows"


@dataclass(frozen=True)
class Measure:
    """A measure: its column in `values` (which is its name), what it says, its unit, and how it is made.

    The unit "money" is the currency of the program. `formula` and `source` say how it is made, `beware` what it is not
    for. `low` and `high` are the columns of its range and `reason` that of why it is unknown, where there are
    any. Another method is another version.
    """

    name: str
    title: str
    kind: Kind
    unit: str
    formula: str
    source: str
    beware: str
    reason: str | None = None
    low: str | None = None
    high: str | None = None
    version: int = 1


@dataclass(frozen=True)
class Measured:
    """One measure of one customer: `figure` is None where it is unknown, and then `reason` says why.

    A reason beside a figure tells what the figure leaves out. `as_of` is the last day that counts.
    """

    measure: Measure
    figure: Figure | None
    low: Figure | None
    high: Figure | None
    as_of: date
    reason: str | None


MEASURES = (
    Measure(
        "spend",
        "Spend",
        "today",
        "money",
        "revenue - discounts - returns, which is the sum of all lines of the window",
        ROWS,
        "Who spends little here may spend much elsewhere: beside the wallet it means something else.",
    ),
    Measure(
        "spend_before",
        "Spend in the window before",
        "today",
        "money",
        "the sum of all lines of the window before",
        ROWS,
        "A change between two windows leans back to the middle by chance: it is no effect of anything.",
    ),
    Measure(
        "revenue",
        "Revenue",
        "today",
        "money",
        "the lines of the window that are not below zero, before their discounts",
        ROWS,
        "Nobody paid it: what was paid is the spend.",
        "discounts_reason",
    ),
    Measure(
        "discounts",
        "Discounts",
        "today",
        "money",
        "the discounts of those lines",
        ROWS,
        "A discount is not an effect: without it a part would have been bought as well.",
        "discounts_reason",
    ),
    Measure(
        "returns",
        "Returns",
        "today",
        "money",
        "what was paid back on lines below zero",
        ROWS,
        "A return can be of a purchase before the window.",
    ),
    Measure(
        "cost",
        "Cost to serve",
        "today",
        "money",
        "the rows of costs of the customer, each once",
        ROWS,
        "It is only what somebody recorded.",
        "profit_reason",
    ),
    Measure(
        "margin",
        "Margin",
        "today",
        "money",
        "spend - cost, from rows and never from a rate on revenue",
        ROWS,
        "With some costs missing it is too high: a customer with one cost row counts as known.",
        "profit_reason",
    ),
    Measure(
        "uncategorized",
        "Spend outside categories",
        "today",
        "money",
        "spend on products that nobody listed",
        ROWS,
        "It is a measure of the product list, not of the customer.",
    ),
    Measure(
        "orders",
        "Orders",
        "today",
        "orders",
        "purchases above zero in the window",
        ROWS,
        "Two baskets of one day are two orders here and one order day in forecasts.",
    ),
    Measure(
        "order_frequency",
        "Order frequency",
        "today",
        "orders per 30 days",
        "orders by the days since the opening, or since the first order if that is later, times 30",
        ROWS,
        "Of who came last week it is a rate of few days: one order in three days is ten in thirty.",
        "order_reason",
    ),
    Measure(
        "recency_days",
        "Days since the last order",
        "today",
        "days",
        "from the last order to the day after the window",
        ROWS,
        "Long for one customer is usual for another: the chance of being active weighs both.",
        "order_reason",
    ),
    Measure(
        "tenure_days",
        "Days since the first order",
        "today",
        "days",
        "from the first order to the day after the window",
        ROWS,
        "It begins with the data, not with the customer, where the data begin later.",
        "order_reason",
    ),
    Measure(
        "breadth",
        "Categories bought",
        "today",
        "categories",
        "categories with spend above zero",
        ROWS,
        "One item counts as much as a habit: the entropy does not.",
    ),
    Measure(
        "category_entropy",
        "Spread over categories",
        "today",
        "nats",
        "-Σ p ln p over the shares p of the categories in spend, from 0 to ln(categories)",
        "Shannon 1948",
        "It rises with each purchase at first: compare customers of like spend.",
        "breadth_reason",
    ),
    Measure(
        "contacts_in",
        "Contacts by the customer",
        "today",
        "contacts",
        "inbound contacts of the window",
        ROWS,
        "Only recorded contacts count, and complaints are among them.",
        "contact_reason",
    ),
    Measure(
        "contacts_out",
        "Contacts by us",
        "today",
        "contacts",
        "outbound contacts of the window",
        ROWS,
        "It measures what we did, not what the customer is.",
        "contact_reason",
    ),
    Measure(
        "contact_frequency",
        "Contact frequency",
        "today",
        "contacts per 30 days",
        "contacts of both directions by the days since the opening, or since first seen if later, times 30",
        ROWS,
        "As of the contacts that it counts.",
        "contact_reason",
    ),
    Measure(
        "alive",
        "Chance of being active",
        "to come",
        "probability",
        "P(not dropped out | order days, their recency and age)",
        BGNBD,
        "At a boundary, where drop-out cannot be told, and after one order day it is unknown, not 1.",
        "alive_reason",
    ),
    Measure(
        "expected_orders",
        "Order days to come",
        "to come",
        "order days",
        "E(order days of the horizon | order days, their recency and age)",
        BGNBD,
        "The range is that of the mean of customers alike; one customer strays by far more.",
        "forecast_reason",
        "expected_orders_low",
        "expected_orders_high",
    ),
    Measure(
        "expected_order_value",
        "Value of an order day to come",
        "to come",
        "money",
        "own mean of repeat order days, drawn to the population's by how few they are",
        GAMMA,
        "It rules out that frequent buyers spend more a visit: see the correlation on the page of models.",
        "forecast_reason",
    ),
    Measure(
        "expected_spend",
        "Spend to come",
        "to come",
        "money",
        "order days to come x value of an order day",
        f"{BGNBD}; {GAMMA}",
        "It holds if nobody does anything new: it is no effect of a plan.",
        "forecast_reason",
        "expected_spend_low",
        "expected_spend_high",
    ),
    Measure(
        "lifetime_value",
        "Lifetime value",
        "to come",
        "money",
        "∫ e^(-δt) dE(order days) over the lifetime horizon x value of an order day",
        f"{BGNBD}; {GAMMA}",
        "It is spend and no profit, and years ahead the model was never tested: see the back-test's weeks.",
        "forecast_reason",
        "lifetime_value_low",
        "lifetime_value_high",
    ),
    Measure(
        "wallet",
        "Wallet",
        "possible",
        "money",
        "what was declared or observed, else quantiles of peers where their categories can tell",
        WALLETS,
        "Not identifiable is an answer: then nothing in the data parts a half wallet from a small one.",
        "wallet_reason",
        "wallet_low",
        "wallet_high",
    ),
    Measure(
        "share_of_wallet",
        "Share of wallet",
        "possible",
        "share",
        "spend / wallet; of a wallet of balances what is held here / wallet",
        WALLETS,
        "It is as unsure as the wallet below it.",
        "wallet_reason",
    ),
    Measure(
        "headroom",
        "Headroom",
        "possible",
        "money",
        "wallet - spend where the wallet was said or seen, of balances wallet - what is held here; else Σ over "
        "categories of the .8 quantile of peers - own",
        WALLETS,
        "From peers it is what customers alike buy more here, not what this one buys elsewhere.",
        "headroom_reason",
        "headroom_low",
        "headroom_high",
    ),
    Measure(
        "potential",
        "Could be",
        "possible",
        "money",
        "spend + headroom; of balances what is held here + headroom",
        WALLETS,
        "As of the headroom.",
        "headroom_reason",
    ),
    Measure(
        "influence",
        "Brought by way of others",
        "by others",
        "money",
        "Σ over newcomers of their spend in the window x the credited share, not for who would have come anyway",
        REFERRAL,
        "Credits share out what happened; whether a referral program brings more is for a hold-out to say.",
        "influence_reason",
        "influence_low",
    ),
    Measure(
        "newcomers",
        "Newcomers brought",
        "by others",
        "customers",
        "newcomers with a recorded credit of the customer",
        REFERRAL,
        "Only recorded credits count.",
        "influence_reason",
    ),
)

BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}


def told(row: Mapping[str, Any], as_of: date) -> list[Measured]:
    """Every measure of one customer, from a row of `values`, with its range and why it is unknown."""
    return [
        Measured(
            measure,
            row[measure.name],
            _of(row, measure.low),
            _of(row, measure.high),
            as_of,
            _of(row, measure.reason),
        )
        for measure in MEASURES
    ]


def _of(row: Mapping[str, Any], column: str | None) -> Any:
    return row[column] if column else None
