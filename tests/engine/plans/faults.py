"""Seeded faults: small edits of the three example plans, each with the code by which the check has to catch it."""

from typing import NamedTuple

from sterna.engine.plans.known import Counted


class Fault(NamedTuple):
    """In the plan of a folder of examples `old` becomes `new`, once, and `code` is found; `also` more of the same."""

    code: str
    example: str
    old: str
    new: str = ""
    also: tuple[tuple[str, str], ...] = ()

    def seed(self, text: str) -> str:
        """The text with the fault in it."""
        for old, new in ((self.old, self.new), *self.also):
            assert old in text, old
            text = text.replace(old, new, 1)
        return text


RETAIL, BANK, STREAM = "retail", "bank", "subscription"
HEAD = [
    Fault("plan-plan", BANK, "plan: whole-picture-2025\n"),
    Fault("plan-title", BANK, "title: One tier up by the whole picture\n"),
    Fault("plan-owner", BANK, "owner: Head of client experience\ncurrency", "currency"),
    Fault("plan-scheme", BANK, "scheme: balances\n"),
    Fault("plan-version", BANK, "version: 1\n"),
    Fault("money-currency", STREAM, "currency: EUR", "currency: euro"),
    Fault("money-budget", STREAM, "budget: 60000.00\n"),
    Fault("money-amount", STREAM, "budget: 60000.00", "budget: 60000.005"),
    Fault("dates-opens", STREAM, "opens: 2026-01-12\n"),
    Fault("dates-closes", STREAM, "closes: 2026-12-18\n"),
    Fault("dates-order", STREAM, "closes: 2026-12-18", "closes: 2025-12-18"),
    Fault("R89-hold-out", RETAIL, "hold_out: {share: 0.20, salt: second-half-2017, least_per_arm: 30}\n"),
    Fault("R89-share", RETAIL, "share: 0.20", "share: 0.80"),
    Fault("R89-salt", RETAIL, "salt: second-half-2017, "),
    Fault("R89-least", RETAIL, "least_per_arm: 30", "least_per_arm: 3"),
    Fault("R89-primary", RETAIL, "measure: spend, "),
    Fault("R89-measure", RETAIL, "measure: spend", "measure: joy"),
    Fault("R89-adjust", RETAIL, "adjust_by: spend_before", "adjust_by: weather"),
    Fault("R89-smallest", RETAIL, "smallest_effect: 0.05", "smallest_effect: 5"),
    Fault("R89-wished", RETAIL, "wished: up", "wished: more"),
    Fault("format-unknown", RETAIL, "budget: 900.00", "budjet: 900.00"),
    Fault("format-twice", RETAIL, "budget: 900.00", "budget: 900.00\nbudget: 90.00"),
    Fault("format-type", RETAIL, "customers: 225", "customers: many"),
    Fault("format-file", RETAIL, "messages/meal-planner.txt", "messages/gone.txt"),
    Fault("format-text", RETAIL, "title: One step up in the second half of 2017", 'title: "One\\0"'),
    Fault("format-long", RETAIL, "plan: second-half-2017", "plan: " + "x" * 81),
    Fault("format-empty", RETAIL, "data_in: [member number]", "data_in: [~]"),
    Fault("format-yaml", RETAIL, "goals:\n", "goals: [\n"),
]
GOALS = [
    Fault("R61-audience", STREAM, "    audience: Standard members with a profile for children\n"),
    Fault("R61-response", STREAM, "    response: Pays for a second month\n"),
    Fault("R61-value_of_response", STREAM, "value_of_response: 38.00", "value_of_response: -38.00"),
    Fault("R61-owner", STREAM, "    owner: Mia Santos, first weeks\n    audience", "    audience"),
    Fault("R61-size", STREAM, "size: 12000", "size: -12000"),
    Fault("R61-rate", STREAM, "expected_rate: 0.22", "expected_rate: 22"),
    Fault("R61-value", STREAM, "    size: 12000\n"),
    Fault("R61-short", STREAM, "customers: 1500", "customers: 15000"),
    Fault("R4-from", STREAM, "from: trial", "from: visitor"),
    Fault("R4-to", STREAM, "to: family\n    segment", "to: friends\n    segment"),
    Fault("R4-upward", BANK, "from: premier\n    to: principal", "from: premier\n    to: core"),
    Fault("R4-customers", BANK, "    customers: 25\n"),
    Fault("R4-holds", STREAM, "customers: 2400", "customers: 24000"),
    Fault("R4-audience", STREAM, "size: 12000", "size: 12001"),
    Fault("R4-priority", BANK, "priority: 2", "priority: 0"),
    Fault("dates-by", BANK, "by: 2025-12-31", "by: 2027-12-31"),
    Fault("R59-no-asset", STREAM, "goals: [keep-family]", "goals: [standard-to-family]"),
    Fault(
        "plan-goals", STREAM, "goals:\n  - id: trial-to-basic", "goals: []\nother:\n  - id: trial-to-basic"
    ),
    Fault("plan-assets", STREAM, "assets:\n  - id: first-list", "assets: []\nother:\n  - id: first-list"),
]
INVENTORY = [
    Fault("R59-unowned", STREAM, "    owner: Jan Novak, regular members\n    goals", "    goals"),
    Fault("R59-unused", STREAM, "    data_out: [titles watched, minutes]\n"),
    Fault("R59-goal", STREAM, "goals: [basic-to-standard]", "goals: [basic-to-gold]"),
    Fault(
        "R59-goal-twice",
        STREAM,
        "goals: [basic-to-standard]",
        "goals: [basic-to-standard, basic-to-standard]",
    ),
    Fault("R59-cost", STREAM, "    unit_cost: 2.50\n"),
    Fault("R59-contact-cost", STREAM, "contact_cost: 3.80, "),
    Fault("R59-touchpoint", STREAM, "touchpoint: app-notice", "touchpoint: banner"),
    Fault(
        "R59-medium", BANK, "medium: phone, touchpoint: manager-call", "medium: phone, touchpoint: statement"
    ),
    Fault("R59-direction", BANK, "direction: both", "direction: inbound"),
    Fault("R59-exchange", BANK, "asset: golf-day", "asset: tennis-day"),
    Fault("asset-kind", BANK, "kind: service", "kind: favor"),
    Fault("asset-purpose", BANK, "purpose: recognition", "purpose: praise"),
    Fault("R81-direction", BANK, "direction: both", "direction: sideways"),
    Fault("R81-purpose", BANK, "direction: both\n    purpose: service", "direction: both\n    purpose: fun"),
    Fault("id-missing", BANK, "  - id: yearly-review\n    title", "  - title"),
    Fault("id-twice", BANK, "- id: premier-to-principal", "- id: core-to-premier"),
    Fault(
        "R62-behavior",
        STREAM,
        "    behavior:\n      metric: days watched",
        "    behaviour:\n      metric: days watched",
    ),
    Fault("R62-metric", STREAM, "      metric: profiles in use a month\n"),
    Fault("R62-baseline", STREAM, "      baseline: 1.9\n"),
    Fault("R62-target", STREAM, "target: 2.8", "target: 1.9"),
    Fault("R62-counts", RETAIL, "counts: {of: days, category: MEAT}", "counts: {of: joy, category: MEAT}"),
    Fault("R62-counts", RETAIL, "counts: {of: categories}", "counts: {of: categories, kind: call}"),
    Fault("R62-window_days", STREAM, "window_days: 28", "window_days: 0"),
    Fault("R62-evidence", STREAM, "      evidence: Assumed from members who changed by themselves\n"),
    Fault("limits-negative", RETAIL, "rest_days: 180", "rest_days: -180"),
    Fault("limits-rest", RETAIL, "    rest_days: 180\n"),
    Fault("limits-cap", RETAIL, "cap: {contacts: 2, days: 30}", "cap: {contacts: 2}"),
    Fault("R12-wants", RETAIL, "wants: {class: shopping.category, value: MEAT}", "wants: {value: MEAT}"),
    Fault(
        "R22-route-twice",
        STREAM,
        "{medium: notify, touchpoint: app-notice",
        "{medium: email, touchpoint: member-mail",
    ),
    Fault("R22-preference", STREAM, "preference: 2", "preference: 0"),
    Fault("R22-variant", STREAM, "      notify:\n        text", "      sms:\n        text"),
    Fault(
        "R22-message", STREAM, "    message: pause-instead\n    stages", "    message: goodbye\n    stages"
    ),
    Fault("R22-parts", STREAM, '        text: "For the weekend: {{ facts.genre }}"\n'),
    Fault("R22-parts", STREAM, "        body: You have been with us for a year.", "        opening: A year."),
    Fault("R23-name", STREAM, "{name: level, class: account.level", "{class: account.level"),
    Fault("R23-class", STREAM, "{name: level, class: account.level", "{name: level"),
    Fault("R23-fallback", STREAM, ", fallback: whoever watches with you}", "}"),
    Fault("R23-age", STREAM, "max_age_days: 730, "),
    Fault("R23-undeclared", STREAM, "{{ facts.children }}", "{{ facts.pets }}"),
]
STAGES = [
    Fault(
        "R73-missing",
        STREAM,
        "  - {id: data, owner: Omar Haddad, by: 2025-12-05,",
        "  - {id: other, by: 2025-12-05,",
    ),
    Fault("R73-unknown", STREAM, "{id: exchanges, owner", "{id: swaps, owner"),
    Fault("R73-twice", STREAM, "{id: exchanges, owner", "{id: data, owner"),
    Fault("R73-owner", STREAM, "{id: goals, owner: Lena Fischer, ", "{id: goals, "),
    Fault("R73-day", STREAM, "by: 2025-11-14, "),
    Fault("R73-proof", STREAM, ", proof: Goals and assets signed by the segment managers"),
    Fault("R73-order", STREAM, "by: 2025-12-05", "by: 2026-01-08"),
    Fault("R73-late", STREAM, "by: 2026-01-09, proof", "by: 2027-01-09, proof"),
    Fault("R60-owner", BANK, "kind: data, owner: Client data office,", "kind: data,"),
    Fault("R60-kind", BANK, "kind: legal", "kind: luck"),
    Fault("R60-day", BANK, "by: 2024-12-18, done", "done"),
    Fault("R60-unknown", BANK, "needs: [places-booked]", "needs: [tickets]"),
    Fault("R60-cycle", BANK, "by: 2024-11-15, done: 2024-11-12", "by: 2024-11-15, needs: [planners-free]"),
    Fault(
        "R60-order", BANK, "by: 2024-11-15, done: 2024-11-12", "by: 2024-12-12", ((", done: 2024-11-28", ""),)
    ),
    Fault("R60-done", BANK, "by: 2024-11-15, done: 2024-11-12", "by: 2024-11-15"),
    Fault("R60-launch", BANK, "by: 2024-12-18, done: 2024-12-17", "by: 2025-02-01"),
    Fault("R60-never", BANK, "by: 2024-12-18, done: 2024-12-17", "by: 2026-02-01"),
]
DATA = [
    Fault("R64-class", STREAM, "wants: {class: viewing.genre}", "wants: {class: viewing.sort}"),
    Fault("R64-capture", STREAM, "  - class: household.children\n    touchpoint", "  - touchpoint"),
    Fault("R64-touchpoint", STREAM, "touchpoint: player\n    question", "touchpoint: cinema\n    question"),
    Fault("R64-question", STREAM, "    question: Do children watch with you?\n"),
    Fault("R64-purpose", STREAM, "    purpose: The list of the weekend fits\n"),
    Fault("R64-expected", STREAM, "expected_fill: 0.70", "expected_fill: 70"),
    Fault(
        "R64-twice",
        BANK,
        "class: interests.sport.golf\n    touchpoint",
        "class: wealth.elsewhere\n    touchpoint",
    ),
    Fault("R64-asks", STREAM, "asks: [household.children]", "asks: [account.level]"),
    Fault("R64-unused", STREAM, "- class: household.children", "- class: viewing"),
    Fault(
        "R65-offer",
        STREAM,
        "          viewing.genre: three titles",
        "          household.children: three titles",
    ),
    Fault("R87-burden", BANK, "most_fields: 3", "most_fields: 1"),
    Fault("R87-most", BANK, "most_fields: 3", "most_fields: -1"),
    Fault("R63-touchpoint", BANK, "touchpoint: statement\n    uses", "touchpoint: bill\n    uses"),
    Fault("R63-text", RETAIL, '    text: "A recipe with {{ facts.top }} is on the page of this receipt."\n'),
    Fault("R63-default", RETAIL, "    default: A recipe of the season is on the page of this receipt.\n"),
    Fault("R63-undeclared", RETAIL, "A recipe with {{ facts.top }}", "A recipe with {{ facts.bottom }}"),
    Fault("exchange-kind", STREAM, "kind: provided", "kind: presented"),
    Fault("exchange-give", STREAM, "    give: Why they think of leaving\n"),
    Fault("exchange-get", STREAM, "    get: A list that fits, on the next Friday\n"),
    Fault("exchange-cost", STREAM, "    cost: 2.50\n    liability: 5000.00\n"),
    Fault("exchange-asks", STREAM, "    asks: [viewing.genre]\n"),
    Fault("exchange-promise", STREAM, "    promise_days: 7\n"),
    Fault("exchange-fulfilled", STREAM, "    fulfilled_by: Mia Santos, first weeks\n"),
    Fault(
        "exchange-immediate",
        STREAM,
        "    asset: pause-instead\n    cost: 0.00\n",
        "    asset: pause-instead\n    promise_days: 9\n",
    ),
    Fault("exchange-liability", STREAM, "liability: 5000.00", "liability: 50.00"),
    Fault("exchange-owed", STREAM, "    liability: 5000.00\n"),
    Fault("R66-stage", STREAM, "stages: [lapsing]", "stages: [leaving]"),
    Fault("R66-life", STREAM, "life: membership\n"),
]
ROADMAP = [
    Fault("R71-touchpoint", STREAM, "touchpoint: player, behavior", "touchpoint: cinema, behavior"),
    Fault(
        "R71-asset",
        STREAM,
        "asset: first-list, message: first-list,\n       behavior",
        "asset: no-list,\n       behavior",
    ),
    Fault(
        "R71-message", STREAM, "message: year-together,\n       behavior", "message: never,\n       behavior"
    ),
    Fault("R71-needs", STREAM, "needs: [screen-switch]}", "needs: [a-wonder]}"),
    Fault("R71-behavior", STREAM, "       behavior: Stays for a second year, ", "       "),
    Fault("R71-edge", STREAM, "from: call, to: year", "from: call, to: century"),
    Fault("R71-edge-twice", STREAM, "from: call, to: year", "from: two-screens, to: call"),
    Fault("R71-share", STREAM, "pass_through: 0.55", "pass_through: 55"),
    Fault(
        "R71-sum",
        RETAIL,
        "pass_through: 0.20, within_days: 30",
        "pass_through: 0.95, within_days: 30",
    ),
    Fault("R71-entry", STREAM, ", enters: 12000"),
    Fault(
        "R71-unreachable",
        STREAM,
        "    - {from: weekend, to: two-screens, pass_through: 0.15, within_days: 90}\n",
    ),
    Fault("R71-capacity", STREAM, "capacity_per_week: 400", "capacity_per_week: 1"),
]
STRATEGY = [
    Fault("R75-segment-specific", STREAM, "    segment: samplers\n"),
    Fault("R75-segment-specific", STREAM, "segment: samplers", "segment: strangers"),
    Fault("R75-multidimensional", BANK, "direction: both", "direction: outbound"),
    Fault("R75-actionable", STREAM, "    owner: Ines Rossi, families\n    goals", "    goals"),
    Fault(
        "R75-measurable",
        STREAM,
        "      window_days: 60\n      evidence: Assumed by",
        "      evidence: Assumed by",
    ),
    Fault("R88-hours", STREAM, "hours_per_week: 6", "hours_per_week: 3"),
    Fault("R88-hours", RETAIL, "minutes: 20, team: store-managers", "minutes: 400, team: store-managers"),
    Fault("R88-touchpoint", STREAM, "capacity_per_week: 120", "capacity_per_week: 20"),
    Fault("R88-route", STREAM, "capacity: 1500, planned: 1200", "capacity: 1100, planned: 1200"),
    Fault("R88-asset", BANK, "    capacity: 150\n", "    capacity: 100\n"),
    Fault("R88-budget", BANK, "budget: 120000.00", "budget: 90000.00"),
    Fault(
        "R88-budget",
        RETAIL,
        "contact_cost: 0.85, capacity: 200, planned: 150",
        "contact_cost: 9.85, planned: 150",
    ),
    Fault("R88-reach", BANK, "planned: 300, minutes: 10", "planned: 300000, minutes: 10"),
    Fault("R88-reach", STREAM, "planned: 9000", "planned: 200000"),
    Fault(
        "R88-blackout", BANK, "opens: 2025-12-24, closes: 2025-12-31", "opens: 2025-01-01, closes: 2025-12-31"
    ),
    Fault(
        "R88-blackout-days",
        BANK,
        "opens: 2025-04-18, closes: 2025-04-21",
        "opens: 2025-04-21, closes: 2025-04-18",
    ),
    Fault("R88-season", BANK, "    closes: 2025-11-28\n", "    closes: 2025-01-28\n"),
    Fault("R88-planned", BANK, "planned: 100, minutes: 45", "planned: 100, minutes: -45"),
    Fault("R88-minutes", BANK, "planned: 100, minutes: 45", "planned: 100"),
    Fault("R88-team", BANK, "minutes: 90, team: managers", "minutes: 90, team: bakers"),
    Fault("R82-share", STREAM, "promotion_at_most: 0.70", "promotion_at_most: 70"),
    Fault("R82-promotion", STREAM, "promotion_at_most: 0.70", "promotion_at_most: 0.60"),
    Fault("R82-service", STREAM, "service_at_least: 0.15", "service_at_least: 0.30"),
    Fault("R83-thanks", STREAM, "thanks_per_year: 1", "thanks_per_year: 12"),
    Fault(
        "R83-thanks",
        RETAIL,
        "    kind: service\n    owner: Helen Brandt",
        "    kind: reward\n    owner: Helen Brandt",
    ),
    Fault("R19-element", STREAM, "element: interact, measure", "element: amuse, measure"),
    Fault("R19-threshold", STREAM, "measure: fill.viewing.genre", "measure: mood"),
    Fault("R19-threshold", STREAM, "at_least: 0.75", "at_least: 75"),
    Fault(
        "R19-not-ready", STREAM, "measure: identified, at_least: 0.75", "measure: identified, at_least: 0.90"
    ),
    Fault("R19-not-measured", STREAM, "measure: identified,", "measure: identified.cinema,"),
    Fault(
        "R19-no-threshold", STREAM, "  - {element: interact, measure: fill.viewing.genre, at_least: 0.50}\n"
    ),
    Fault("R19-order", STREAM, "element: identify, owner", "element: interact, owner"),
    Fault("R38-owner", STREAM, "element: recognize, owner: Lena Fischer, ", "element: recognize, "),
    Fault("R38-cost", STREAM, "cost: 40000.00,\n     opens", "opens"),
    Fault("R38-proof", STREAM, ", proof: Every member of a year was thanked once"),
    Fault("R38-assets", STREAM, "assets: [year-together], proof", "assets: [century], proof"),
    Fault("R38-cap", STREAM, "yearly_cap: 90000.00\n"),
    Fault("R38-cap", STREAM, "yearly_cap: 90000.00", "yearly_cap: 0.00"),
    Fault("R38-dearer", STREAM, "yearly_cap: 90000.00", "yearly_cap: 50000.00"),
    Fault("R38-waits", STREAM, "yearly_cap: 90000.00", "yearly_cap: 30000.00"),
    Fault("R38-deferred", STREAM, "yearly_cap: 90000.00", "yearly_cap: 70000.00"),
    Fault("R38-order", STREAM, "opens: 2025-06-02", "opens: 2026-06-02"),
]
TWO_CALL = "{from: two-screens, to: call, pass_through: 0.20"
SEVERAL = [
    Fault("R73-sequence", STREAM, "{id: data, owner", "{id: swap, owner",
          (("{id: exchanges, owner", "{id: data, owner"), ("{id: swap, owner", "{id: exchanges, owner"))),
    Fault("R71-trap", STREAM, TWO_CALL, "{from: two-screens, to: call, pass_through: 1.00",
          (("{from: call, to: year, pass_through: 0.60", "{from: call, to: two-screens, pass_through: 1.00"),)),
    Fault("R71-return", STREAM, TWO_CALL, "{from: two-screens, to: call, pass_through: 0.9999",
          (("{from: call, to: year, pass_through: 0.60", "{from: call, to: two-screens, pass_through: 0.9999"),)),
    Fault("R71-tight", STREAM, "enters: 12000", "enters: 14500", (("capacity_per_week: 400", "capacity_per_week: 3"),)),
    Fault("R82-all-promotion", STREAM, "purpose: recognition\n    behavior", "purpose: sales\n    behavior",
          (("purpose: service\n    behavior", "purpose: marketing\n    behavior"),)),
    Fault("R82-unplanned", BANK, "planned: 200", "planned: 0",
          tuple((f"planned: {planned}", "planned: 0") for planned in (100, 80, 100, 300))),
]  # fmt: skip
FAULTS = [*SEVERAL, *HEAD, *GOALS, *INVENTORY, *STAGES, *DATA, *ROADMAP, *STRATEGY]
# What cannot be caught by an edit of the text alone: the same plan compared with something else.
KNOWN = [
    ("R64-unfilled", STREAM, "fill", {"viewing.genre": 0.6, "household.children": 0.3}),
    ("R64-empty", STREAM, "fill", {"account.level": 1.0, "household.children": 0.3}),
    (
        "R65-path",
        STREAM,
        "parents",
        {"viewing.genre": "viewing", "household.children": "", "account.level": ""},
    ),
    ("R62-counted", RETAIL, "baselines", {"pantry-voucher": Counted(mean=2.1, customers=958, error=0.1)}),
    ("R62-reached", RETAIL, "baselines", {"pantry-voucher": Counted(mean=4.6, customers=958, error=0.1)}),
    ("R66-empty", STREAM, "stages", ("trial", "active", "lapsing", "gone")),
    ("R19-not-ready", RETAIL, "identified", {"store": 0.41}),
    ("R19-not-measured", RETAIL, "identified", None),
    ("R75-segment-specific", STREAM, "segments", {"samplers": ""}),
    ("R88-reach", STREAM, "reachable", {"email": 0.01}),
    ("R4-to", BANK, "places", ("core", "premier")),
]
