"""Following rules from facts to facts: by hand, by the shipped examples, and the laws that hold for any of them."""

import json
import re
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.profiles.inference import (
    RuleBook,
    Statement,
    body,
    check_rules,
    current,
    follow,
    load_rules,
    of_body,
    reads,
    schema,
    sha,
    weight,
)
from sterna.engine.taxonomy import Tree, load
from tests.engine.taxonomy.trees import EXAMPLES, PAGE, example

ON = date(2017, 7, 1)
BANK = example("private-banking")
JET, YACHT, WEALTH, ELSEWHERE = "wealth.aircraft.jet", "wealth.yacht", "wealth.total", "wealth.elsewhere"


def shipped(name: str = "private-banking") -> RuleBook:
    return load_rules((EXAMPLES / f"{name}.rules.yaml").read_text(encoding="utf-8"))


def say(fact_class: str, value: str = "yes", **more: object) -> Statement:
    given = {
        "key": f"{fact_class} {value}",
        "observed_on": ON,
        "recorded_at": datetime(2017, 7, 1),
        "confidence": 0.8,
    }
    return Statement(fact_class=fact_class, value=value, **(given | more))  # type: ignore[arg-type]


def found(*facts: Statement, book: RuleBook | None = None) -> dict[str, tuple[str, float]]:
    return {one.rule: (one.value, one.confidence) for one in follow(book or shipped(), BANK, facts, ON)}


def rule(name: str, when: str, then: str, sure: float = 0.5, purpose: str = "sales") -> str:
    return f"  - {{id: {name}, title: T, when: {when}, then: {then}, sure: {sure}, purpose: {purpose}}}\n"


def book(*rules: str) -> RuleBook:
    return load_rules("taxonomy: private-banking\nversion: 1\nrules:\n" + "".join(rules))


def has(name: str, more: str = "") -> str:
    return f"{{op: fact, class: {name}{more}}}"


def then(name: str, more: str = "") -> str:
    return f"{{class: {name}{more}}}"


EITHER_OR_NOT = f"{{op: any, of: [{has(JET)}, {{op: not, of: {has(YACHT)}}}]}}"


@pytest.mark.parametrize("name", ["private-banking", "retail"])
def test_the_shipped_rules_fit_their_taxonomy(name):
    assert check_rules(shipped(name), example(name)) == []
    assert len(shipped(name).rules) >= 5


def test_R10_a_private_jet_means_wealth_and_wealth_elsewhere():
    # 0.8 x 0.7 = 0.56 for the wealth, and 0.56 x 0.6 = 0.336 for what is held elsewhere.
    assert found(say(JET)) == {
        "jet-means-wealth": ("25m and more", 0.56),
        "wealth-is-elsewhere": ("5m to 10m", 0.336),
    }


def test_what_rests_on_an_inference_names_the_rule_and_its_time_is_that_of_its_parents():
    old = say(JET, observed_on=date(2017, 1, 1), expires_on=date(2017, 8, 1))
    wealth, elsewhere = follow(shipped(), BANK, [old], ON)
    assert (wealth.because, elsewhere.because) == ((old.key,), (("rule", "jet-means-wealth"),))
    assert {(one.observed_on, one.expires_on) for one in (wealth, elsewhere)} == {
        (date(2017, 1, 1), date(2017, 8, 1))
    }


def test_an_all_is_as_sure_as_its_least_sure_part_and_rests_on_each():
    facts = [say("wealth.business", confidence=0.9), say("family.children", "2", confidence=0.5)]
    (one,) = follow(shipped(), BANK, facts, ON)
    assert one.confidence == pytest.approx(0.6 * 0.5)
    assert set(one.because) == {fact.key for fact in facts}


def test_an_any_rests_on_the_surest_of_its_parts():
    made = book(
        rule(
            "r",
            f"{{op: any, of: [{has(YACHT)}, {has('wealth.art')}]}}",
            then("interests.wine"),
            1.0,
            "marketing",
        )
    )
    sure, unsure = say(YACHT, confidence=0.4), say("wealth.art", confidence=0.7)
    (one,) = follow(made, BANK, [sure, unsure], ON)
    assert (one.because, one.confidence) == ((unsure.key,), 0.7)


