"""What a told plan is made of: sections, and in them blocks of words, facts and one table."""

import msgspec


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a section: `words`, then `facts` as names with values, then a table of `head` and `rows`."""

    heading: str = ""
    words: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and its blocks; one with `own_page` begins a new page on paper."""

    heading: str
    blocks: tuple[Block, ...]
    own_page: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document."""

    title: str
    sections: tuple[Section, ...]
