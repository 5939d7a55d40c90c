"""The pages of Know say what is so of data: keys, events, refusals, the taxonomy and the quality of it all."""

import json
import re
from html import unescape

import pytest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer
from sterna.desk.sources.actions import receive
from sterna.desk.sources.models import DeadLetter, InboxEvent, WriteKey
from sterna.desk.sources.queries import key_hash
from sterna.desk.sources.received import Envelope
from sterna.desk.web.components import Picture
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db


def send(world, *events, kind="secret"):
    receive(world.known.source, list(events), Envelope(clock.now(), None, {}, {}, kind))


def test_R8_a_key_is_shown_in_the_answer_that_made_it_and_nowhere_after(world, log_in):
    client = log_in("administrator")
    answer = client.post(reverse("key_make", args=[world.known.source.pk]), {"name": "app", "kind": "secret"})
    [text] = re.findall(r'id="secret" value="([^"]+)"', answer.content.decode())
    assert WriteKey.objects.get(name="app").sha256 == key_hash(text)
    assert "no-store" in answer["Cache-Control"] and text not in json.dumps(dict(client.session))
    assert text not in shown(client, "source", world.known.source.pk) and text[:6] in shown(
        client, "source", world.known.source.pk
    )


def test_a_key_that_htmx_asked_for_takes_the_place_of_the_page(world, log_in):
    answer = log_in("administrator").post(
        reverse("key_rotate", args=[world.known.key.pk]),
        {"reason": "it leaked"},
        headers={"HX-Request": "true"},
    )
    assert (answer["HX-Retarget"], answer["HX-Reselect"]) == ("#content", "#content")
    made = WriteKey.objects.get(name="shop pages 2")
    assert (made.kind, made.origins, made.enabled) == ("public", ["https://shop.example"], True)
    assert not WriteKey.objects.get(pk=world.known.key.pk).enabled


def test_a_key_takes_its_sites_and_its_rate_from_the_form(world, log_in):
    form = {
        "name": "b",
        "kind": "public",
        "origins": " https://a.example  https://b.example ",
        "events_per_second": "7",
    }
    log_in("administrator").post(reverse("key_make", args=[world.known.source.pk]), form)
    made = WriteKey.objects.get(name="b")
    assert (made.origins, made.events_per_second) == (["https://a.example", "https://b.example"], 7)


def test_a_file_of_the_keys_holds_no_token_and_no_form(world, log_in):
    answer = log_in("administrator").get(
        reverse("source", args=[world.known.source.pk]), {"format": "csv", "table": "2"}
    )
    content = answer.content.decode()
    assert "shop pages,Public" in content and "KeyChange" not in content and "csrf" not in content


def test_R8_the_tail_gives_what_came_since_and_nothing_twice(world, analyst):
    newest = InboxEvent.objects.filter(source=world.known.source).latest("sequence").sequence
    here = reverse("source", args=[world.known.source.pk])
    assert analyst.get(here, {"part": "tail", "after": newest}).status_code == 204
    send(world, {"type": "page", "name": "Home", "anonymousId": "d1", "messageId": "m9"}, kind="public")
    answer = analyst.get(here, {"part": "tail", "after": newest}).content.decode()
    assert answer.count("<details>") == 1 and "Home" in answer and "public key" in answer
    [came] = InboxEvent.objects.filter(source=world.known.source, sequence__gt=newest)
    assert f"after={came.sequence}" in unescape(answer) and "&lt;b&gt;pears" not in answer
    assert "<b>pears" not in analyst.get(here).content.decode()


def test_a_paused_tail_asks_for_nothing(world, analyst):
    assert 'class="tail-poll"' in shown(analyst, "source", world.known.source.pk)
    assert 'class="tail-poll"' not in shown(analyst, "source", world.known.source.pk, paused="1")


def test_R21_the_days_of_a_source_are_counted_by_outcome(world, analyst):
    page = analyst.get(reverse("source", args=[world.known.source.pk])).context["page"]
    [picture] = [item for section in page.sections for item in section.items if isinstance(item, Picture)]
    [today, *before] = picture.table.rows
    assert [column.label for column in picture.table.columns] == [
        "Day",
        "Taken",
        "Came again",
        "Missing field",
    ]
    assert today.cells == [clock.today(), 1, 1, 1] and len(before) == 13
    assert not any(any(row.cells[1:]) for row in before)
    assert "1 taken, 1 came again, 1 refused. 1 missing field" in picture.svg


def test_dead_letters_are_found_by_source_and_code(world, analyst):
    send(world, {"type": "nonsense", "messageId": "n1", "userId": "u"})
    assert len(table(analyst, "Refused events", "dead_letters")) == 2
    assert len(table(analyst, "Refused events", "dead_letters", code="invalid_type", source="site")) == 1
    assert "None fits the filter." in shown(analyst, "dead_letters", code="too_large")
    assert "invalid type (1)" in shown(analyst, "dead_letters")


