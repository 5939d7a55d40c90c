"""The check of a taxonomy: one tree, every class able to hold facts, what is sensitive guarded."""

import pytest

from sterna.engine.taxonomy import check, load, of_body, orphans
from sterna.engine.taxonomy.document import body
from tests.engine.taxonomy.trees import HEAD, codes, small

GOLF = "id: leisure.golf, title: Golf, parent: leisure, holds: flag"


def only(document):
    found = check(document)
    assert len(found) == 1, found
    return found[0]


def test_R64_an_orphan_is_refused_by_name():
    found = only(small("id: hobby, title: Hobby, holds: flag, purposes: [marketing]"))
    assert (found.code, found.severity, found.line) == ("class-orphan", "error", 8)
    assert found.message == "hobby is an orphan: it has no parent and is not one of the higher classes"


def test_R64_a_parent_that_is_no_class_makes_an_orphan_by_name():
    found = only(small("id: golf, title: Golf, parent: sports, holds: flag, purposes: [marketing]"))
    assert found.code == "class-parent"
    assert found.message == "golf is an orphan: its parent sports is no class"


def test_R64_what_is_collected_without_a_class_is_an_orphan():
    found = orphans(small(GOLF), ["leisure.golf", "shoe.size", "shoe.size", "leisure"])
    assert [(each.where, each.code) for each in found] == [("shoe.size", "class-orphan")]
    assert "shoe.size is used but is no class" in found[0].message


def test_a_circle_is_told_once_with_all_its_members():
    found = check(
        small(
            "id: a, title: A, parent: c, holds: flag, purposes: [sales]",
            "id: b, title: B, parent: a, holds: flag, purposes: [sales]",
            "id: c, title: C, parent: b, holds: flag, purposes: [sales]",
        )
    )
    assert [each.code for each in found] == ["class-cycle"]
    assert found[0].message == "a > b > c > a is a circle"


def test_a_class_that_is_its_own_parent_is_a_circle():
    found = only(small("id: a, title: A, parent: a, holds: flag, purposes: [sales]"))
    assert found.message == "a > a is a circle"


def test_what_hangs_below_a_circle_is_not_called_one():
    document = small(
        "id: a, title: A, parent: b, holds: flag, purposes: [sales]",
        "id: b, title: B, parent: a, holds: flag, purposes: [sales]",
        "id: c, title: C, parent: a, holds: flag, purposes: [sales]",
    )
    assert codes(document) == ["class-cycle"]


def test_a_class_twice_names_the_line_of_the_first():
    found = only(small(GOLF, GOLF.replace("Golf", "Again")))
    assert (found.code, found.line) == ("class-twice", 9)
    assert found.message == "leisure.golf stands twice, first on line 8"


@pytest.mark.parametrize(
    "name", ["Golf", "9holes", "golf..tee", "golf.", ".golf", "golf tee", "gölf", "golf-tee"]
)
def test_an_id_of_another_form_is_refused(name):
    assert codes(small(f'id: "{name}", title: Golf, parent: leisure, holds: flag')) == ["class-id"]


def chain(levels):
    below = [
        f"id: l{n}, title: L{n}, parent: {'leisure' if n == 2 else f'l{n - 1}'}, holds: flag"
        for n in range(2, levels + 1)
    ]
    return small(*below)


def test_six_levels_are_allowed_and_a_seventh_is_not():
    assert codes(chain(6)) == []
    found = only(chain(7))
    assert (found.code, found.message) == ("class-depth", "l7 is on level 7, at most 6 are allowed")


def test_a_document_may_allow_fewer_levels():
    head = HEAD.replace("version: 1\n", "version: 1\nmost_levels: 1\n")
    assert codes(small(GOLF, head=head)) == ["class-depth"]


def test_a_sensitive_class_without_a_purpose_of_its_own_is_refused():
    # The purpose of the class above does not count: somebody has to write down that this one is allowed.
    found = only(small(GOLF + ", sensitivity: health"))
    assert (found.code, found.severity) == ("class-sensitive", "error")
    assert found.message == "leisure.golf is sensitive (health) and names no purpose of its own"


def test_a_sensitive_class_with_a_purpose_or_never_kept_is_sound():
    assert codes(small(GOLF + ", sensitivity: health, purposes: [service]")) == []
    assert codes(small(GOLF + ", sensitivity: religion, kept: false")) == []