@pytest.mark.parametrize(
    ("stands", "infers"),
    [("under 1m", True), ("1m to 5m", True), ("5m to 10m", False), ("25m and more", False), (None, True)],
)
def test_at_least_only_adds_to_what_somebody_said(stands, infers):
    facts = [say(YACHT), *([say(WEALTH, stands)] if stands else [])]
    assert ("yacht-means-wealth" in found(*facts)) is infers


def test_two_rules_that_say_at_least_both_speak_whatever_their_order():
    low = rule("low", has(YACHT), "{class: wealth.total, at_least: 1m to 5m}", 0.9)
    high = rule("high", has(YACHT), "{class: wealth.total, at_least: 10m to 25m}", 0.3)
    assert found(say(YACHT), book=book(low, high)) == found(say(YACHT), book=book(high, low))
    assert len(found(say(YACHT), book=book(low, high))) == 2


def test_a_premise_that_is_to_come_or_has_expired_infers_nothing():
    assert found(say(JET, observed_on=date(2017, 7, 2))) == {}
    assert found(say(JET, observed_on=date(2017, 6, 1), expires_on=ON)) == {}


def test_of_two_statements_the_one_that_stands_is_the_premise():
    no = say(JET, "no", key="no", confidence=0.9)
    assert found(say(JET, confidence=0.8), no) == {}
    assert found(say(JET, confidence=0.95), no) != {}


def test_half_of_the_confidence_is_gone_on_the_day_a_fact_expires():
    # Fresh for 100 days: after 50 of them a quarter of 0.8 is gone.
    one = say(JET, observed_on=date(2017, 1, 1), expires_on=date(2017, 4, 11))
    assert weight(one, date(2017, 1, 1)) == 0.8
    assert weight(one, date(2017, 2, 20)) == pytest.approx(0.6)
    assert weight(one, date(2017, 4, 11)) == pytest.approx(0.4)
    assert weight(say(JET), date(2040, 1, 1)) == 0.8, "what never expires does not fade"


def test_of_equals_the_newest_stands():
    older, newer = say(JET, "no", observed_on=date(2017, 6, 1)), say(JET, observed_on=date(2017, 6, 2))
    assert current([newer, older], ON) == current([older, newer], ON) == {JET: newer}


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([rule("a", has("wealth.submarine"), then("interests.wine"))], "rules-orphan"),
        ([rule("a", has(JET), then("interests.submarines"))], "rules-orphan"),
        ([rule("a", has(JET), "{class: wealth.total, at_least: lots}")], "rules-value"),
        ([rule("a", has(JET), "{class: interests.wine, at_least: yes}", purpose="marketing")], "rules-value"),
        ([rule("a", has("family.pets", ", among: [dragon]"), then("needs.pension"))], "rules-value"),
        ([rule("a", has(JET), then("service.access", ", value: large print"), purpose="service")], "rules-sensitive"),
        ([rule("a", has(JET), then("guarded.religion"))], "rules-sensitive"),
        ([rule("a", has("service.access"), then("interests.wine"), purpose="marketing")], "rules-sensitive"),
        ([rule("a", has(JET), then("interests.wine"), purpose="research")], "rules-purpose"),
        ([rule("a", f"{{op: not, of: {has(JET)}}}", then("needs.pension"))], "rules-guess"),
        ([rule("a", EITHER_OR_NOT, then("needs.pension"))], "rules-guess"),
        ([rule("a", has(JET), then("needs.pension")), rule("a", has(YACHT), then("needs.mortgage"))], "rules-twice"),
    ],
)  # fmt: skip
def test_rules_that_do_not_fit_are_found(rules, code):
    assert code in {finding.code for finding in check_rules(book(*rules), BANK)}


def test_rules_of_another_taxonomy_are_found():
    assert next(one.code for one in check_rules(shipped("retail"), BANK)) == "rules-taxonomy"


