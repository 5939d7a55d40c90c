"""Profiles as they are compared: spelling made alike, impossible dates and junk unknown, keys to meet by."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from sterna.engine.errors import BadInput

# The columns that tell something of a person; every one is optional, and unknown is null.
TOLD = (
    *("user_id", "given_name", "surname", "birth_date", "email", "phone"),
    *("street_number", "address", "suburb", "postcode", "national_id"),
)
COLUMNS = ("record", "source", *TOLD)

# More records than this at one value and it names no person: a switchboard's number, the shop's own address.
MOST_HOLDERS = 8
# A block is compared pair by pair: beyond this many records its value is refined by the surname, or not used.
LARGEST_BLOCK = 50

_WORDS = "unknown|none|null|nil|test|testing|xxx|anonymous|not known|not provided|no name|n a|tba|deleted"
_JUNK_LOCAL = "noreply|no-reply|donotreply|none|unknown|test|nobody|na|null|no"
_JUNK_DOMAIN = "example.(com|org|net)|test.com|invalid|.*.invalid"
# 1900-01-01 and 1970-01-01 are what software writes when nobody asked.
_DEFAULT_DATES = "'19000101', '19700101'"
_SAME_SIGN = "(" + "|".join(f"{sign}+" for sign in "0123456789x") + ")"

_TEXT = (
    "nullif(trim(regexp_replace(replace(replace(lower(strip_accents({0})), '''', ''), '’', ''), "
    "'[^\\p{{L}}\\p{{N}}]+', ' ', 'g')), '')"
)
_SIGNS = "nullif(regexp_replace(lower(strip_accents({0})), '[^\\p{{L}}\\p{{N}}]', '', 'g'), '')"
_UNLESS = "case when regexp_full_match({value}, '{junk}') then null else {value} end"


def _words(column: str) -> str:
    return _UNLESS.format(value=_TEXT.format(column), junk=_WORDS)


def _signs(column: str, junk: str) -> str:
    return _UNLESS.format(value=_SIGNS.format(column), junk=junk)


def _phone(column: str) -> str:
    # The last nine digits: with or without the country's code and the leading zero it is one number.
    digits = f"right(regexp_replace({column}, '[^0-9]', '', 'g'), 9)"
    return (
        f"case when length({digits}) >= 6 and not regexp_full_match({digits}, '{_SAME_SIGN}') "
        f"and {digits} not in ('123456789', '987654321', '123456', '1234567', '12345678') then {digits} end"
    )


def _email(column: str) -> str:
    value = f"lower(trim({column}))"
    return (
        f"case when regexp_full_match({value}, '[^@\\s]+@[^@\\s]+\\.[^@\\s]+') "
        f"and not regexp_full_match({value}, '({_JUNK_LOCAL})@.*|.*@({_JUNK_DOMAIN})') then {value} end"
    )


def _birth_date(column: str) -> str:
    digits = f"replace(substr(trim({column}), 1, 10), '-', '')"
    day = f"try_strptime({digits}, '%Y%m%d')"
    return (
        f"case when regexp_matches(trim({column}), '^([0-9]{{8}}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ].*)?)$') "
        f"and year({day}) between 1880 and 2100 and {digits} not in ({_DEFAULT_DATES}) then {digits} end"
    )


_MADE_ALIKE: Mapping[str, str] = {
    "user_id": "nullif(trim(user_id), '')",
    "given_name": _words("given_name"),
    "surname": _words("surname"),
    "birth_date": _birth_date("birth_date"),
    "email": _email("email"),
    "phone": _phone("phone"),
    "street_number": _signs("street_number", "0+"),
    "address": _words("address"),
    "suburb": _words("suburb"),
    "postcode": _signs("postcode", "0+"),
    "national_id": _signs("national_id", f".{{0,3}}|{_SAME_SIGN}|123456789"),
}
_PERSONAL = ("email", "phone", "national_id")

# What a pair must share to be compared at all; of each key a coarse form and the one it is refined to.
_KEYS: Mapping[str, tuple[str, str | None]] = {
    "by_name": ("given_name || '|' || surname", "given_name || '|' || surname || '|' || postcode"),
    "by_swapped_name": ("surname || '|' || given_name", None),
    "by_postcode": ("postcode", "postcode || '|' || substr(surname, 1, 3)"),
    "by_home": ("street_number || '|' || address", "street_number || '|' || address || '|' || postcode"),
    "by_birth_date": ("birth_date", "birth_date || '|' || substr(surname, 1, 2)"),
    "by_national_id": ("national_id", None),
    "by_email": ("email", None),
    "by_phone": ("phone", None),
    "by_user_id": ("user_id", None),
    "by_household": (
        "surname || '|' || street_number || '|' || address || '|' || coalesce(postcode, suburb)",
        None,
    ),
}
# Who shares one of these is scored however unlikely it is that they are one person: relatives, and one user id.
UNLIKELY = ("l.by_household = r.by_household", "l.by_phone = r.by_phone", "l.by_user_id = r.by_user_id")
BLOCKING = (
    "l.by_name = r.by_name",
    "l.by_name = r.by_swapped_name",
    *(f"l.{key} = r.{key}" for key in _KEYS if key not in ("by_name", "by_swapped_name", "by_household")),
)


def prepare(
    connection: duckdb.DuckDBPyConnection, profiles: pa.Table, fresh: frozenset[str] | None
) -> list[str]:
    """Make the table `prepared` of the profiles, ordered by record; returns a sentence for each value left out.

    `fresh` names the records that are new (None: all are). Raises BadInput for a strange column, a record that is
    missing or stands twice.
    """
    connection.register("given", _checked(profiles))
    known = "true" if fresh is None else "record in (select unnest($fresh))"
    alike = ", ".join(f"{_MADE_ALIKE[column]} as {column}" for column in TOLD)
    connection.execute(
        f"create table alike as select record, source, {alike}, {known} as fresh from given order by record",
        None if fresh is None else {"fresh": sorted(fresh)},
    )
    connection.unregister("given")
    notes = [note for column in _PERSONAL for note in _drop_shared(connection, column)]
    keys = ", ".join(_key(name) for name in _KEYS)
    connection.execute(f"create table prepared as select *, {keys} from alike order by record")
    connection.execute("drop table alike")
    return notes


def _checked(profiles: pa.Table) -> pa.Table:
    strange = sorted(set(profiles.column_names) - set(COLUMNS))
    if strange:
        raise BadInput(f"profiles have no column {', '.join(strange)}; they have {', '.join(COLUMNS)}")
    if "record" not in profiles.column_names:
        raise BadInput("profiles need a column record, which names each of them")
    rows = pa.table({name: _as_text(profiles, name) for name in COLUMNS})
    record = rows.column("record")
    if record.null_count or pc.any(pc.equal(record, "")).as_py():
        raise BadInput("a profile has no record: every profile needs a name of its own")
    counts = pc.value_counts(record)
    twice = (
        [item["values"] for item in counts.to_pylist() if item["counts"] > 1]
        if len(counts) < len(record)
        else []
    )
    if twice:
        raise BadInput(f"record {min(twice)} stands twice; {len(twice)} record(s) do")
    return rows


def _as_text(profiles: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in profiles.column_names:
        return pa.chunked_array([pa.nulls(profiles.num_rows, pa.string())])
    return profiles.column(name).cast(pa.string())


def _drop_shared(connection: duckdb.DuckDBPyConnection, column: str) -> list[str]:
    """Make a value unknown that too many records hold to be one person's."""
    shared = f"select {column} from alike where {column} is not null group by {column} having count(*) > {MOST_HOLDERS}"
    found = int(connection.execute(f"select count(*) from ({shared})").fetchall()[0][0])
    if not found:
        return []
    connection.execute(f"update alike set {column} = null where {column} in ({shared})")
    return [f"{column}: {found} value(s) that more than {MOST_HOLDERS} records hold name no person"]


def _key(name: str) -> str:
    """A key as SQL: the coarse form where its block is small, else the finer one, else none."""
    coarse, fine = _KEYS[name]
    small = "count(*) over (partition by {}) <= " + str(LARGEST_BLOCK)
    finer = "" if fine is None else f"when {small.format(fine)} then {fine} "
    return f"case when {small.format(coarse)} then {coarse} {finer}end as {name}"
