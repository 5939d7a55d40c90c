"""A small shop: its mapping, its file, and an import of it."""

from collections.abc import Callable

from sterna.desk.sources.models import Import

SOURCE = "source: {name: shop, title: Shop, identifier_kind: card, history: archive}\n"
LINES = """
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
HEADER = "card,till,item,at,pieces,paid"
GOOD = (
    "c1,t1,a,2017-01-05 10:00:00,2,3.50",
    "c1,t1,b,2017-01-05 10:00:00,1,1.25",
    "c2,t2,a,2017-01-06,1,2.00",
)

Run = Callable[..., Import]


def csv_text(*rows: str) -> str:
    """A CSV text of the usual header and these rows."""
    return "\n".join([HEADER, *rows]) + "\n"
