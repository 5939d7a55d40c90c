"""What the lake holds, and what a brief freezes out of the records beside it."""

from sterna.engine.tables.shape import COUNT, DAY, FLAG, INSTANT, MONEY, REAL, SMALL, TEXT, of, table

# Every measure of a customer beside the others, as of the day before the cut. spend: inside the window;
# spend_before: the window before it; a range is low to high; NULL is unknown, and a reason says why.
VALUES = {
    "customer_id": TEXT,
    **of(MONEY, "spend spend_before revenue discounts returns cost margin"),
    **of(MONEY, "uncategorized") | of(COUNT, "orders recency_days tenure_days breadth"),
    **of(COUNT, "contacts_in contacts_out") | of(REAL, "order_frequency category_entropy"),
    **of(REAL, "contact_frequency alive expected_orders expected_orders_low expected_orders_high"),
    **of(MONEY, "expected_order_value expected_spend expected_spend_low"),
    **of(MONEY, "expected_spend_high lifetime_value lifetime_value_low lifetime_value_high"),
    **of(MONEY, "wallet_low wallet wallet_high") | of(REAL, "share_of_wallet wallet_confidence"),
    **of(TEXT, "wallet_source") | {"wallet_on": DAY},
    **of(MONEY, "headroom_low headroom headroom_high") | {"headroom_source": TEXT},
    **of(MONEY, "potential influence_low influence by_referral by_influence by_knowledge"),
    **of(COUNT, "newcomers") | of(TEXT, "top_category room_category discounts_reason"),
    **of(TEXT, "profit_reason order_reason breadth_reason contact_reason forecast_reason"),
    **of(TEXT, "alive_reason wallet_reason headroom_reason influence_reason"),
}

# The lake: immutable segments, listed in the manifest. Keyed on the source record, never on the customer.
LAKE = (
    # One bought line; a purchase is the lines of one event. amount is what the customer paid for the line.
    table(
        "lines",
        "event_id line_id",
        **of(TEXT, "event_id line_id source_record"),
        occurred_at=INSTANT,
        occurred_on=DAY,
        recorded_at=INSTANT,
        **of(TEXT, "touchpoint product_id") | {"quantity": "DECIMAL(18,3)"},
        **of(MONEY, "amount discount") | {"currency": TEXT},
    ),
    # Everything else that happened: redemptions, campaign contacts, page views, responses.
    table(
        "events",
        "event_id",
        **of(TEXT, "event_id source_record kind"),
        occurred_at=INSTANT,
        occurred_on=DAY,
        recorded_at=INSTANT,
        **of(TEXT, "touchpoint direction subject body"),
    ),
    table("products", "product_id", **of(TEXT, "product_id department category brand"), recorded_at=INSTANT),
    table(
        "campaigns",
        "source campaign_id",
        **of(TEXT, "source campaign_id kind") | of(DAY, "starts_on ends_on") | {"recorded_at": INSTANT},
    ),
    # What serving somebody cost; an amount that nobody wrote down is NULL, and one of zero is zero.
    table(
        "costs",
        "entry_id",
        **of(TEXT, "entry_id source_record kind currency") | {"occurred_on": DAY},
        **of(INSTANT, "recorded_at") | of(MONEY, "amount"),
    ),
)

