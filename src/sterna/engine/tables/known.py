"""What the stages from events to value make, in the order of the flow."""

from sterna.engine.tables.held import VALUES
from sterna.engine.tables.shape import COUNT, DAY, FLAG, INSTANT, MONEY, REAL, SMALL, TEXT, of, table

KNOWN = (
    # events
    table(
        "clean_lines",
        "event_id line_id",
        **of(TEXT, "event_id line_id source_record") | {"occurred_at": INSTANT, "occurred_on": DAY},
        **of(TEXT, "touchpoint product_id") | {"quantity": "DECIMAL(18,3)"},
        **of(MONEY, "amount discount"),
    ),
    table(
        "clean_events",
        "event_id",
        **of(TEXT, "event_id source_record kind") | {"occurred_at": INSTANT, "occurred_on": DAY},
        **of(TEXT, "touchpoint direction subject"),
    ),
    table("event_counts", "what", what=TEXT, row_count=COUNT, amount=MONEY),
    # identity
    # source_record: the one whose lines a purchase is made of; NULL where they are of several, or some name none.
    table(
        "purchases",
        "event_id",
        **of(TEXT, "event_id customer_id source_record")
        | {"occurred_at": INSTANT, "occurred_on": DAY, "touchpoint": TEXT},
        **{"lines": COUNT} | of(MONEY, "amount discount bought_discount returned") | {"undiscounted": COUNT},
    ),
    table(
        "category_months",
        "customer_id month category",
        customer_id=TEXT,
        month=DAY,
        category=TEXT,
        lines=COUNT,
        amount=MONEY,
    ),
    # What of the clean rows belongs to no customer yet, and source records that two customers claim.
    table("unresolved", "what", what=TEXT, row_count=COUNT, amount=MONEY),
    table(
        "happenings",
        "event_id",
        **of(TEXT, "event_id customer_id kind") | {"occurred_on": DAY},
        **of(TEXT, "touchpoint direction subject"),
    ),
    table("customers", "customer_id", customer_id=TEXT, unit=TEXT, source_records=COUNT, first_seen_on=DAY),
    # linking: two records, the least one first. outcome: merge, review, household. weight in bits; evidence is JSON.
    table(
        "linked_pairs",
        "left_record right_record",
        **of(TEXT, "left_record right_record") | of(REAL, "probability weight"),
        **of(TEXT, "outcome veto evidence"),
    ),
    # A cluster is one person as far as linking knows, named by the least of its records.
    table("clusters", "record", record=TEXT, cluster=TEXT),
    # profiles
    table(
        "current_facts",
        "customer_id fact_class",
        **of(TEXT, "customer_id fact_class value source") | {"observed_on": DAY, "confidence": REAL},
    ),
    table(
        "profiles",
        "customer_id",
        **of(TEXT, "customer_id unit") | of(DAY, "first_seen_on first_order_on last_order_on"),
        **of(COUNT, "orders order_days") | of(MONEY, "spend discount"),
        **of(COUNT, "categories redemptions facts"),
    ),
    # value
    # An order is a purchase above zero. Order days and order_spend are of all days before the cut, spend_before of the
    # window before, the rest of the window; undiscounted counts lines that do not say whether there was a discount.
    table(
        "customer_sums",
        "customer_id",
        customer_id=TEXT,
        first_order_on=DAY,
        last_order_on=DAY,
        order_days=COUNT,
        **of(MONEY, "order_spend first_day_spend") | of(COUNT, "orders undiscounted"),
        **of(MONEY, "spend discounts returns spend_before"),
    ),
    # What one source record bought on the days of one file, the first of which is `since`: all purchases in fewer rows,
    # for runs to come. Bit d - 1 of m7 tells of an order on the d-th of July.
    table("rolled_days", "occurred_on", occurred_on=DAY, since=DAY),
    *(
        table(
            name,
            "source_record since",
            **{"source_record": TEXT} | of(DAY, "since first_order_on last_order_on"),
            **of(COUNT, "order_days ever undiscounted"),
            **of(MONEY, "order_spend first_day_spend spend discounts returns"),
            **{f"m{month}": SMALL for month in range(1, 13)},
        )
        for name in ("record_shelves", "record_shelf")
    ),
    # frequency: repeat order days; repeat_spend: what was ordered on them.
    table(
        "histories",
        "customer_id",
        **{"customer_id": TEXT} | of(DAY, "first_order_on last_order_on"),
        **of(COUNT, "frequency recency_weeks age_weeks") | {"repeat_spend": MONEY},
    ),
    table(
        "cells",
        "frequency recency_weeks age_weeks",
        frequency=COUNT,
        recency_weeks=COUNT,
        age_weeks=COUNT,
        customers=COUNT,
    ),
    # Errors are standard errors of the log: of expected_orders and lifetime_orders, and of the order value.
    table(
        "cell_scores",
        "frequency recency_weeks age_weeks",
        **of(COUNT, "frequency recency_weeks age_weeks"),
        **of(REAL, "alive expected_orders expected_error lifetime_orders lifetime_error"),
    ),
    table("spend_cells", "frequency repeat_spend", frequency=COUNT, repeat_spend=MONEY, customers=COUNT),
    table(
        "spend_scores",
        "frequency repeat_spend",
        **{"frequency": COUNT, "repeat_spend": MONEY} | of(REAL, "expected_order_value order_value_error"),
    ),
    # Customers of one history as of an earlier cut, by how often each ordered from then on: for the back-test.
    table(
        "past_cells",
        "frequency recency_weeks age_weeks ordered",
        **of(COUNT, "frequency recency_weeks age_weeks ordered customers"),
    ),
    # Current measures and wallets of one window: MONEY adds up to the lines, NULL is told by a reason.
    table(
        "category_spend", "customer_id category", customer_id=TEXT, category=TEXT, lines=COUNT, amount=MONEY
    ),
    table("cost_counts", "what", what=TEXT, row_count=COUNT, amount=MONEY),
    table(
        "current_values",
        "customer_id",
        **of(TEXT, "customer_id") | {"as_of": DAY},
        **of(MONEY, "spend revenue discounts returns cost margin uncategorized"),
        **of(
            COUNT, "orders recency_days tenure_days categories contacts_in contacts_out contacts_undirected"
        ),
        **of(REAL, "order_frequency category_entropy contact_frequency"),
        **of(TEXT, "discounts_reason profit_reason order_reason breadth_reason contact_reason"),
    ),
    table(
        "category_wallets",
        "customer_id category",
        **of(TEXT, "customer_id category") | of(MONEY, "own low mid high") | {"peers": COUNT},
    ),
    table(
        "wallets",
        "customer_id",
        **{"customer_id": TEXT, "own": MONEY} | of(MONEY, "low mid high headroom_low headroom headroom_high"),
        **of(REAL, "share_low share share_high confidence") | {"source": TEXT, "as_of": DAY, "reason": TEXT},
        in_balances=FLAG,
    ),
    table(
        "household_wallets",
        "unit",
        **{"unit": TEXT} | of(COUNT, "members unknown") | of(MONEY, "own own_known low mid high headroom"),
        **of(REAL, "share") | {"reason": TEXT},
    ),
    # What the newcomers of the credits bought in the window, and what each credited customer is credited with of it.
    table("newcomer_values", "customer_id", customer_id=TEXT, spend=MONEY),
    table(
        "influences",
        "customer_id",
        **{"customer_id": TEXT} | of(MONEY, "low high referral influence knowledge saved cost"),
        **of(COUNT, "newcomers unknown core") | {"page_rank": REAL},
    ),
    table("values", "customer_id", **VALUES),
    # Who is best by each definition; rank counts from 1, and equal scores share one.
    table(
        "best_customers",
        "best customer_id",
        **of(TEXT, "best customer_id") | {"version": SMALL, "score": "DECIMAL(28,12)", "rank": COUNT},
    ),
)