@pytest.mark.parametrize(
    "kind", ["sexuality", "ethnicity", "politics", "union", "biometric", "genetic", "criminal"]
)
def test_every_special_category_needs_its_purpose(kind):
    assert codes(small(GOLF + f", sensitivity: {kind}")) == ["class-sensitive"]


def test_a_finer_class_inherits_that_its_parent_is_sensitive():
    document = small(
        GOLF + ", sensitivity: health, purposes: [service]",
        "id: leisure.golf.back, title: Back, parent: leisure.golf, holds: flag",
    )
    assert codes(document) == ["class-sensitive"]


def test_a_finer_class_may_not_be_less_sensitive():
    document = small(
        GOLF + ", sensitivity: health, purposes: [service]",
        "id: leisure.golf.back, title: Back, parent: leisure.golf, holds: flag, sensitivity: none",
    )
    assert codes(document) == ["class-loosened"]


def test_R8_no_purpose_no_capture():
    head = HEAD.replace(", holds: flag, purposes: [marketing]", "")
    found = only(small(GOLF, head=head))
    assert found.code == "class-purpose" and "leisure.golf has no purpose" in found.message


def test_what_is_never_kept_needs_no_purpose_and_having_one_is_odd():
    head = HEAD.replace(", holds: flag, purposes: [marketing]", "")
    assert codes(small(GOLF + ", kept: false", head=head)) == []
    found = only(small(GOLF + ", kept: false, purposes: [sales]"))
    assert (found.code, found.severity) == ("class-kept", "warning")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ("holds: choice", "class-choices"),
        ("holds: flag, choices: [a]", "class-choices"),
        ("holds: choice, choices: [Dog, dog]", "class-choices"),
        ("holds: money band", "class-bands"),
        ("holds: text, bands: [{name: low, from: 0}]", "class-bands"),
        ("holds: money band, bands: [{name: low, from: 10}]", "class-bands"),
        ("holds: money band, bands: [{name: low, from: 0}, {name: high, from: 0}]", "class-bands"),
        ("holds: money band, bands: [{name: low, from: 0}, {name: Low, from: 5}]", "class-bands"),
        (
            "holds: money band, bands: [{name: b, from: 0}, {name: c, from: 9}, {name: d, from: 5}]",
            "class-bands",
        ),
        ("holds: money band, bands: [{name: b, from: 0}, {name: c, from: NaN}]", "class-bands"),
        ("holds: money band, bands: [{name: b, from: 0}, {name: c, from: Infinity}]", "class-bands"),
    ],
)
def test_values_that_do_not_fit_what_a_class_holds_are_refused(parts, code):
    assert codes(small(f"id: leisure.golf, title: Golf, parent: leisure, {parts}")) == [code]


def test_a_class_that_holds_nothing_and_groups_nothing_is_a_warning():
    found = only(small("id: leisure.golf, title: Golf, parent: leisure"))
    assert (found.code, found.severity) == ("class-empty", "warning")


def test_higher_classes_must_be_there_and_have_no_parent():
    head = HEAD.replace("[leisure]", "[leisure, leisure.golf, wealth]")
    found = check(small(GOLF, head=head))
    assert [(each.code, each.where) for each in found] == [
        ("higher-parent", "higher[1]"),
        ("higher-unknown", "higher[2]"),
    ]


def test_a_head_without_name_version_and_owner_says_all_of_it():
    found = check(load("higher: []\nclasses: []\n"))
    assert {each.code for each in found} == {
        "taxonomy-taxonomy",
        "taxonomy-title",
        "taxonomy-owner",
        "taxonomy-version",
        "taxonomy-classes",
    }


def test_a_missing_title_is_refused():
    assert codes(small("id: leisure.golf, parent: leisure, holds: flag")) == ["class-title"]


def test_errors_come_before_warnings():
    document = small(
        "id: leisure.golf, title: Golf, parent: leisure", "id: x, title: X, holds: flag, purposes: [sales]"
    )
    assert [each.severity for each in check(document)] == ["error", "warning"]


def test_every_finding_has_a_line_and_says_what_mends_it():
    document = small("id: X, parent: y, holds: choice, sensitivity: health", "id: a, title: A, parent: a")
    found = check(document)
    assert len(found) >= 6
    assert all(each.line and each.mend and each.message for each in found)


def test_a_stored_document_is_checked_without_lines():
    stored = body(small(GOLF + ", sensitivity: health").taxonomy)
    found = only(of_body(stored))
    assert (found.code, found.line, found.where) == ("class-sensitive", None, "classes[1].sensitivity")
