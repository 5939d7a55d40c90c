"""A person whose every trace holds one unmistakable word, brought in by the real doors, and a search for that word."""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
from django.db import connection
from procrastinate.contrib.django import app as jobs
from pypdf import PdfReader

from sterna.channels.email import sink
from sterna.desk.audit.actions import record
from sterna.desk.config import options
from sterna.desk.contacts.actions import send_due
from sterna.desk.customers.actions import act_on_inbox, identify, keep_addresses, keep_consents, merge
from sterna.desk.customers.models import Customer, ReviewPair, SourceRecord
from sterna.desk.delivery.queries import outlets
from sterna.desk.runs import actions as runs
from sterna.desk.runs.models import Run
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.actions import add_source, import_files, keep_upload, receive, seal_inbox
from sterna.desk.sources.models import Source
from sterna.desk.sources.received import Envelope
from sterna.desk.sources.signals import AddressesSaid, ConsentsSaid
from tests.desk.privacy.served import serve
from tests.desk.runs import shop

WORD = "zqplanted"
MAIL, CARD, USER, DEVICE = f"{WORD}@home.test", f"{WORD}-card", f"{WORD}-user", f"{WORD}-device"
NOW = datetime(2017, 7, 1, 16, tzinfo=UTC)

SOURCE = "source: {name: club, title: Club, history: archive, identifier_kind: card}\n"
PEOPLE = """
imports:
  - name: addresses
    file: people.csv
    into: addresses
    identify: {kind: card, column: card}
    addresses: {email: mail, letter: road}
  - name: names
    file: people.csv
    into: facts
    identify: {kind: card, column: card}
    columns: {observed_on: day, purpose: {constant: marketing}}
    facts: {name.full: name}
  - name: consents
    file: people.csv
    into: consents
    identify: {kind: card, column: card}
    columns: {said_on: day}
    consents:
      - {medium: email, purpose: marketing, column: yes}
"""
SALES = """
imports:
  - name: sales
    file: sales.csv
    into: lines
    identify: {kind: card, column: card}
    key: [till]
    line_key: [item]
    columns:
      occurred_at: {column: at, zone: America/New_York}
      product_id: item
      quantity: {column: pieces, negative: true}
      amount: paid
"""


@dataclass(frozen=True)
class World:
    """The planted person's customer, the shop's others by number, the source of events, and the run."""

    customer: Customer
    others: dict[str, Customer]
    source: Source
    run: Run


def people_csv(folder: Path, card: str = CARD, mail: str = MAIL) -> Path:
    """The file of people: the planted one and somebody else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "people.csv"
    path.write_text(
        "card,mail,road,name,day,yes\n"
        f"{card},{mail},1 {WORD} Road,{WORD.capitalize()} Person,2017-01-01,yes\n"
        "other-card,other@home.test,2 Main Road,Otto Other,2017-01-01,yes\n"
    )
    return path


def sales_csv(folder: Path) -> Path:
    """Purchases of both, and one whose amount is none, so that it is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sales.csv"
    bought = [f"{CARD},t{n},{WORD}-pie,2017-0{1 + n % 6}-05 10:00:00,1,{40 + n}.50" for n in range(12)]
    other = [f"other-card,o{n},bread,2017-0{1 + n % 6}-06 10:00:00,1,3.50" for n in range(6)]
    bad = f"{CARD},t99,x,2017-01-05 10:00:00,1,{WORD} pounds"
    path.write_text("\n".join(["card,till,item,at,pieces,paid", *bought, *other, bad]) + "\n")
    return path


def events(source: Source, *bodies: dict) -> None:
    """Events as they come with a secret key."""
    receive(source, bodies, Envelope(NOW, None, {}, {}))


def event(number: int, user: str = USER, device: str | None = DEVICE, **more: object) -> dict:
    """A page view, or whatever `more` says."""
    body = {
        "type": "track",
        "event": "Looked",
        "messageId": f"m{number}",
        "timestamp": "2017-06-20T12:00:00Z",
    }
    return body | {"userId": user} | ({"anonymousId": device} if device else {}) | more


def build(folder: Path) -> World:
    """Plant the person in every place where a person can be."""
    others = _shop()
    bring_in(folder)
    source = add_source("web", "Web", "user_id")[0]
    _come_by_events(source)
    customer = _one_person()
    run = runs.run(date(2017, 6, 30)).run
    _write_to(folder)
    _tell_of(customer, folder)
    serve(customer, WORD, MAIL)
    return World(customer, others, source, run)


def _shop() -> dict[str, Customer]:
    """The shop of the runs' tests, whose first forty customers take e-mail."""
    identify("shop", "household", shop.NAMES, shop.AT)
    reached = [(name, f"{name}@home.test") for name in shop.NAMES[:40]]
    keep_addresses(AddressesSaid("shop", "household", "email", reached, shop.AT))
    said = [(name, True, date(2017, 1, 1)) for name in shop.NAMES[:40]]
    keep_consents(ConsentsSaid("shop", "household", "email", "marketing", said, shop.AT))
    shop.fill_lake()
    shop.tiers()
    shop.plan()
    return {record.value: record.customer for record in SourceRecord.objects.select_related("customer")}


def bring_in(folder: Path) -> None:
    """Import both files."""
    import_files(mappings.parse(SOURCE + PEOPLE, "people.yaml"), people_csv(folder).parent)
    import_files(mappings.parse(SOURCE + SALES, "sales.yaml"), sales_csv(folder).parent)


