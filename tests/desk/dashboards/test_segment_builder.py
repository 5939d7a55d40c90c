"""The builder of segments and stages: what was typed stays, counts are of everybody, and only a manager publishes."""

import json
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.dashboards.rule_parts import parts_of
from sterna.desk.runs import actions as runs
from sterna.desk.segments.drafts import Draft, SeatDraft, group, new_leaf, written
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.ruled_queries import headcounts, managers, ruled_in_force, scheme_of
from sterna.desk.users.models import Role, User
from sterna.desk.web.components import Number, Table
from tests.desk.dashboards import ruled
from tests.desk.dashboards.reading import shown
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NEW, PUBLISH = "segments_new", "segments_publish"
# What the form holds, and what the audit calls it.
WRITES = {
    PUBLISH: (
        {
            "draft": written(Draft("worth", seats=(SeatDraft("rich", group(new_leaf("value"))),), rest="all the rest")),
            "shown_enter": "1", "shown_enter.0": "1", "measure_enter.0": "spend", "least_enter.0": "700",
            "manager_0": "manager", "manager_1": "staff", "reason_why": "a first try",
        },
        "publish segments",
    )
}  # fmt: skip


class Form(HTMLParser):
    """The fields of the builder as a browser would send them, and its buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self._inside, self._select = False, ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = "segment-form" in given.get("class", "")
        if not self._inside:
            return
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[given["name"]] = given.get("value", "on")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given["value"]
        elif tag == "button":
            self.buttons.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


class Builder:
    """A browser at the builder: it opens the page, types, presses, and reads what is there then."""

    def __init__(self, client: Client, name: str = NEW, *args: str) -> None:
        self.client, self.where = client, reverse(name, args=args)
        self._read(client.get(self.where))

    def _read(self, answer) -> None:
        assert answer.status_code == 200
        self.html = answer.content.decode()
        self.context = answer.context
        self.text, self.form = unescape(self.html), Form(self.html)

    def press(self, action: str, **typed: str) -> "Builder":
        """Type into fields, named with __ where a dot stands, and press a button."""
        fields = {name.replace("__", "."): value for name, value in typed.items()}
        self._read(self.client.post(self.where, {**self.form.fields, **fields, "do": action}, headers=HTMX))
        return self

    def publish(self, **typed: str):
        """Press the button that puts it in force."""
        return self.client.post(reverse(PUBLISH), {**self.form.fields, **typed}, headers=HTMX)

    def places(self) -> dict[str, list[object]]:
        """The rows of the table beside the form, by the place."""
        [table] = [one for one in self.context["tables"] if one.caption == "Places"]
        return {str(row.cells[0]): list(row.cells[1:]) for row in table.rows}

    def examples(self) -> Table | None:
        """Some of those of whom the rule holds."""
        return next((one for one in self.context["tables"] if one.caption == "Some of them"), None)

    def figure(self) -> Number:
        """How many the open rule holds of."""
        return self.context["figures"][-1]


@pytest.fixture
def manager(log_in) -> Client:
    return log_in("manager")


def rich(client: Client, least: str = "700") -> Builder:
    """A new scheme of whom spends much, typed field by field."""
    builder = Builder(client).press("add enter value", name="worth", place_0="rich", rest="everybody else")
    return builder.press(
        "", measure_enter__0="spend", least_enter__0=least, manager_0="manager", manager_1="staff"
    )


def spent(least: int) -> list[str]:
    """The numbers of the customers who spent so much in the second half of 2017, from the lines of the shop."""
    sums = ruled.spend(date(2017, 7, 1), shop.SECOND)
    return [name for name, amount in sums.items() if amount >= least]


def state():
    """What publishing would change."""
    return Definition.objects.count(), Entry.objects.count(), managers("needs"), managers("worth")


def test_a_new_scheme_begins_empty_and_says_what_is_missing(placed, manager):
    builder = Builder(manager)
    assert "place 1: a group is empty: add a condition to it" in builder.text
    assert "What shall the segments be?" in builder.text and builder.form.fields["place_0"] == ""
    assert builder.places()["place 1"][0] == "unfinished" and builder.examples() is None


def test_R51_the_counts_are_of_everybody_and_change_with_what_is_typed(placed, manager):
    for least, number in (("700", len(spent(700))), ("2000", 2), ("5000", 0), ("0", 60)):
        builder = rich(manager, least)
        assert builder.figure().value == number and builder.context["figures"][0].value == 60
        assert builder.places()["rich"][1:] == [number, number, None]
        assert builder.places()["everybody else"][1:] == [60 - number, 60 - number, None]
    # 12 of 60 spent 700 or more.
    assert len(spent(700)) == 12 and rich(manager).figure().note == "20.0% of all"


def test_R51_the_examples_are_some_of_whom_the_open_rule_holds(placed, manager):
    builder = rich(manager, "2000")
    # 2602.80 and 2709.50 are the only two.
    wanted = {reverse("customer", args=[placed.customers[name].pk]) for name in spent(2000)}
    assert {row.href for row in builder.examples().rows} == wanted and len(wanted) == 2
    assert len(rich(manager, "0").examples().rows) == 10
    assert rich(manager, "5000").examples() is None
    builder.press("seat add", manager_1="").press("add enter value", place_1="poor")
    builder.press("", measure_enter__0="spend", most_enter__0="79.99")
    only = [reverse("customer", args=[placed.customers["006"].pk])]
    assert [row.href for row in builder.examples().rows] == only, "79.80 is below 80"
    builder.press("seat open 0")
    assert {row.href for row in builder.examples().rows} == wanted


def test_the_first_rule_that_holds_takes_a_customer(placed, manager):
    builder = rich(manager).press("seat add").press("add enter value", place_1="half")
    builder.press("", measure_enter__0="spend", least_enter__0="500")
    assert builder.places()["rich"][1:3] == [12, 12]
    assert builder.places()["half"][1:3] == [20, 8] and builder.places()["everybody else"][2] == 40
    # The other way round nobody is left for the narrower rule.
    builder.press("seat up 1")
    assert builder.places()["half"][1:3] == [20, 20] and builder.places()["rich"][1:3] == [12, 0]


def test_what_a_stage_would_hold_is_not_made_up(placed, manager):
    builder = Builder(manager, "segments_edit", "life")
    assert builder.places()["devoted"] == ["have spend of at least 600", 16, 16]
    [table] = [one for one in builder.context["tables"] if one.caption == "Places"]
    assert [one.label for one in table.columns] == ["Place", "Customers who", "Rule holds of", "In it now"]
    assert "Who leaves" not in builder.text
    builder.press("seat open 1")
    assert "Who leaves: devoted" in builder.text and builder.form.fields["most_leave.0"] == "300"


def test_nothing_that_was_typed_goes_when_another_button_is_pressed(placed, manager):
    builder = rich(manager, "700.50").press(
        "", change_limit="0.25", reason="why so many", reason_why="We tried <it>"
    )
    for action in ("seat add", "seat open 0", "add enter fact", "add enter all", "drop enter.1", "nonsense"):
        builder.press(action)
    fields = builder.form.fields
    assert (fields["name"], fields["place_0"], fields["rest"]) == ("worth", "rich", "everybody else")
    assert (fields["measure_enter.0"], fields["least_enter.0"]) == ("spend", "700.50")
    assert (fields["change_limit"], fields["reason"], fields["reason_why"]) == (
        "0.25",
        "why so many",
        "We tried <it>",
    )


def test_R77_the_managers_that_were_chosen_stay_with_their_places(placed, manager):
    builder = rich(manager).press("seat add", manager_0="staff", manager_1="manager")
    assert [builder.form.fields[f"manager_{n}"] for n in range(3)] == ["staff", "", "manager"]
    builder.press("seat up 1", place_1="second")
    assert [builder.form.fields[f"manager_{n}"] for n in range(3)] == ["", "staff", "manager"]
    assert [builder.form.fields[f"place_{n}"] for n in range(2)] == ["second", "rich"]
    builder.press("seat drop 0")
    assert [builder.form.fields[f"manager_{n}"] for n in range(2)] == ["staff", "manager"]
    assert "Who enters: rich" in builder.text


def test_the_place_that_is_shown_stays_shown_when_one_before_it_goes(placed, manager):
    builder = Builder(manager, "segments_edit", "needs").press("seat add", place_1="often")
    builder.press("", place_2="third").press("seat open 1").press("seat drop 0")
    assert "Who enters: often" in builder.text and builder.form.fields["of_enter.0"] == "days"


def test_the_next_version_begins_with_what_is_in_force(placed, manager):
    builder = Builder(manager, "segments_edit", "needs")
    fields = builder.form.fields
    assert "name" not in fields and "kind" not in fields and fields["rest"] == "others"
    assert [fields[f"manager_{n}"] for n in range(3)] == ["manager", "staff", "staff"]
    assert builder.places() == {
        "big": ["have spend of at least 500", 20, 20, 20],
        "often": [builder.places()["often"][0], builder.places()["often"][1], 11, 11],
        "others": ["everybody else", 29, 29, 29],
    }
    assert manager.get(reverse("segments_edit", args=["none such"])).status_code == 404
    assert manager.get(reverse("segments_edit", args=["value"])).status_code == 404, (
        "tiers have their own page"
    )


def test_a_page_posted_without_htmx_is_whole_and_with_it_the_form_alone(placed, manager):
    fields = rich(manager).form.fields
    whole = manager.post(reverse(NEW), {**fields, "do": "seat add"}).content.decode()
    part = manager.post(reverse(NEW), {**fields, "do": "seat add"}, headers=HTMX).content.decode()
    assert (
        whole.count("<h1") == 1 and "<h1" not in part and part.lstrip().startswith('<div id="segment-form">')
    )
    assert Form(whole).fields.keys() == Form(part).fields.keys()
    assert 'name="csrfmiddlewaretoken"' in part


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"least_enter__0": ""}, "rich: the rule asks for spend and says neither at least nor at most"),
        ({"least_enter__0": "much"}, "rich: this is no rule"),
        ({"least_enter__0": "1e400"}, "rich: "),
        ({"measure_enter__0": ""}, "rich: this is no rule"),
        ({"measure_enter__0": "luck"}, "rich: the rule compares luck, which is no measure of value"),
        ({"most_enter__0": "1"}, "of at least 700 and at most 1: none is both"),
        ({"rest": ""}, "names no segment for the rest"),
        ({"rest": "rich"}, "two places are called rich"),
        ({"place_0": ""}, "a place cannot be called ''"),
        ({"change_limit": "lots"}, "this is no scheme"),
        ({"change_limit": "7"}, "limit of changes"),
    ],
)
def test_what_is_unfinished_is_said_with_its_place_and_not_published(placed, manager, typed, said):
    builder, before = rich(manager), state()
    assert said in builder.press("", **typed).text
    answer = builder.publish(reason_why="x")
    assert "HX-Redirect" not in answer.headers and "form-refusal" not in answer.content.decode()[:5]
    assert answer.content.strip() and state() == before


def test_a_condition_of_each_kind_is_counted(placed, manager):
    builder = Builder(manager).press("", name="worth", place_0="some", rest="others")
    told = {
        "behavior": {"least": "1", "within_days": "365"}, "fact": {"class": "shopping.category"},
        "value": {"measure": "spend", "least": "0"}, "consent": {"medium": "email", "purpose": "marketing"},
        "place": {"scheme": "life", "among": "devoted, known"},
    }  # fmt: skip
    for number, (op, fields) in enumerate(told.items()):
        builder.press(f"add enter {op}")
        builder.press("", **{f"{name}_enter__{number}": value for name, value in fields.items()})
    # The first twenty have the fact, the first forty said yes to e-mail, and everybody bought something.
    assert builder.figure().value == 20
    builder.press("", op_enter="any")
    assert builder.figure().value == 60
    builder.press("", not_enter__0="on", op_enter="all")
    assert builder.figure().value == 0
    builder.press("add enter all").press("add enter.5 consent")
    assert "some: this is no rule" in builder.text and builder.context["figures"] == ()


def test_stages_that_become_segments_can_lose_the_rule_to_leave(placed, manager):
    builder = Builder(manager).press("leave", kind="stages", name="way", place_0="met")
    assert "Who leaves: met" in builder.text and "Add a rule to leave" not in builder.text
    builder.press("", kind="segments")
    assert "leave" in builder.form.buttons
    assert "Who leaves" not in builder.press("leave").text


@pytest.mark.parametrize("role", list(Role.values))
def test_everybody_reads_the_builder_and_only_who_manages_writes_with_it(placed, log_in, role):
    client, before = log_in(role), state()
    may = role in ("manager", "administrator")
    for name, args in ((NEW, []), ("segments_edit", ["needs"])):
        text = shown(client, name, *args)
        assert ("Publish version" in text, "Add place" in text, ">Remove<" in text) == (may, may, may)
        assert client.post(reverse(name, args=args), WRITES[PUBLISH][0]).status_code == (200 if may else 403)
        assert Client().post(reverse(name, args=args), WRITES[PUBLISH][0]).status_code == 302
    assert state() == before, "looking publishes nothing"


@pytest.mark.parametrize("role", list(Role.values))
def test_only_who_manages_publishes_and_once(placed, log_in, role):
    User.objects.get_or_create(username="manager", defaults={"role": "manager"})
    form, action = WRITES[PUBLISH]
    client, before = log_in(role), state()
    answer = client.post(reverse(PUBLISH), form, follow=True)
    if role not in ("manager", "administrator"):
        assert answer.status_code == 403 and state() == before
        return
    [note] = answer.context["messages"]
    assert str(note) == "worth, version 1, is in force; the next run places everybody by it."
    entry = Entry.objects.get(action=action, actor__isnull=False)
    assert (entry.actor.username, entry.reason) == (role, "a first try")
    after = state()
    client.post(reverse(PUBLISH), form)
    assert state() == after


def test_a_stranger_a_link_and_a_form_without_its_token_publish_nothing(placed, log_in):
    before, form = state(), WRITES[PUBLISH][0]
    assert Client().post(reverse(PUBLISH), form).status_code == 302
    assert log_in("manager").get(reverse(PUBLISH)).status_code == 405
    assert log_in("manager", csrf=True).post(reverse(PUBLISH), form).status_code == 403
    assert state() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason_why": " "}, "write why the segments change"),
        ({"manager_0": ""}, "nobody manages rich: every segment has one manager"),
        ({"manager_1": "eve"}, "there is nobody called eve"),
        ({"name": "a/b"}, "'a/b' cannot be a name"),
        ({"name": "life"}, "life is the name of another kind of scheme"),
        ({"place_0": "x" * 81}, "1 to 80 letters"),
        ({"draft": "{"}, "the form was changed on its way"),
        ({"draft": "[" * 90_000}, "the form was changed on its way"),
        ({"draft": ""}, "the form was changed on its way"),
        ({"kind": "tiers"}, "this is no scheme of segments or stages"),
    ],
)
def test_what_is_refused_at_publishing_is_one_sentence_and_changes_nothing(placed, manager, change, said):
    before = state()
    answer = manager.post(reverse(PUBLISH), WRITES[PUBLISH][0] | change, headers=HTMX)
    assert said in unescape(answer.content.decode()) and "HX-Redirect" not in answer.headers
    assert state() == before


def many(client: Client, number: int) -> Builder:
    """A scheme of so many segments, that of the rest among them."""
    seats = [
        SeatDraft(f"s{at}", group({**new_leaf("value"), "measure": "spend", "least": str(900 - at)}))
        for at in range(number - 1)
    ]
    builder = Builder(client)
    builder.form.fields = {"draft": written(Draft("worth", seats=tuple(seats), rest="others"))}
    return builder.press("", **{f"manager_{at}": "manager" for at in range(number)})


def test_R86_seven_segments_are_warned_of_and_nine_need_a_reason(placed, manager):
    assert "segments are many" not in many(manager, 6).text
    assert "7 segments are many" in many(manager, 7).text
    builder = many(manager, 9)
    assert "it has 9 segments, more than eight" in builder.text
    assert "more than eight" in builder.publish(reason_why="x").content.decode()
    builder.press("", reason="three countries")
    assert "9 segments are many" in builder.text and "more than eight:" not in builder.text
    assert builder.publish(reason_why="x").headers["HX-Redirect"] == reverse("segments")
    assert scheme_of(ruled_in_force()[1]).reason == "three countries"


HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onmouseover=alert(1) x='\"",
    "{{ 7|add:7 }}",
    "</form><h1>gone</h1>",
    "👩‍👧 Zoë",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_wherever_it_stands(placed, manager, name):
    builder = rich(manager).press("", name=name, place_0=name, rest=f"{name}2", reason=name, reason_why=name)
    assert builder.form.fields["place_0"] == builder.form.fields["name"] == name
    assert builder.form.fields["reason_why"] == name and "<script>alert" not in builder.html
    assert "<h1>gone" not in builder.html and " onmouseover=alert(1) x='\"" not in builder.html
    answer = builder.publish()
    if "/" in name or not name.isprintable():  # a joined emoji holds a letter that is not shown
        assert "cannot be a name" in unescape(answer.content.decode())
        return
    assert answer.headers["HX-Redirect"] == reverse("segments")
    for page, args in (("segments", []), ("segment", [name, name]), ("segments_edit", [name])):
        html = manager.get(reverse(page, args=args)).content.decode()
        assert name in unescape(html) and html.count("<h1") == 1 and " onmouseover=alert(1) x='\"" not in html


def test_NUL_is_left_out_wherever_it_is_typed_or_carried(placed, manager):
    builder = rich(manager).press("", name="wo\x00rth", place_0="ri\x00ch", least_enter__0="7\x0000")
    assert builder.form.fields["name"] == "worth" and builder.figure().value == 12
    told = json.loads(builder.form.fields["draft"]) | {"name": "a\x00b", "reason": "\x00"}
    fields = {"draft": json.dumps(told), "do": "seat add"}
    answer = manager.post(reverse(NEW), fields, headers=HTMX)
    assert answer.status_code == 200 and Form(answer.content.decode()).fields["name"] == "ab"


def deep(levels: int) -> str:
    """A draft whose rule has so many groups in one another."""
    leaf = '{"op":"consent","not":false,"medium":"email","purpose":"marketing"}'
    tree = '{"op":"all","not":false,"household":false,"of":[' * levels + leaf + "]}" * levels
    return written(Draft("x", rest="r")).replace(json.dumps(group(), separators=(",", ":")), tree)


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (deep(14), "more than 12 levels deep"),
        (deep(300), "too deep"),
        (deep(450), "too deep"),
        (written(Draft("x" * 100_000)), "the scheme is too long"),
        (written(Draft(seats=(SeatDraft("a"),) * 21)), "at most 20 places here"),
        (written(Draft()).replace('"open":0', '"open":1e999'), "changed on its way"),
        (written(Draft()).replace('"open":0', '"open":-7'), "a group is empty"),
        (written(Draft()).replace('"rest":""', '"rest":"\\ud800"'), "changed on its way"),
        ('{"seats": {}}', "changed on its way"),
    ],
)  # fmt: skip
def test_a_draft_that_no_form_of_ours_wrote_breaks_no_page(placed, manager, draft, said):
    assert draft != written(Draft("x", rest="r"))
    answer = manager.post(reverse(NEW), {"draft": draft, "do": ""}, headers=HTMX)
    assert answer.status_code == 200 and said in unescape(answer.content.decode())
    assert said in unescape(
        manager.post(reverse(PUBLISH), {"draft": draft, "reason_why": "x"}, headers=HTMX).content.decode()
    )


def test_a_rule_of_more_conditions_than_a_form_makes_is_counted_and_takes_no_further_one(placed, manager):
    leaf = {"op": "value", "not": False, "measure": "spend", "least": "1"}
    draft = written(Draft("x", seats=(SeatDraft("a", group(*[leaf] * 150)),), rest="r"))
    answer = manager.post(reverse(NEW), {"draft": draft, "do": "add enter fact"}, headers=HTMX)
    assert answer.status_code == 200 and "at most 60 parts" in answer.content.decode()
    assert [one.value for one in answer.context["figures"]] == [60, 60]


@pytest.fixture(scope="module")
def by_form(placed, django_db_blocker):
    """The next version of `needs`, published through the form, and a run after it; with what the form had counted."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("STERNA_NOW", "2017-07-01T14:00:00+00:00")
        client = Client()
        client.force_login(User.objects.get(username="manager"))
        builder = Builder(client, "segments_edit", "needs").press("", least_enter__0="700")
        counted = builder.places()
        builder.press("seat add").press("add enter consent", place_2="reached", manager_2="manager")
        builder.press("", medium_enter__0="email", purpose_enter__0="marketing")
        counted = builder.places()
        assert builder.publish(reason_why="a third one").headers["HX-Redirect"] == reverse("segments")
        runs.run(shop.SECOND)
        return counted


def test_R51_R77_what_was_published_through_the_form_places_everybody_as_it_was_counted(placed, by_form):
    definition = ruled_in_force()[0]
    assert (definition.name, definition.version) == ("needs", 2)
    assert headcounts("needs") == {place: cells[2] for place, cells in by_form.items()}
    assert headcounts("needs")["big"] == 12 and sum(headcounts("needs").values()) == 60
    assert {place: one.username for place, one in managers("needs").items()} == {
        "big": "manager", "often": "staff", "reached": "manager", "others": "staff",
    }  # fmt: skip
    since = Membership.objects.filter(scheme="needs", during__upper_inf=True, definition=definition)
    assert since.count() == 60


def test_what_goes_without_saying_stands_in_the_form():
    draft = Draft(seats=(SeatDraft("rich", group({**new_leaf("behavior"), "least": "1"})),))
    [_, part] = parts_of(draft, "enter")
    assert [(one.name, one.value) for one in part.fields][:1] == [("kind_enter.0", "purchase")]
