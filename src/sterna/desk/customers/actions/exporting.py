"""Puts together all that is kept of one person: an archive of tables as JSON and CSV with the reasons in them."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.audit.models import Entry
from sterna.desk.config import clock, options
from sterna.desk.config.personal import Sheet, Subject, keepers
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.erasing import subject_of
from sterna.desk.customers.models import Customer
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.desk.web.spreadsheets import as_text

ACTION = "export person"
DAY = timedelta(days=1)
# A day; each reads the whole lake, and whoever found a link must not make it a tap.
BY_LINK, BY_STAFF = 3, 20

README = """What {company} keeps of you, as of {day}

Each table stands here twice: as .json for programs and as .csv for a spreadsheet. Nothing of anybody else is in it.
Where something was concluded and not said, the row says from what: `rule` and `rules_id` of a fact with its parents in
customers_factparent, `reason` of a contact and of one that was not made, `cause` of a place, and the figures of
values_worth, from which the place follows. A place is the band of the tiers that your spend falls into; chances of
buying again are computed from the days of your purchases alone (BG/NBD, Fader, Hardie and Lee 2005). No decision with
legal effect is made by a program alone.

"""


@transaction.atomic
def export_person(customer: Customer, actor: User | None = None, by_link: bool = False) -> tuple[str, bytes]:
    """The archive of a person as (file name, zip): README.txt and two files a table that is not empty.

    Raises Refused without the right, and when the person was exported too often today.
    """
    demand(actor, Right.ADMINISTER)
    held = Customer.objects.select_for_update().filter(pk=customer.redirects_to_id or customer.pk).first()
    if held is None:
        raise Refused("nothing is kept of this person")
    subject = subject_of(held)
    _check_rate(subject, BY_LINK if by_link else BY_STAFF, by_link)
    found = [sheet for keeper in keepers() for sheet in keeper.export(subject)]
    sheets = [sheet for sheet in found if sheet.rows]
    how = "by the customer's own link" if by_link else "by staff"
    record(ACTION, "customer", str(held.pk), actor, how, {"tables": len(sheets)})
    return f"person-{clock.today()}.zip", _zipped(sheets)


def _check_rate(subject: Subject, most: int, by_link: bool) -> None:
    lines = Entry.objects.filter(
        action=ACTION, subject__in=[str(each) for each in subject.customers], at__gt=clock.now() - DAY
    )
    done = lines.filter(reason__contains="link").count() if by_link else lines.count()
    if done >= most:
        raise Refused(f"this was downloaded {done} times within a day: try again tomorrow")


def _zipped(sheets: Sequence[Sheet]) -> bytes:
    written = io.BytesIO()
    said = README.format(company=options.text("STERNA_COMPANY"), day=clock.today())
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        listed = "".join(f"{each.name}: {len(each.rows):,} rows. {each.about}\n" for each in sheets)
        archive.writestr("README.txt", said + listed)
        for sheet in sheets:
            archive.writestr(
                f"{sheet.name}.json", json.dumps(sheet.rows, default=_plain, indent=1, ensure_ascii=False)
            )
            archive.writestr(f"{sheet.name}.csv", _as_csv(sheet.rows))
    return written.getvalue()


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    written = io.StringIO(newline="")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(name)) for name in columns] for row in rows])
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return as_text(value) if isinstance(value, str) else value
