"""Reads a page as somebody does: its words, and the rows of one of its tables."""

from html import unescape

from django.urls import reverse

from sterna.desk.web.components import Table


def shown(client, name, *args, **query) -> str:
    """The page as text without its markup's escapes."""
    answer = client.get(reverse(name, args=args), query, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def table(client, caption, name, *args, **query) -> list[list[object]]:
    """The rows of a page's table."""
    page = client.get(reverse(name, args=args), query).context["page"]
    items = [item for section in page.sections for item in section.items]
    found = [item for item in items if isinstance(item, Table) and item.caption == caption]
    return [list(row.cells) for row in found[0].rows]