def _come_by_events(source: Source) -> None:
    events(
        source,
        event(1, type="identify", traits={"email": MAIL, "note": f"likes {WORD}"}),
        event(2, properties={"text": f"{WORD} pies"}),
        event(3, user="friend", device=None, properties={"text": f"sent by {MAIL}"}),
        # Refused: each is a dead letter.
        {"type": "nothing", "userId": USER, "messageId": "m4"},
        {"type": "track", "event": "Looked", "messageId": "m5", "properties": {"mail": MAIL}},
    )
    # The tablet of a shop, and an event that names two users: who came second is left apart.
    other = {"context": {"externalIds": [{"type": "user_id", "id": USER}]}}
    events(
        source,
        event(8, device="tablet-9"),
        event(9, "friend", "tablet-9"),
        event(10, "friend", None, **other),
    )
    act_on_inbox()
    seal_inbox()
    # One that was acted on and is not sealed yet, one that nobody has looked at.
    events(source, event(6))
    act_on_inbox()
    events(source, event(7, user=USER, device=f"{WORD}-phone"))


def _one_person() -> Customer:
    """The card of the club and the user of the web, merged by a steward who wrote the name down."""
    card, user = (SourceRecord.objects.get(value=value).customer for value in (CARD, USER))
    if card != user:
        merge(card, user, f"{WORD} told us at the desk", None, key=f"merge {WORD}")
    record = SourceRecord.objects.get(value=CARD)
    stranger = SourceRecord.objects.exclude(customer=record.customer).order_by("sequence").first()
    left, right = sorted((record, stranger), key=lambda each: each.pk)
    evidence = {"values": [WORD, "otto"]}
    ReviewPair.objects.create(
        left=left, right=right, evidence=evidence, found_at=NOW, probability=0.5, weight=0.0
    )
    return SourceRecord.objects.get(value=CARD).customer


def _write_to(folder: Path) -> None:
    """Send what the run planned; whatever the medium, its message to the planted person is among it."""
    from sterna.desk.contacts.models import Contact

    planted = SourceRecord.objects.get(value=CARD).customer
    like = Contact.objects.order_by("pk")[0]
    for medium, address in (("email", MAIL), ("letter", f"1 {WORD} Road\nTown")):
        Contact.objects.filter(customer=planted, medium=medium).delete()
        Contact.objects.create(
            natural_key=f"autumn:1:basket:{planted.pk}:{medium}", plan=like.plan, customer=planted,
            goal=like.goal, asset=like.asset, medium=medium, purpose="marketing", run_id=like.run_id,
            due_on=date(2017, 7, 1), expires_on=date(2017, 7, 31), address=address, reason=f"{WORD} likes pies",
            cost=1, planned_at=NOW,
        )  # fmt: skip
    from sterna.desk.customers.models import Consent

    given = {"purpose": "marketing", "granted": True, "source": "club", "said_on": date(2017, 1, 2)}
    record = SourceRecord.objects.get(value=CARD)
    Consent.objects.create(customer=planted, source_record=record, medium="letter", recorded_at=NOW, **given)
    with sink.serve(options.home() / "mail") as taking:
        on = outlets(lambda message: "none")
        on.pop("phone")
        settings = {"host": taking.host, "port": taking.port}
        email = type(on["email"])(on["email"].channel, on["email"].sender, settings, False)
        send_due(on={"letter": on["letter"], "email": email})


def _tell_of(customer: Customer, folder: Path) -> None:
    record(
        "refused merge",
        "customer",
        str(customer.pk),
        None,
        f"{WORD} called",
        {"user": MAIL, "n": 1},
        f"k:{CARD}",
    )
    record("do", "thing", f"club/card:{CARD}", detail={"list": [CARD, "another"], MAIL: "as a name"})
    jobs.configure_task("nobody", allow_unknown=True).defer(who=MAIL)
    temporary = folder / "again.csv"
    temporary.write_bytes(people_csv(folder / "more").read_bytes())
    keep_upload(temporary, f"{CARD}.csv", None)
    leftover = options.home() / "staging" / "killed" / "staged.csv"
    leftover.parent.mkdir(parents=True)
    leftover.write_text(f"{CARD},1\n")


COLUMNS = """
select table_name, column_name from information_schema.columns
where table_schema = 'public' and data_type in
    ('text', 'character varying', 'json', 'jsonb', 'bytea', 'uuid', 'ARRAY', 'character')
order by 1, 2
"""


def in_tables(*words: str) -> list[str]:
    """Every table and column that holds one of `words`, in any spelling, by SQL over all that can hold a text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            said = psycopg.sql.SQL("select count(*) from {} where lower({}::text) like any(%s)")
            ask = said.format(psycopg.sql.Identifier(table), psycopg.sql.Identifier(column))
            cursor.execute(ask, [[f"%{word.lower()}%" for word in words] + _as_bytes(words)])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def _as_bytes(words: tuple[str, ...]) -> list[str]:
    return [f"%{word.lower().encode().hex()}%" for word in words]


def in_files(home: Path, *words: str) -> list[str]:
    """Every file of a home outside the database's that holds one of `words`, also inside Parquet, PDF and zip."""
    lowered = [word.lower() for word in words]
    return [
        str(path.relative_to(home))
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.relative_to(home).parts[0] != "postgres" and _holds(path, lowered)
    ]


def _holds(path: Path, words: list[str]) -> bool:
    said = _text(path.read_bytes(), path.name).lower()
    return any(word in said or word in path.name.lower() for word in words)


def _text(data: bytes, name: str) -> str:
    if data[:4] == b"PAR1":
        return str(pq.read_table(io.BytesIO(data)).to_pydict()) + data.decode("latin-1")
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "".join(_text(archive.read(each), each) for each in archive.namelist())
    if data[:4] == b"%PDF":
        return _pdf(data)
    return data.decode("utf-8", "replace") + data.decode("latin-1")


def _pdf(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
