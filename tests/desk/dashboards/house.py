"""Builds what the pages show by the real actions: two runs, plans, calls, sends, a doubt and an import."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sterna.channels.base import Message, Receipt, TransportError
from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers.actions import keep_facts
from sterna.desk.customers.models import Customer
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from sterna.desk.segments.profile_models import Discovery
from sterna.desk.segments.searches import Inputs
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.actions import import_files, keep_upload
from sterna.desk.sources.models import Import, Upload
from sterna.desk.sources.signals import FactsSaid
from tests.desk.contacts import ledger
from tests.desk.dashboards import clients, known, ruled
from tests.desk.runs import shop
from tests.desk.segments import best, treated
from tests.desk.sources import shop as till

FORMULA, MARKUP = "=cmd|' /c calc'!A1", "<script>alert(1)</script>"


@dataclass(frozen=True)
class World:
    """The customers by number, both runs, a draft in order and a faulty one, a call, a doubt, a planned send."""

    customers: dict[str, Customer]
    first: Run
    second: Run
    draft: Plan
    faulty: Plan
    task: Task
    doubt: Contact
    planned: Contact
    imported: Import
    uploaded: Upload
    known: known.Known
    clients: clients.Clients
    search: Discovery


def build(folder: Path) -> World:
    """The world, with its import read from a file under `folder`."""
    customers = shop.open_shop()
    names = [("000", FORMULA), ("001", MARKUP), ("002", "Dora Quint")]
    said = [(number, name, date(2017, 1, 1), "service") for number, name in names]
    keep_facts(FactsSaid("shop", "household", "name.full", said, shop.AT))
    best.publish()
    first = actions.run(shop.FIRST).run
    _send()
    second = actions.run(shop.SECOND).run
    ledger.fill(2, "phone")
    send_due(on=ledger.phone())
    ruled.publish()  # after the runs: nobody stands in a segment or stage yet
    treated.publish()
    return World(
        customers,
        first,
        second,
        plans.load(shop.PLAN.format(budget="900.00", version=2), None),
        plans.load(_unowned(), None),
        Task.objects.order_by("pk")[0],
        Contact.objects.get(state="unknown"),
        Contact.objects.filter(state="planned").order_by("pk")[0],
        _import(folder),
        bring_in(folder),
        known.build(),
        clients.build(customers),
        _search(),
    )


def _search() -> Discovery:
    """A search for groupings among too few customers to tell any."""
    asked = actions.request_discovery(Inputs(shares=True), 1, None)
    actions.discover_waiting()
    return Discovery.objects.get(pk=asked.pk)


def _send() -> None:
    """Hand over the e-mails of the first run; of one nobody knows whether it arrived."""
    asked: list[str] = []

    def answer(message: Message) -> Receipt | TransportError:
        asked.append(message.key)
        if len(asked) == 1:
            return TransportError(False, "no answer came", outcome_unknown=True)
        return Receipt("handed over", message.key, "ok")

    send_due(on=ledger.outlet(ledger.Memory(answer)))


def _unowned() -> str:
    text = shop.PLAN.format(budget="500.00", version=1)
    return text.replace("plan: autumn", "plan: winter").replace("owner: Bo", 'owner: ""')


def _import(folder: Path) -> Import:
    path = folder / "sales.csv"
    path.write_text(till.csv_text(*till.GOOD, "c3,t3,a,2017-01-07,1,x"))
    return import_files(mappings.parse(till.SOURCE + till.LINES, "map.yaml"), path)[0].record


def bring_in(
    folder: Path, content: str = till.csv_text(till.GOOD[0], f'"{FORMULA}",t9,{MARKUP},2017-01-07,1,x')
) -> Upload:
    """A file that was brought in by a page and is not mapped yet; its home is what STERNA_HOME names then."""
    incoming = folder / "incoming"
    incoming.write_text(content)
    return keep_upload(incoming, "more.csv", None)
