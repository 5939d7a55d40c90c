"""What the stages from segments to measurement make, in the order of the flow."""

from sterna.engine.tables.shape import COUNT, DAY, FLAG, INSTANT, MONEY, REAL, SMALL, SQUARE, TEXT, of, table

PLACED = (
    # segments: what the schemes measure of everybody at both ends of their windows, by sums, facts and values.
    table("scheme_spends", "customer_id scheme", **of(MONEY, "spend spend_before")),
    table("scheme_facts", "customer_id scheme", **of(MONEY, "from_amount to_amount")),
    table(
        "scheme_amounts",
        "customer_id scheme",
        **{"first_seen_on": DAY, "is_new": FLAG} | of(MONEY, "from_amount to_amount"),
    ),
    # Where everybody stood then, a row for each scheme. place is a band, "none" or "new"; earned_place goes by the
    # amount alone, and held_by says what put them elsewhere, before the day hold_until where it ends on one. missing
    # keeps the place or wins it back; warned_on is the first day of grace.
    *(
        table(
            name,
            "customer_id scheme",
            **of(TEXT, "customer_id scheme from_place to_place") | of(SMALL, "from_rank to_rank"),
            **of(MONEY, "from_amount to_amount")
            | {"first_seen_on": DAY, "earned_place": TEXT, "earned_rank": SMALL},
            **{"held_by": TEXT, "missing": MONEY} | of(DAY, "hold_until warned_on"),
        )
        for name in ("tier_places", "places")
    ),
    table(
        "matrix",
        "scheme from_place to_place",
        **of(TEXT, "scheme from_place to_place") | of(COUNT, "customers opening"),
        **{"share": REAL} | of(MONEY, "from_amount to_amount"),
    ),
    # The same by rules: in one stage of each scheme at a time, then in exactly one segment of each.
    *(
        table(
            name,
            "customer_id scheme",
            **of(TEXT, "customer_id scheme from_place to_place") | of(SMALL, "from_rank to_rank"),
            **of(MONEY, "from_amount to_amount") | {"first_seen_on": DAY},
        )
        for name in ("stage_places", "segment_places")
    ),
    # How everybody of a scheme of segments that has a grid is treated: the cell, the figures that put them there (NULL
    # is unknown), and its level: at most so many contacts that promote in so many days.
    table(
        "treatments",
        "customer_id scheme",
        **of(TEXT, "customer_id scheme segment value_band potential_band"),
        **of("DECIMAL(28,12)", "value_figure potential_figure") | {"personalization": TEXT},
        **of(SMALL, "contacts days") | {"retention": TEXT},
    ),
    # Where everybody stands in each scheme, and since when: what a rule of another scheme sees.
    table("memberships", "customer_id scheme", **of(TEXT, "customer_id scheme place") | {"entered_on": DAY}),
    # Which of some rules hold for a customer: a letter for each, in their order, 1 where it holds and else 0.
    table("rule_hits", "customer_id", **of(TEXT, "customer_id hits")),
    # Where customers stood in periods counted from 0, and how many went from where to where from each to the next:
    # from "new" or to "gone" where they stood nowhere, and at three periods in a row.
    table(
        "standings",
        "customer_id period",
        **{"customer_id": TEXT, "period": COUNT} | of(TEXT, "place segment") | {"amount": MONEY},
    ),
    table(
        "period_moves",
        "period segment from_place to_place",
        **{"period": COUNT} | of(TEXT, "segment from_place to_place") | {"customers": COUNT},
        **of(MONEY, "from_amount to_amount"),
    ),
    table(
        "period_triples",
        "before_place from_place to_place",
        **of(TEXT, "before_place from_place to_place") | {"customers": COUNT},
    ),
    # Who could move by which goal: each part of readiness in ten-thousandths, the mean of the `known` ones, and the
    # classes wanted by the assets of the goal of which nothing is known.
    table(
        "readiness",
        "customer_id goal",
        **of(TEXT, "customer_id goal"),
        **of(COUNT, "readiness known alive trend frequency breadth nearness reach") | {"classes": TEXT},
    ),
    # unknown: what is not known of headroom and readiness, and the classes that the assets of the goal want, by commas.
    table(
        "candidates",
        "customer_id goal",
        **of(TEXT, "customer_id goal place") | of(MONEY, "spend headroom missing"),
        **{"readiness": "DECIMAL(5,4)", "position": COUNT} | of(TEXT, "reason readiness_reason unknown"),
    ),
    # Customers by number, who is in which segment, and by how many minutes the program's clock is ahead of UTC from an
    # instant of a day of UTC until another.
    table("numbered", "customer_id", customer_id=TEXT, number=COUNT),
    table("segment_members", "number scheme", **{"number": COUNT} | of(TEXT, "scheme segment")),
    table("clock", "day since", **{"day": DAY} | of(INSTANT, "since until") | {"minutes": SMALL}),
    # When and where customers bought, and what they paid for each brand: NULL is that of a product without one.
    table(
        "came",
        "event_id",
        **{"event_id": TEXT, "number": COUNT} | of(SMALL, "weekday month hour"),
        touchpoint=TEXT,
        has_bought=FLAG,
    ),
    table(
        "paid_brands",
        "number brand",
        **{"number": COUNT, "brand": TEXT} | of(MONEY, "amount paid") | {"pieces": SQUARE},
        **of(COUNT, "told reduced"),
    ),
    # Of the customers of each segment of whom it is `known`: how many prefer an item at all, and the sum of what it is
    # of their own spend, purchases or contacts, of its prices, or of those who consent to it.
    *(
        table(
            name,
            "scheme segment kind item",
            **of(TEXT, "scheme segment kind item")
            | of(COUNT, "customers known")
            | {"total": "DECIMAL(28,12)"},
        )
        for name in ("timing_sums", "goods_sums", "said_sums")
    ),
    # The mean of those of whom it is known, beside that of everybody else, and share by share_others.
    table(
        "segment_preferences",
        "scheme segment kind item",
        **of(TEXT, "scheme segment kind item") | of(COUNT, "customers known"),
        **of(REAL, "share share_others lift"),
    ),
    # decisions: for each customer one row per asset that was thought of, and one in all at least.
    table(
        "options",
        "customer_id asset goal medium",
        **of(TEXT, "customer_id unit asset goal medium purpose") | of(MONEY, "worth cost"),
        **of(TEXT, "fit barrier detail"),
    ),
    # The open options in the order in which the budget is walked: customers by position, their ways by choice.
    table(
        "ranked",
        "customer_id asset goal medium",
        **of(TEXT, "customer_id unit asset goal medium") | of(COUNT, "position choice") | {"arm": TEXT},
        **of(MONEY, "worth cost") | {"capacity": COUNT},
    ),
    # Where the walk ended for each: outcome contact, held out or left out; spent is the sum up to there.
    table(
        "allocations",
        "customer_id",
        **of(TEXT, "customer_id asset goal medium") | {"position": COUNT},
        **of(TEXT, "arm outcome barrier") | {"spent": MONEY},
    ),
    table(
        "decisions",
        "customer_id",
        **of(TEXT, "customer_id unit goal asset medium purpose experiment arm outcome reason_code reason"),
        **of(MONEY, "worth cost") | {"due_on": DAY, "address": TEXT},
    ),
    # measurement: exact sums per arm, then comparisons with their verdicts.
    table(
        "arm_sums",
        "experiment comparison arm",
        **of(TEXT, "experiment comparison arm") | {"customers": COUNT},
        **of(SQUARE, "sum_y sum_yy sum_x sum_xx sum_xy") | {"exposed": COUNT},
    ),
    table(
        "comparisons",
        "experiment comparison",
        **of(TEXT, "experiment comparison") | {"is_primary": FLAG} | of(TEXT, "measure design"),
        **of(COUNT, "treated held_out") | of(REAL, "mean_treated mean_held_out effect low high relative"),
        **of(REAL, "relative_low relative_high p p_adjusted") | of(TEXT, "verdict reason"),
    ),
    table(
        "campaign_reach",
        "source campaign_id",
        **of(TEXT, "source campaign_id kind") | of(DAY, "starts_on ends_on"),
        **of(COUNT, "targeted others redeemed") | {"design": TEXT},
    ),
)
