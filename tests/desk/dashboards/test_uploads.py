"""Files brought in by pages: who may, what is shown of them, the check of a mapping, the way of an import."""

import csv
import re
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config import options
from sterna.desk.sources import actions, queries
from sterna.desk.sources.models import Import, RefusedRow, Upload
from sterna.desk.users.models import Role
from tests.desk.sources.shop import GOOD, LINES, SOURCE, csv_text
from tests.desk.sources.test_mapping_form import SALES

pytestmark = pytest.mark.django_db
MANAGES = {"manager", "administrator"}
MAPPING = SOURCE + LINES
# The address, what the form holds, and what the audit calls it.
WRITES = {
    "upload_new": ({}, "uploaded file"),
    "upload_start": ({"mapping": MAPPING}, "asked for import"),
    "upload_remove": ({}, "removed upload"),
    "import_cancel": ({}, "cancelled import"),
    "import_resume": ({}, "resumed import"),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the files of one test."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def named(content: str | bytes, name: str = "sales.csv") -> BytesIO:
    """A file as a browser sends it."""
    file = BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    return file


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    """A file of four rows, of which one has no amount."""
    path = tmp_path / "incoming"
    path.write_text(csv_text(*GOOD, "c3,t3,a,2017-01-07,1,<b>x</b>"))
    return actions.keep_upload(path, "sales.csv", None)


def page(client: Client, upload: Upload, **parameters: str) -> str:
    return client.get(reverse("upload", args=[upload.pk]), parameters).content.decode()


def text(html: str) -> str:
    """What a person reads of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def target(name: str, upload: Upload) -> str:
    """The address of a write, with an import that it can change."""
    if name == "upload_new":
        return reverse(name)
    if name.startswith("upload"):
        return reverse(name, args=[upload.pk])
    [found] = actions.request_import(upload, MAPPING, None)
    if name == "import_resume":
        actions.cancel_import(found, None)
    return reverse(name, args=[found.pk])


def form(name: str) -> dict:
    return {"file": named(csv_text(*GOOD))} if name == "upload_new" else WRITES[name][0]


@pytest.mark.parametrize("role", list(Role.values))
@pytest.mark.parametrize("name", WRITES)
def test_who_may_does_it_with_one_line_and_who_may_not_is_refused(log_in, upload, name, role):
    where = target(name, upload)
    before = Entry.objects.count()
    answer = log_in(role).post(where, form(name))
    if role not in MANAGES:
        assert answer.status_code == 403 and Entry.objects.count() == before
        return
    assert answer.status_code == 302
    assert Entry.objects.get(action=WRITES[name][1], actor__isnull=False).actor.username == role


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_a_link_and_another_site_change_nothing(log_in, upload, name):
    where = target(name, upload)
    before = Entry.objects.count()
    assert Client().post(where, form(name)).url.startswith(reverse("login"))
    assert log_in("manager").get(where).status_code == 405
    assert log_in("manager", csrf=True).post(where, form(name)).status_code == 403
    assert Entry.objects.count() == before


def test_a_refused_file_leaves_nothing_on_the_disk(log_in, home: Path):
    for role, csrf in (("analyst", False), ("manager", True)):
        log_in(role, csrf).post(reverse("upload_new"), {"file": named(b"x" * 100_000)})
        assert not [path for path in (home / "uploads").rglob("*") if path.is_file()]


def test_a_file_comes_to_the_disk_of_the_home_and_its_page_opens(log_in, home: Path):
    content = csv_text(*GOOD * 5_000)
    answer = log_in("manager").post(
        reverse("upload_new"), {"file": named(content, "../sales [1].csv")}, follow=True
    )
    found = Upload.objects.get()
    assert queries.upload_path(found).read_text() == content
    assert found.uploaded_by.username == "manager"
    assert [path.name for path in (home / "uploads").iterdir()] == [str(found.pk)]
    assert "What does sales [1].csv hold?" in answer.content.decode()


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "choose a file first"),
        ({"file": "a text field"}, "choose a file first"),
        ({"file": named(b"", "a.csv")}, "a.csv: the file is empty"),
        ({"file": named(b"x", "a.docx")}, "a.docx: files end in"),
        ({"file": named("a,b\n1,2\n".encode("utf-16"), "a.csv")}, "is written in UTF-16"),
    ],
)
def test_what_cannot_be_taken_is_said_on_the_page(log_in, posted, said):
    answer = log_in("manager").post(reverse("upload_new"), posted, follow=True)
    [note] = answer.context["messages"]
    assert note.level_tag == "error" and said in str(note) and not Upload.objects.exists()


def test_a_file_above_the_limit_is_refused_unread(log_in, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STERNA_UPLOAD_LIMIT", "1")
    client = log_in("manager")
    answer = client.post(reverse("upload_new"), {"file": named(b"a,b\n" * 260_000)}, follow=True)
    assert "the file is larger than 1 MB" in answer.content.decode()
    assert not (home / "uploads").exists()
    assert "At most 1 MB" in answer.content.decode()


def test_the_page_tells_what_the_columns_hold_and_what_would_be_taken(log_in, upload):
    shown = text(page(log_in("manager"), upload, into="lines"))
    assert "till identifier" in shown and "pieces number" in shown and "at moment" in shown
    # No source is known yet, so nothing can be checked before one is named.
    assert "Start import" not in shown and "Paste a mapping instead" in shown


@pytest.mark.parametrize("role", ["analyst", "staff"])
def test_who_only_reads_is_shown_the_rows_and_no_form(log_in, upload, role):
    html = page(log_in(role), upload)
    assert "c3" in html and "&lt;b&gt;x&lt;/b&gt;" in html and "<b>x</b>" not in html
    assert 'action="/uploads' not in html
    assert log_in(role).post(reverse("upload", args=[upload.pk]), {"do": "form"}).status_code == 403


def check(client: Client, upload: Upload, live: bool = False, **changed: object) -> str:
    posted = {**SALES, "do": "form", "into": "lines", **changed}
    headers = {"HX-Request": "true"} if live else {}
    return client.post(reverse("upload", args=[upload.pk]), posted, headers=headers).content.decode()


def test_the_check_says_beside_each_row_why_it_would_be_refused(log_in, upload):
    html = check(log_in("manager"), upload)
    assert "As sales, 3 of the first 4 rows would be taken, 1 refused." in html
    assert "refused: paid <q>&lt;b&gt;x&lt;/b&gt;</q> is not a number" in html
    assert "Start import" in html and not Import.objects.exists()
    assert Upload.objects.get().mapping == ""


def test_the_live_check_answers_with_its_part_of_the_page_only(log_in, upload):
    html = check(log_in("manager"), upload, live=True)
    assert html.lstrip().startswith('<div id="check"') and "<html" not in html
    assert "3 of the first 4 rows" in html and 'name="csrfmiddlewaretoken"' in html
    wrong = check(log_in("manager"), upload, live=True, key=[])
    assert "Event: choose at least one column" in wrong and "Start import" not in wrong


def test_what_was_chosen_is_kept_and_the_error_stands_beside_its_field(log_in, upload):
    html = check(log_in("manager"), upload, to_amount="", to_quantity="pieces")
    assert re.search(r'id="id_to_amount_error"><li>choose a column', html)
    assert '<option value="pieces" selected>' in html


def test_another_delimiter_is_another_table(log_in, upload):
    html = check(log_in("manager"), upload, delimiter=";")
    assert "Select a valid choice. card is not one of the available choices." in text(html)


def test_a_text_is_checked_as_it_is_and_shown_as_a_form_when_it_can(log_in, upload):
    client = log_in("manager")
    posted = {"do": "text", "mapping": MAPPING.replace("pieces, negative: true", "pieces")}
    html = client.post(reverse("upload", args=[upload.pk]), posted).content.decode()
    assert "3 of the first 4 rows" in html and 'id="id_to_amount"' in html
    special = {"do": "text", "mapping": MAPPING.replace("item\n", '{template: "x-{item}"}\n', 1)}
    html = client.post(reverse("upload", args=[upload.pk]), special).content.decode()
    assert "3 of the first 4 rows" in html and "This mapping says more than the form can" in html


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("", "mapping of the form: the file is empty"),
        ("a: [", "mapping of the form line"),
        (MAPPING.replace("amount: paid", "amount: price"), "sales.csv line 1: no column 'price'"),
        (MAPPING.replace("amount: paid", "price: paid"), "rows of lines have no 'price'"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_and_the_text_is_kept(log_in, upload, mapping, said):
    html = log_in("manager").post(reverse("upload", args=[upload.pk]), {"do": "text", "mapping": mapping})
    assert said in html.content.decode().replace("&#x27;", "'")
    assert "Start import" not in html.content.decode()
    assert mapping.strip()[:20] in html.content.decode()


def test_the_mapping_is_a_file_that_the_command_line_takes(log_in, upload):
    client = log_in("manager")
    posted = {"do": "download", "mapping": MAPPING}
    answer = client.post(reverse("upload", args=[upload.pk]), posted)
    assert answer.content.decode() == MAPPING
    assert answer["Content-Disposition"] == 'attachment; filename="sales.yaml"'


def test_a_started_import_is_followed_on_its_page(log_in, upload):
    client = log_in("manager")
    answer = client.post(reverse("upload_start", args=[upload.pk]), {"mapping": MAPPING}, follow=True)
    found = Import.objects.get()
    html = answer.content.decode()
    assert answer.redirect_chain == [(reverse("import", args=[found.pk]), 302)]
    assert "Waiting for its turn" in html and 'hx-get="?seen=waiting-0"' in html and "Cancel import" in html
    poll = client.get(reverse("import", args=[found.pk]), {"seen": "waiting-0"})
    assert "HX-Refresh" not in poll and "<html" not in poll.content.decode()
    actions.import_waiting()
    assert client.get(reverse("import", args=[found.pk]), {"seen": "waiting-0"})["HX-Refresh"] == "true"
    done = text(client.get(reverse("import", args=[found.pk])).content.decode())
    assert "State Done" in done and "Refused 1" in done and "5 paid" in done and "Open the file" in done


def test_a_running_import_says_what_it_does_and_how_far_it_is(log_in, upload):
    [found] = actions.request_import(upload, MAPPING, None)
    client = log_in("analyst")
    where = reverse("import", args=[found.pk])
    Import.objects.update(state="running")
    assert "Checking the file" in client.get(where).content.decode()
    Import.objects.update(rows_total=1_000_000, rows_read=500_000)
    html = client.get(where).content.decode()
    assert "Loading rows" in html and "500,000 of 1,000,000 rows" in html and "Cancel import" not in html
    assert client.get(where, {"seen": "running-0"})["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(where, {"seen": "running-500000"})


def test_cancelled_and_failed_say_what_stays_and_what_to_do(log_in, upload):
    [found] = actions.request_import(upload, MAPPING, None)
    client = log_in("manager")
    client.post(reverse("import_cancel", args=[found.pk]))
    html = client.get(reverse("import", args=[found.pk])).content.decode()
    assert "The import was cancelled." in html and "Go on with import" in html
    Import.objects.update(state="failed", error="sales.csv line 3: is broken")
    html = client.get(reverse("import", args=[found.pk])).content.decode()
    assert "sales.csv line 3: is broken" in html and "Nothing was loaded." in html
    client.post(reverse("import_resume", args=[found.pk]))
    assert actions.import_waiting() == 1


def test_the_same_file_says_that_it_is_in_already(log_in, upload, tmp_path: Path):
    actions.request_import(upload, MAPPING, None)
    actions.import_waiting()
    client = log_in("manager")
    file = named(queries.upload_path(upload).read_bytes(), "again.csv")
    answer = client.post(reverse("upload_new"), {"file": file}, follow=True)
    assert "This very file was imported on" in answer.content.decode()
    again = Upload.objects.order_by("-uploaded_at").first()
    answer = client.post(reverse("upload_start", args=[again.pk]), {"mapping": MAPPING}, follow=True)
    [note] = answer.context["messages"]
    assert note.level_tag == "error" and "is in already under this mapping" in str(note)
    assert Import.objects.count() == 1


def test_a_mapping_that_was_used_is_chosen_again_for_the_next_file(log_in, upload, tmp_path: Path):
    [found] = actions.request_import(upload, MAPPING, None)
    actions.import_waiting()
    path = tmp_path / "next"
    path.write_text(csv_text("c9,t9,a,2017-02-01,1,4.00"))
    following = actions.keep_upload(path, "february.csv", None)
    client = log_in("manager")
    assert f"?like={found.pk}" in page(client, following)
    html = page(client, following, like=str(found.pk))
    assert "file: february.csv" in html and "1 of the one row would be taken" in html
    for nonsense in ("x", "00000000-0000-0000-0000-000000000000"):
        assert "What does february.csv hold?" in page(client, following, like=nonsense)


def test_a_removed_file_says_so_and_offers_to_bring_it_in_again(log_in, upload):
    client = log_in("manager")
    client.post(reverse("upload_remove", args=[upload.pk]))
    html = page(client, upload)
    assert "The file is not kept any more" in html and "Bring it in again" in html
    assert reverse("upload", args=[upload.pk]) not in client.get(reverse("sources")).content.decode()


def test_refused_rows_come_page_by_page_and_whole_as_a_file(log_in, tmp_path: Path):
    path = tmp_path / "many"
    path.write_text(csv_text(GOOD[0], *(f"c{n},t{n},a,2017-01-07,1,=x{n}" for n in range(1_200))))
    [found] = actions.request_import(actions.keep_upload(path, "many.csv", None), MAPPING, None)
    actions.import_waiting()
    client, where = log_in("analyst"), reverse("import", args=[found.pk])
    assert RefusedRow.objects.count() == 1_000
    html, seen = client.get(where).content.decode(), []
    for _ in range(20):
        seen += [
            int(line.replace(",", ""))
            for line in re.findall(r'<th scope="row"[^>]*>\s*([\d,]+)\s*</th>', html)
        ]
        following = re.search(r'rel="next" href="([^"]+)"', html)
        html = client.get(where + following[1]).content.decode() if following else html
    assert seen == list(range(3, 1_003)) and following is None
    answer = client.get(reverse("import_rejects", args=[found.pk]))
    rows = list(csv.DictReader(StringIO(answer.getvalue().decode())))
    answer.close()
    assert len(rows) == 1_200 and rows[-1]["paid"] == "'=x1199" and rows[-1]["card"] == "c1199"


def test_the_sources_page_leads_to_the_files_and_only_who_may_is_shown_the_form(log_in, upload):
    for role in Role.values:
        html = log_in(role).get(reverse("sources")).content.decode()
        assert reverse("upload", args=[upload.pk]) in html
        assert (f'action="{reverse("upload_new")}"' in html) == (role in MANAGES)


def test_the_settings_page_has_the_limits(log_in):
    assert {"STERNA_UPLOAD_LIMIT", "STERNA_UPLOAD_DAYS"} <= {option.name for option in options.OPTIONS}
    assert "STERNA_UPLOAD_LIMIT" in log_in("administrator").get(reverse("settings")).content.decode()