# What a brief freezes out of the records beside the lake's files.
FROZEN = (
    # unit: what the hold-out is drawn by: the household if there is one, else the first identifier.
    table("identity_map", "source_record", source_record=TEXT, customer_id=TEXT, unit=TEXT),
    table(
        "facts",
        "source_record fact_class source recorded_at",
        **of(TEXT, "source_record fact_class value source"),
        observed_on=DAY,
        recorded_at=INSTANT,
        confidence=REAL,
        expires_on=DAY,
    ),
    # The newest word per customer, medium and purpose; no row means nothing was ever said.
    table(
        "consents", "customer_id medium purpose", customer_id=TEXT, medium=TEXT, purpose=TEXT, granted=FLAG
    ),
    # What the wallet holds as somebody said or saw it; high is NULL where it is open ("25m and more"). in_balances: of
    # it the balance `own` is here, NULL where nobody knows it, and not what was paid; without, own stays NULL.
    table(
        "wallet_facts",
        "customer_id",
        **of(TEXT, "customer_id source") | of(MONEY, "low mid high"),
        **of(REAL, "confidence") | {"observed_on": DAY, "own": MONEY, "in_balances": FLAG},
    ),
    # That a newcomer came because of a customer, wholly or by a share; came_anyway is NULL where nobody can say.
    table(
        "credits",
        "newcomer customer kind",
        **of(TEXT, "newcomer customer kind") | {"share": "DECIMAL(5,4)", "came_anyway": FLAG},
        **of(MONEY, "saved cost"),
    ),
    table("addresses", "customer_id medium", customer_id=TEXT, medium=TEXT, address=TEXT),
    table(
        "past_contacts",
        "contact_id",
        **of(TEXT, "contact_id customer_id asset medium purpose") | {"due_on": DAY},
    ),
    # Nothing is promoted to them on a day before `until`; occasion is why, in a word or two.
    table("in_peace", "customer_id", customer_id=TEXT, until=DAY, occasion=TEXT),
    # Where customers stood at the openings of the schemes' windows and since: [entered_on, left_on), one row as long as
    # the place is one. before_rank: that of the stay right before; warned_on: since when the amount is too little.
    table(
        "stays",
        "customer_id scheme entered_on",
        **of(TEXT, "customer_id scheme place") | {"rank": SMALL} | of(DAY, "entered_on left_on"),
        before_rank=SMALL,
        warned_on=DAY,
    ),
    # What a person said of a customer's place: a floor, a ceiling or a lock, before the day it ends on.
    table("overrides", "customer_id scheme", **of(TEXT, "kind place"), ends_on=DAY, reason=TEXT),
    # Group C: kept for a good reason, and never a candidate for a move.
    table("excepted", "customer_id", customer_id=TEXT, reason=TEXT),
    table("arms", "experiment unit", experiment=TEXT, unit=TEXT, arm=TEXT),
    table(
        "assignments",
        "experiment customer_id",
        **of(TEXT, "experiment customer_id arm goal asset") | of(DAY, "assigned_on exposed_on"),
    ),
    # What an earlier turn, which closed where this one opens, knew of each customer's value; empty without one.
    table("values_before", "customer_id", **VALUES),
    # Each class of the taxonomy with itself and every class above it.
    table("closure", "ancestor descendant", ancestor=TEXT, descendant=TEXT),
    # Definitions laid out as rows, so that the steps can join them.
    table("bands", "scheme place", scheme=TEXT, place=TEXT, rank=SMALL, low=MONEY, high=MONEY),
    # The places of schemes by rules; enter_at and leave_at are the letters of rule_hits that say so, NULL for the rest.
    table("seats", "scheme place", kind=TEXT, **of(SMALL, "rank enter_at leave_at")),
    # The bands of the grid of a scheme of segments, of axis "value" and of "potential": low is in one, high is not.
    # is_known: nobody is unknown in the measure. Then the level of each cell in each segment.
    table(
        "grid_bands",
        "scheme axis band",
        **of(TEXT, "scheme axis band measure") | of("DECIMAL(28,12)", "low high"),
        is_known=FLAG,
    ),
    table(
        "levels",
        "scheme segment value_band potential_band",
        **of(TEXT, "scheme segment value_band potential_band personalization retention"),
        **of(SMALL, "contacts days"),
    ),
    # A scheme as of the cut; own_window: its spend is not that of values. fact_class: what a fact is measured by.
    table(
        "schemes",
        "scheme",
        **of(TEXT, "scheme measure fact_class") | of(DAY, "opening before") | {"own_window": FLAG},
        **{"low_water": "DECIMAL(5,4)"} | of(SMALL, "minimum_hold_days grace_days") | {"one_down": FLAG},
    ),
    table("goals", "goal", goal=TEXT, from_place=TEXT, to_place=TEXT, priority=SMALL),
    # stages: those of the relationship in which it is offered, in words; NULL where it is offered in all of them.
    # opens, closes: its season where it is not the plan's; waits: what must be there first and is not, in words.
    table(
        "assets",
        "asset goal",
        **of(TEXT, "asset goal purpose wants_class wants_value"),
        **of(MONEY, "least_headroom unit_cost") | of(SMALL, "rest_days cap_contacts cap_days"),
        **of(TEXT, "life stages") | of(DAY, "opens closes") | {"waits": TEXT},
    ),
    # The same one by one: a stage of the scheme that the plan names as its life.
    table("asset_stages", "asset stage", **of(TEXT, "asset stage")),
    table(
        "routes",
        "asset medium",
        **of(TEXT, "asset medium") | {"preference": SMALL, "contact_cost": MONEY, "capacity": COUNT},
    ),
    # Days, both counted, on which nothing leaves by a medium.
    table("blackouts", "medium opens closes why", medium=TEXT, **of(DAY, "opens closes"), why=TEXT),
)