def test_R8_a_mended_letter_leaves_the_list_and_its_page_says_so(world, log_in):
    client, letter = log_in("administrator"), world.known.letter
    body = {**letter.body, "userId": "u2"}
    client.post(
        reverse("letter_replay", args=[letter.pk]), {"body": json.dumps(body), "reason": "a bug of theirs"}
    )
    assert InboxEvent.objects.get(message_id="m2").body["userId"] == "u2"
    assert "It was replayed on" in shown(client, "dead_letter", letter.pk)
    assert "letter-body" not in shown(client, "dead_letter", letter.pk)
    assert not table(client, "Refused events", "dead_letters")
    assert DeadLetter.objects.get(pk=letter.pk).body == letter.body


def test_a_letter_that_nobody_changed_is_replayed_as_it_came(world, log_in):
    form = {"body": json.dumps(world.known.letter.body), "reason": "again"}
    answer = log_in("administrator").post(
        reverse("letter_replay", args=[world.known.letter.pk]), form, follow=True
    )
    assert "still refused" in str(next(iter(answer.context["messages"])))


def test_R13_the_taxonomy_shows_what_is_known_of_whom_and_what_uses_it(world, analyst):
    rows = {str(row[0]): row for row in table(analyst, "Classes", "taxonomy")}
    report = {one.fact_class: one for one in queries.class_reports()}["demography.kids"]
    share = rows["Children at home"][1]
    assert share.share == report.fill == 1 / Customer.objects.filter(redirects_to=None).count()
    assert rows["Children at home"][2:6] == [1, 0, "730 days", "marketing, research"]
    assert "Children at home" in [row[0] for row in table(analyst, "Collected, never used", "taxonomy")]


def checked(client, text, name="taxonomy_text"):
    return unescape(
        client.post(reverse(name), {"text": text}, headers={"HX-Request": "true"}).content.decode()
    )


def in_force(client, name="taxonomy_text") -> str:
    return unescape(
        re.findall(
            r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>',
            client.get(reverse(name)).content.decode(),
            re.S,
        )[0]
    )


def test_R13_a_text_is_checked_as_it_is_typed_and_changes_nothing(world, log_in):
    client = log_in("manager")
    text = in_force(client)
    assert "it is what is in force" in checked(client, text)
    grown = (
        text.replace("version: 1", "version: 2", 1)
        + "\n  - {id: food.cheese, title: Cheese, parent: food, holds: flag}\n"
    )
    found = checked(client, grown)
    assert "1 new, 0 changed, 0 gone" in found and "food.cheese" in found
    broken = checked(client, grown.replace("parent: food,", "parent: nowhere,"))
    assert "Error, line" in broken and "nowhere" in broken
    assert queries.classes().version == 1


def test_R13_a_class_that_is_used_goes_only_when_it_is_named(world, log_in):
    client = log_in("manager")
    kids = re.compile(r"  - id: demography\.kids\n(?:    .*\n)+")
    text = kids.sub("", in_force(client).replace("version: 1", "version: 2", 1))
    assert "Gone: demography.kids, with 1 fact" in checked(client, text)
    form = {"text": text, "reason": "nobody asks any more"}
    answer = client.post(reverse("taxonomy_publish"), form, follow=True)
    assert "demography.kids would vanish" in str(next(iter(answer.context["messages"])))
    client.post(reverse("taxonomy_publish"), {**form, "vanishing": "demography.kids, "})
    assert queries.classes().version == 2
    rows = table(client, "Facts", "customer", world.known.client.pk)
    assert "demography.kids (no class any more)" in [row[0] for row in rows]


def test_an_analyst_reads_the_text_and_cannot_check_one(world, analyst):
    assert "taxonomy: retail" in shown(analyst, "taxonomy_text") and "<textarea" not in shown(
        analyst, "taxonomy_text"
    )
    assert analyst.post(reverse("taxonomy_text"), {"text": "x"}).status_code == 403


def test_rules_that_do_not_fit_are_told_before_they_are_published(world, log_in):
    text = in_force(log_in("manager"), "rules_text")
    assert "it is what is in force" in checked(log_in("manager"), text, "rules_text")
    found = checked(log_in("manager"), text.replace("taxonomy: retail", "taxonomy: bank"), "rules_text")
    assert "Error" in found and "bank" in found


def test_R21_data_quality_counts_who_is_recognized_and_what_was_refused(world, analyst):
    shares = table(analyst, "Identified share per touchpoint", "data_quality")
    assert shares and all(row[2] <= row[1] for row in shares)
    assert next(row[1].share if hasattr(row[1], "share") else row[3].share for row in shares) <= 1.0
    events = {row[0]: row for row in table(analyst, "Events by source", "data_quality")}["Web site"]
    assert events[:4] == ["Web site", 1, 1, 1] and events[4].share == pytest.approx(1 / 3)
    [refused] = table(analyst, "Refused events", "data_quality")
    assert refused == ["Web site", "missing field", 1]
