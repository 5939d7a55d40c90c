"""Indexes for finding one of a million customers: by a beginning, by words of a name, by the end of a phone number."""

from django.db import migrations

# The words of a name in small letters and without their accents, so that Muller finds Müller. Punctuation of ASCII
# divides words: the parser of PostgreSQL would take "J.R.Ewing" for a host's name, and find no Ewing.
_WORDS = r"""
create function customers_words(said text) returns tsvector
language sql immutable strict parallel safe
return to_tsvector('simple', regexp_replace(
    regexp_replace(lower(normalize(said, nfkd)), '[\u0300-\u036f]', '', 'g'), '[!-/:-@\[-`{-~]+', ' ', 'g'))
"""
# A phone number from its last digit on: it is written with and without the country before it.
_DIGITS = r"""
create function customers_digits(said text) returns text
language sql immutable strict parallel safe
return reverse(regexp_replace(said, '[^0-9]', '', 'g'))
"""
# By code point ("C"), because an index in the order of a language finds no beginnings.
_INDEXES = {
    "record_by_beginning": 'customers_sourcerecord ((lower(value) collate "C"))',
    "record_by_digits": "customers_sourcerecord ((customers_digits(value) collate \"C\")) where kind = 'phone'",
    "address_by_beginning": 'customers_address ((lower(address) collate "C"))',
    "address_by_digits": "customers_address ((customers_digits(address) collate \"C\")) where medium = 'phone'",
    "fact_by_words": "customers_fact using gin (customers_words(value))"
    " where fact_class like 'name.%' and retracted_at is null",
}


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_facts")]
    operations = [
        migrations.RunSQL(_WORDS, "drop function customers_words(text)"),
        migrations.RunSQL(_DIGITS, "drop function customers_digits(text)"),
        *(
            migrations.RunSQL(f"create index {name} on {what}", f"drop index {name}")
            for name, what in _INDEXES.items()
        ),
    ]