@pytest.mark.parametrize(
    "rules",
    [
        [rule("a", has(JET), then(JET))],
        [rule("a", has(YACHT), then(JET)), rule("b", has(JET), then(YACHT))],
        # By way of a class above: a fact of the jet is one of aircraft.
        [rule("a", has("wealth.aircraft"), then(YACHT)), rule("b", has(YACHT), then(JET))],
        [rule("a", f"{{op: all, of: [{has(JET)}, {{op: not, of: {has(YACHT)}}}]}}", then(YACHT))],
    ],
)
def test_a_loop_is_refused_by_the_names_of_its_rules(rules):
    (finding,) = check_rules(book(*rules), BANK)
    assert finding.code == "rules-loop"
    assert "a" in finding.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no book of rules"),
        ("{}", "empty"),
        ("taxonomy: x\nversion: 0\n", "line 2"),
        ("taxonomy: x\nversion: 1\nrules:\n" + rule("a", "{op: shell}", then("b")), "line 4"),
        ("taxonomy: x\nversion: 1\nrules:\n" + rule("A b", has("c"), then("b")), "line 4"),
        ("taxonomy: x\nversion: 1\nrules:\n" + rule("a", has("c", ", least: 1e99"), then("b")), "no amount"),
        ("taxonomy: x\nversion: 1\nrules:\n" + rule("a", has("c"), then("b"), 1.5), "line 4"),
    ],
)
def test_what_is_no_book_of_rules_is_refused_where_it_is_wrong(text, said):
    with pytest.raises(BadInput, match=said):
        load_rules(text)


def test_a_stored_book_is_the_same_and_has_the_same_hash():
    again = of_body(body(shipped()))
    assert (again, sha(again)) == (shipped(), sha(shipped()))
    assert sha(book(rule("a", has(JET), then("needs.pension")))) != sha(shipped())


def test_a_book_reads_the_classes_it_asks_for_and_the_finer_ones():
    made = book(rule("a", has("wealth.aircraft"), then("needs.pension")))
    assert reads(made, BANK) == {"wealth.aircraft", JET}


statements = st.lists(
    st.builds(
        say,
        st.sampled_from([JET, YACHT, WEALTH, "wealth.aircraft", "wealth.art", "wealth.business"]),
        st.sampled_from(["yes", "no", "25m and more", "1m to 5m"]),
        key=st.uuids(),
        observed_on=st.dates(date(2017, 6, 1), date(2017, 7, 3)),
        confidence=st.sampled_from([0.3, 0.6, 0.9]),
        expires_on=st.none() | st.dates(date(2017, 6, 20), date(2018, 1, 1)),
    ),
    max_size=8,
)


@given(facts=statements, chance=st.randoms(use_true_random=False))
def test_the_order_of_facts_and_rules_changes_nothing(facts, chance):
    made = shipped()
    turned = RuleBook(name=made.name, version=1, rules=tuple(chance.sample(made.rules, len(made.rules))))
    mixed = chance.sample(facts, len(facts))
    assert sorted(follow(made, BANK, facts, ON), key=str) == sorted(follow(turned, BANK, mixed, ON), key=str)


@given(facts=statements)
def test_an_inference_is_never_surer_older_or_longer_than_what_it_rests_on(facts):
    there = {fact.key: fact for fact in facts}
    made = follow(shipped(), BANK, facts, ON)
    there |= {("rule", one.rule): one for one in made}
    for one in made:
        parents = [there[key] for key in one.because]
        assert parents
        assert one.confidence <= min(parent.confidence for parent in parents)
        assert one.observed_on == max(parent.observed_on for parent in parents)
        ends = [parent.expires_on for parent in parents if parent.expires_on]
        assert not ends or one.expires_on <= min(ends)
        assert one.expires_on is None or one.expires_on > ON


@given(facts=statements)
def test_a_second_pass_finds_nothing_more(facts):
    made = follow(shipped(), BANK, facts, ON)
    again = [
        Statement(("rule", one.rule), one.fact_class, one.value, one.observed_on, datetime(2017, 7, 1), one.confidence,
                  one.rule, one.expires_on)
        for one in made
    ]  # fmt: skip
    known = {one.fact_class: one.value for one in current([*facts, *again], ON).values()}
    for one in made:
        assert one.fact_class in known


def test_the_published_schema_is_the_one_the_code_makes():
    published = (EXAMPLES / "rules.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == json.loads(json.dumps(schema()))


def test_the_rules_of_the_page_fit_its_taxonomy():
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.S)
    club = Tree(load(next(block for block in blocks if "higher:" in block)))
    made = load_rules(next(block for block in blocks if "rules:" in block))
    assert [finding.message for finding in check_rules(made, club)] == []


def test_a_part_that_is_known_nowhere_is_named_without_a_line_that_is_not_there():
    with pytest.raises(BadInput) as refused:
        load_rules("taxonomy: x\nversion: 1\nrules: []\nsurprise: 1\n")
    assert "surprise" in str(refused.value) and "None" not in str(refused.value)
