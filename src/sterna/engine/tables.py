"""The columns of every table that passes a door: the contract between the stages, on one screen."""

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, DAY, INSTANT, MONEY = "VARCHAR", "DATE", "TIMESTAMP", "DECIMAL(18,2)"
COUNT, SMALL, REAL, FLAG = "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN"
SQUARE = "DECIMAL(38,4)"  # products of two amounts, summed exactly so that any row order gives one answer


@dataclass(frozen=True)
class Table:
    """A named table: its columns with DuckDB types, and the key that orders it and is unique."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]


def _table(name: str, key: str, **columns: str) -> Table:
    """A table of some columns; those of the key that are not among them are texts and stand first."""
    return Table(
        name, tuple(key.split()), {**{one: TEXT for one in key.split() if one not in columns}, **columns}
    )


def _of(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), kind)


# Every measure of a customer beside the others, as of the day before the cut. spend: inside the window;
# spend_before: the window before it; a range is low to high; NULL is unknown, and a reason says why.
_VALUES = {
    "customer_id": TEXT,
    **_of(MONEY, "spend spend_before revenue discounts returns cost margin"),
    **_of(MONEY, "uncategorized") | _of(COUNT, "orders recency_days tenure_days breadth"),
    **_of(COUNT, "contacts_in contacts_out") | _of(REAL, "order_frequency category_entropy"),
    **_of(REAL, "contact_frequency alive expected_orders expected_orders_low expected_orders_high"),
    **_of(MONEY, "expected_order_value expected_spend expected_spend_low"),
    **_of(MONEY, "expected_spend_high lifetime_value lifetime_value_low lifetime_value_high"),
    **_of(MONEY, "wallet_low wallet wallet_high") | _of(REAL, "share_of_wallet wallet_confidence"),
    **_of(TEXT, "wallet_source") | {"wallet_on": DAY},
    **_of(MONEY, "headroom_low headroom headroom_high") | {"headroom_source": TEXT},
    **_of(MONEY, "potential influence_low influence by_referral by_influence by_knowledge"),
    **_of(COUNT, "newcomers") | _of(TEXT, "top_category room_category discounts_reason"),
    **_of(TEXT, "profit_reason order_reason breadth_reason contact_reason forecast_reason"),
    **_of(TEXT, "alive_reason wallet_reason headroom_reason influence_reason"),
}

# The lake: immutable segments, listed in the manifest. Keyed on the source record, never on the customer.
LAKE = (
    # One bought line; a purchase is the lines of one event. amount is what the customer paid for the line.
    _table(
        "lines",
        "event_id line_id",
        **_of(TEXT, "event_id line_id source_record"),
        occurred_at=INSTANT,
        occurred_on=DAY,
        recorded_at=INSTANT,
        **_of(TEXT, "touchpoint product_id") | {"quantity": "DECIMAL(18,3)"},
        **_of(MONEY, "amount discount") | {"currency": TEXT},
    ),
    # Everything else that happened: redemptions, campaign contacts, page views, responses.
    _table(
        "events",
        "event_id",
        **_of(TEXT, "event_id source_record kind"),
        occurred_at=INSTANT,
        occurred_on=DAY,
        recorded_at=INSTANT,
        **_of(TEXT, "touchpoint direction subject body"),
    ),
    _table(
        "products", "product_id", **_of(TEXT, "product_id department category brand"), recorded_at=INSTANT
    ),
    _table(
        "campaigns",
        "source campaign_id",
        **_of(TEXT, "source campaign_id kind") | _of(DAY, "starts_on ends_on") | {"recorded_at": INSTANT},
    ),
    # What serving somebody cost; an amount that nobody wrote down is NULL, and one of zero is zero.
    _table(
        "costs",
        "entry_id",
        **_of(TEXT, "entry_id source_record kind currency") | {"occurred_on": DAY},
        **_of(INSTANT, "recorded_at") | _of(MONEY, "amount"),
    ),
)

# What a brief freezes out of the records beside the lake's files.
FROZEN = (
    # unit: what the hold-out is drawn by: the household if there is one, else the first identifier.
    _table("identity_map", "source_record", source_record=TEXT, customer_id=TEXT, unit=TEXT),
    _table(
        "facts",
        "source_record fact_class source recorded_at",
        **_of(TEXT, "source_record fact_class value source"),
        observed_on=DAY,
        recorded_at=INSTANT,
        confidence=REAL,
        expires_on=DAY,
    ),
    # The newest word per customer, medium and purpose; no row means nothing was ever said.
    _table(
        "consents", "customer_id medium purpose", customer_id=TEXT, medium=TEXT, purpose=TEXT, granted=FLAG
    ),
    # What the wallet holds as somebody said or saw it; high is NULL where it is open ("25m and more").
    _table(
        "wallet_facts",
        "customer_id",
        **_of(TEXT, "customer_id source") | _of(MONEY, "low mid high"),
        **_of(REAL, "confidence") | {"observed_on": DAY},
    ),
    # That a newcomer came because of a customer, wholly or by a share; came_anyway is NULL where nobody can say.
    _table(
        "credits",
        "newcomer customer kind",
        **_of(TEXT, "newcomer customer kind") | {"share": "DECIMAL(5,4)", "came_anyway": FLAG},
        **_of(MONEY, "saved cost"),
    ),
    _table("addresses", "customer_id medium", customer_id=TEXT, medium=TEXT, address=TEXT),
    _table(
        "past_contacts",
        "contact_id",
        **_of(TEXT, "contact_id customer_id asset medium purpose") | {"due_on": DAY},
    ),
    # Nothing is promoted to them on a day before `until`; occasion is why, in a word or two.
    _table("in_peace", "customer_id", customer_id=TEXT, until=DAY, occasion=TEXT),
    # Where customers stood at the openings of the schemes' windows and since: [entered_on, left_on), one row as long as
    # the place is one. before_rank: that of the stay right before; warned_on: since when the amount is too little.
    _table(
        "stays",
        "customer_id scheme entered_on",
        **_of(TEXT, "customer_id scheme place") | {"rank": SMALL} | _of(DAY, "entered_on left_on"),
        before_rank=SMALL,
        warned_on=DAY,
    ),
    # What a person said of a customer's place: a floor, a ceiling or a lock, before the day it ends on.
    _table("overrides", "customer_id scheme", **_of(TEXT, "kind place"), ends_on=DAY, reason=TEXT),
    # Group C: kept for a good reason, and never a candidate for a move.
    _table("excepted", "customer_id", customer_id=TEXT, reason=TEXT),
    _table("arms", "experiment unit", experiment=TEXT, unit=TEXT, arm=TEXT),
    _table(
        "assignments",
        "experiment customer_id",
        **_of(TEXT, "experiment customer_id arm goal asset") | _of(DAY, "assigned_on exposed_on"),
    ),
    # What an earlier turn, which closed where this one opens, knew of each customer's value; empty without one.
    _table("values_before", "customer_id", **_VALUES),
    # Each class of the taxonomy with itself and every class above it.
    _table("closure", "ancestor descendant", ancestor=TEXT, descendant=TEXT),
    # Definitions laid out as rows, so that the steps can join them.
    _table("bands", "scheme place", scheme=TEXT, place=TEXT, rank=SMALL, low=MONEY, high=MONEY),
    # The places of schemes by rules; enter_at and leave_at are the letters of rule_hits that say so, NULL for the rest.
    _table("seats", "scheme place", kind=TEXT, **_of(SMALL, "rank enter_at leave_at")),
    # A scheme as of the cut; own_window: its spend is not that of values. fact_class: what a fact is measured by.
    _table(
        "schemes",
        "scheme",
        **_of(TEXT, "scheme measure fact_class") | _of(DAY, "opening before") | {"own_window": FLAG},
        **{"low_water": "DECIMAL(5,4)"} | _of(SMALL, "minimum_hold_days grace_days") | {"one_down": FLAG},
    ),
    _table("goals", "goal", goal=TEXT, from_place=TEXT, to_place=TEXT, priority=SMALL),
    _table(
        "assets",
        "asset goal",
        **_of(TEXT, "asset goal purpose wants_class wants_value"),
        **_of(MONEY, "least_headroom unit_cost") | _of(SMALL, "rest_days cap_contacts cap_days"),
    ),
    _table(
        "routes",
        "asset medium",
        **_of(TEXT, "asset medium") | {"preference": SMALL, "contact_cost": MONEY, "capacity": COUNT},
    ),
)

# What the stages make, in the order of the flow.
MADE = (
    # events
    _table(
        "clean_lines",
        "event_id line_id",
        **_of(TEXT, "event_id line_id source_record") | {"occurred_at": INSTANT, "occurred_on": DAY},
        **_of(TEXT, "touchpoint product_id") | {"quantity": "DECIMAL(18,3)"},
        **_of(MONEY, "amount discount"),
    ),
    _table(
        "clean_events",
        "event_id",
        **_of(TEXT, "event_id source_record kind") | {"occurred_at": INSTANT, "occurred_on": DAY},
        **_of(TEXT, "touchpoint direction subject"),
    ),
    _table("event_counts", "what", what=TEXT, row_count=COUNT, amount=MONEY),
    # identity
    # source_record: the one whose lines a purchase is made of; NULL where they are of several, or some name none.
    _table(
        "purchases",
        "event_id",
        **_of(TEXT, "event_id customer_id source_record")
        | {"occurred_at": INSTANT, "occurred_on": DAY, "touchpoint": TEXT},
        **{"lines": COUNT} | _of(MONEY, "amount discount bought_discount returned") | {"undiscounted": COUNT},
    ),
    _table(
        "category_months",
        "customer_id month category",
        customer_id=TEXT,
        month=DAY,
        category=TEXT,
        lines=COUNT,
        amount=MONEY,
    ),
    # What of the clean rows belongs to no customer yet, and source records that two customers claim.
    _table("unresolved", "what", what=TEXT, row_count=COUNT, amount=MONEY),
    _table(
        "happenings",
        "event_id",
        **_of(TEXT, "event_id customer_id kind") | {"occurred_on": DAY},
        **_of(TEXT, "touchpoint direction subject"),
    ),
    _table("customers", "customer_id", customer_id=TEXT, unit=TEXT, source_records=COUNT, first_seen_on=DAY),
    # linking: two records, the least one first. outcome: merge, review, household. weight in bits; evidence is JSON.
    _table(
        "linked_pairs",
        "left_record right_record",
        **_of(TEXT, "left_record right_record") | _of(REAL, "probability weight"),
        **_of(TEXT, "outcome veto evidence"),
    ),
    # A cluster is one person as far as linking knows, named by the least of its records.
    _table("clusters", "record", record=TEXT, cluster=TEXT),
    # profiles
    _table(
        "current_facts",
        "customer_id fact_class",
        **_of(TEXT, "customer_id fact_class value source") | {"observed_on": DAY, "confidence": REAL},
    ),
    _table(
        "profiles",
        "customer_id",
        **_of(TEXT, "customer_id unit") | _of(DAY, "first_seen_on first_order_on last_order_on"),
        **_of(COUNT, "orders order_days") | _of(MONEY, "spend discount"),
        **_of(COUNT, "categories redemptions facts"),
    ),
    # value
    # An order is a purchase above zero. Order days and order_spend are of all days before the cut, spend_before of the
    # window before, the rest of the window; undiscounted counts lines that do not say whether there was a discount.
    _table(
        "customer_sums",
        "customer_id",
        customer_id=TEXT,
        first_order_on=DAY,
        last_order_on=DAY,
        order_days=COUNT,
        **_of(MONEY, "order_spend first_day_spend") | _of(COUNT, "orders undiscounted"),
        **_of(MONEY, "spend discounts returns spend_before"),
    ),
    # What one source record bought on the days of one file, the first of which is `since`: all purchases in fewer rows,
    # for runs to come. Bit d - 1 of m7 tells of an order on the d-th of July.
    _table("rolled_days", "occurred_on", occurred_on=DAY, since=DAY),
    *(
        _table(
            name,
            "source_record since",
            **{"source_record": TEXT} | _of(DAY, "since first_order_on last_order_on"),
            **_of(COUNT, "order_days ever undiscounted"),
            **_of(MONEY, "order_spend first_day_spend spend discounts returns"),
            **{f"m{month}": SMALL for month in range(1, 13)},
        )
        for name in ("record_shelves", "record_shelf")
    ),
    # frequency: repeat order days; repeat_spend: what was ordered on them.
    _table(
        "histories",
        "customer_id",
        **{"customer_id": TEXT} | _of(DAY, "first_order_on last_order_on"),
        **_of(COUNT, "frequency recency_weeks age_weeks") | {"repeat_spend": MONEY},
    ),
    _table(
        "cells",
        "frequency recency_weeks age_weeks",
        frequency=COUNT,
        recency_weeks=COUNT,
        age_weeks=COUNT,
        customers=COUNT,
    ),
    # Errors are standard errors of the log: of expected_orders and lifetime_orders, and of the order value.
    _table(
        "cell_scores",
        "frequency recency_weeks age_weeks",
        **_of(COUNT, "frequency recency_weeks age_weeks"),
        **_of(REAL, "alive expected_orders expected_error lifetime_orders lifetime_error"),
    ),
    _table("spend_cells", "frequency repeat_spend", frequency=COUNT, repeat_spend=MONEY, customers=COUNT),
    _table(
        "spend_scores",
        "frequency repeat_spend",
        **{"frequency": COUNT, "repeat_spend": MONEY} | _of(REAL, "expected_order_value order_value_error"),
    ),
    # Customers of one history as of an earlier cut, by how often each ordered from then on: for the back-test.
    _table(
        "past_cells",
        "frequency recency_weeks age_weeks ordered",
        **_of(COUNT, "frequency recency_weeks age_weeks ordered customers"),
    ),
    # Current measures and wallets of one window: MONEY adds up to the lines, NULL is told by a reason.
    _table(
        "category_spend", "customer_id category", customer_id=TEXT, category=TEXT, lines=COUNT, amount=MONEY
    ),
    _table("cost_counts", "what", what=TEXT, row_count=COUNT, amount=MONEY),
    _table(
        "current_values",
        "customer_id",
        **_of(TEXT, "customer_id") | {"as_of": DAY},
        **_of(MONEY, "spend revenue discounts returns cost margin uncategorized"),
        **_of(
            COUNT, "orders recency_days tenure_days categories contacts_in contacts_out contacts_undirected"
        ),
        **_of(REAL, "order_frequency category_entropy contact_frequency"),
        **_of(TEXT, "discounts_reason profit_reason order_reason breadth_reason contact_reason"),
    ),
    _table(
        "category_wallets",
        "customer_id category",
        **_of(TEXT, "customer_id category") | _of(MONEY, "own low mid high") | {"peers": COUNT},
    ),
    _table(
        "wallets",
        "customer_id",
        **{"customer_id": TEXT, "own": MONEY}
        | _of(MONEY, "low mid high headroom_low headroom headroom_high"),
        **_of(REAL, "share_low share share_high confidence") | {"source": TEXT, "as_of": DAY, "reason": TEXT},
    ),
    _table(
        "household_wallets",
        "unit",
        **{"unit": TEXT} | _of(COUNT, "members unknown") | _of(MONEY, "own own_known low mid high headroom"),
        **_of(REAL, "share") | {"reason": TEXT},
    ),
    # What the newcomers of the credits bought in the window, and what each credited customer is credited with of it.
    _table("newcomer_values", "customer_id", customer_id=TEXT, spend=MONEY),
    _table(
        "influences",
        "customer_id",
        **{"customer_id": TEXT} | _of(MONEY, "low high referral influence knowledge saved cost"),
        **_of(COUNT, "newcomers unknown core") | {"page_rank": REAL},
    ),
    _table("values", "customer_id", **_VALUES),
    # Who is best by each definition; rank counts from 1, and equal scores share one.
    _table(
        "best_customers",
        "best customer_id",
        **_of(TEXT, "best customer_id") | {"version": SMALL, "score": "DECIMAL(28,12)", "rank": COUNT},
    ),
    # segments: what the schemes measure of everybody at both ends of their windows, by sums, facts and values.
    _table("scheme_spends", "customer_id scheme", **_of(MONEY, "spend spend_before")),
    _table("scheme_facts", "customer_id scheme", **_of(MONEY, "from_amount to_amount")),
    _table(
        "scheme_amounts",
        "customer_id scheme",
        **{"first_seen_on": DAY, "is_new": FLAG} | _of(MONEY, "from_amount to_amount"),
    ),
    # Where everybody stood then, a row for each scheme. place is a band, "none" or "new"; earned_place goes by the
    # amount alone, and held_by says what put them elsewhere, before the day hold_until where it ends on one. missing
    # keeps the place or wins it back; warned_on is the first day of grace.
    *(
        _table(
            name,
            "customer_id scheme",
            **_of(TEXT, "customer_id scheme from_place to_place") | _of(SMALL, "from_rank to_rank"),
            **_of(MONEY, "from_amount to_amount")
            | {"first_seen_on": DAY, "earned_place": TEXT, "earned_rank": SMALL},
            **{"held_by": TEXT, "missing": MONEY} | _of(DAY, "hold_until warned_on"),
        )
        for name in ("tier_places", "places")
    ),
    _table(
        "matrix",
        "scheme from_place to_place",
        **_of(TEXT, "scheme from_place to_place") | _of(COUNT, "customers opening"),
        **{"share": REAL} | _of(MONEY, "from_amount to_amount"),
    ),
    # The same by rules: in one stage of each scheme at a time, then in exactly one segment of each.
    *(
        _table(
            name,
            "customer_id scheme",
            **_of(TEXT, "customer_id scheme from_place to_place") | _of(SMALL, "from_rank to_rank"),
            **_of(MONEY, "from_amount to_amount") | {"first_seen_on": DAY},
        )
        for name in ("stage_places", "segment_places")
    ),
    # Where everybody stands in each scheme, and since when: what a rule of another scheme sees.
    _table(
        "memberships", "customer_id scheme", **_of(TEXT, "customer_id scheme place") | {"entered_on": DAY}
    ),
    # Which of some rules hold for a customer: a letter for each, in their order, 1 where it holds and else 0.
    _table("rule_hits", "customer_id", **_of(TEXT, "customer_id hits")),
    # Where customers stood in periods counted from 0, and how many went from where to where from each to the next:
    # from "new" or to "gone" where they stood nowhere, and at three periods in a row.
    _table(
        "standings",
        "customer_id period",
        **{"customer_id": TEXT, "period": COUNT} | _of(TEXT, "place segment") | {"amount": MONEY},
    ),
    _table(
        "period_moves",
        "period segment from_place to_place",
        **{"period": COUNT} | _of(TEXT, "segment from_place to_place") | {"customers": COUNT},
        **_of(MONEY, "from_amount to_amount"),
    ),
    _table(
        "period_triples",
        "before_place from_place to_place",
        **_of(TEXT, "before_place from_place to_place") | {"customers": COUNT},
    ),
    # Who could move by which goal: each part of readiness in ten-thousandths, the mean of the `known` ones, and the
    # classes wanted by the assets of the goal of which nothing is known.
    _table(
        "readiness",
        "customer_id goal",
        **_of(TEXT, "customer_id goal"),
        **_of(COUNT, "readiness known alive trend frequency breadth nearness reach") | {"classes": TEXT},
    ),
    # unknown: what is not known of headroom and readiness, and the classes that the assets of the goal want, by commas.
    _table(
        "candidates",
        "customer_id goal",
        **_of(TEXT, "customer_id goal place") | _of(MONEY, "spend headroom missing"),
        **{"readiness": "DECIMAL(5,4)", "position": COUNT} | _of(TEXT, "reason readiness_reason unknown"),
    ),
    # The customers of each segment whose preferences are asked for, and by how many minutes the program's clock is
    # ahead of UTC from an instant until another.
    _table("segment_members", "customer_id", customer_id=TEXT, segment=TEXT),
    _table("clock", "since", **_of(INSTANT, "since until") | {"minutes": SMALL}),
    # What each customer prefers: the part of their own lines, purchases or contacts that an item is, the price of an
    # item, or 1 where a medium is consented to and 0 where it is not; then of segments the mean of those of whom it is
    # known, beside that of everybody else, and share by share_others.
    _table(
        "preferences",
        "customer_id kind item",
        **_of(TEXT, "customer_id kind item") | {"figure": "DECIMAL(28,12)"},
    ),
    _table(
        "segment_preferences",
        "segment kind item",
        **_of(TEXT, "segment kind item") | {"customers": COUNT} | _of(REAL, "share share_others lift"),
    ),
    # decisions: for each customer one row per asset that was thought of, and one in all at least.
    _table(
        "options",
        "customer_id asset goal medium",
        **_of(TEXT, "customer_id unit asset goal medium purpose") | _of(MONEY, "worth cost"),
        **_of(TEXT, "fit barrier detail"),
    ),
    # The open options in the order in which the budget is walked: customers by position, their ways by choice.
    _table(
        "ranked",
        "customer_id asset goal medium",
        **_of(TEXT, "customer_id unit asset goal medium") | _of(COUNT, "position choice") | {"arm": TEXT},
        **_of(MONEY, "worth cost") | {"capacity": COUNT},
    ),
    # Where the walk ended for each: outcome contact, held out or left out; spent is the sum up to there.
    _table(
        "allocations",
        "customer_id",
        **_of(TEXT, "customer_id asset goal medium") | {"position": COUNT},
        **_of(TEXT, "arm outcome barrier") | {"spent": MONEY},
    ),
    _table(
        "decisions",
        "customer_id",
        **_of(TEXT, "customer_id unit goal asset medium purpose experiment arm outcome reason_code reason"),
        **_of(MONEY, "worth cost") | {"due_on": DAY, "address": TEXT},
    ),
    # measurement: exact sums per arm, then comparisons with their verdicts.
    _table(
        "arm_sums",
        "experiment comparison arm",
        **_of(TEXT, "experiment comparison arm") | {"customers": COUNT},
        **_of(SQUARE, "sum_y sum_yy sum_x sum_xx sum_xy") | {"exposed": COUNT},
    ),
    _table(
        "comparisons",
        "experiment comparison",
        **_of(TEXT, "experiment comparison") | {"is_primary": FLAG} | _of(TEXT, "measure design"),
        **_of(COUNT, "treated held_out") | _of(REAL, "mean_treated mean_held_out effect low high relative"),
        **_of(REAL, "relative_low relative_high p p_adjusted") | _of(TEXT, "verdict reason"),
    ),
    _table(
        "campaign_reach",
        "source campaign_id",
        **_of(TEXT, "source campaign_id kind") | _of(DAY, "starts_on ends_on"),
        **_of(COUNT, "targeted others redeemed") | {"design": TEXT},
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in (*LAKE, *FROZEN, *MADE)}
