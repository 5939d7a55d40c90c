"""The foot of every e-mail: the way to the customer's own page, and the buttons that mail programs make of headers."""

from dataclasses import replace
from email.utils import parseaddr
from html import escape
from urllib.parse import quote

from sterna.channels.base import Rendered
from sterna.desk.config import options
from sterna.desk.contacts.models import Contact
from sterna.desk.customers import links

SAID = "To choose what you get from us, or nothing more, to see what we know of you or to have it erased:"
# Stands where the link will stand: what is shown in the desk opens nobody's page.
WAITING = "https://preferences.invalid/your-own-page"


def added(rendered: Rendered, link: str = WAITING) -> Rendered:
    """An e-mail with its foot; other media as they are."""
    if rendered.medium != "email":
        return rendered
    foot = (
        '<div style="font-size:12px;line-height:18px;text-align:center;padding:16px;color:#555555">'
        f'{escape(SAID)} <a href="{escape(link)}" style="color:#555555">your own page</a></div>'
    )
    return replace(
        rendered,
        text=f"{rendered.text.rstrip()}\n\n-- \n{SAID}\n{link}\n",
        html=_before_the_end(rendered.html, foot),
        preview_html=_before_the_end(rendered.preview_html, foot),
    )


def _before_the_end(html: str, foot: str) -> str:
    head, found, tail = html.rpartition("</body>")
    return f"{head}{foot}{found}{tail}" if found else html + foot


def headers(contact: Contact, written_by: str) -> dict[str, str]:
    """What a reader's program shows as a button: one click where the desk has TLS (RFC 8058), and an answer by mail."""
    to = quote(parseaddr(written_by)[1], safe="@")
    by_mail = f"<mailto:{to}?subject=unsubscribe%20{contact.pk}>"
    if not options.text("STERNA_PUBLIC_URL").startswith("https://"):
        return {"List-Unsubscribe": by_mail}
    link = links.stop(contact.customer_id, contact.medium, contact.purpose)
    return {"List-Unsubscribe": f"<{link}>, {by_mail}", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
