"""A door in the audit for erasure: the words of one person become a pseudonym, and nothing else can be changed.

The setting `sterna.erasing`, which ends with its transaction, holds the words and the pseudonym as JSON. The database
itself computes what a line says without them and takes that and no other change.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_lines_stay")]
    operations = [
        migrations.RunSQL(
            sql=r"""
            create function audit_without(said text, erasing jsonb) returns text language plpgsql immutable as $$
            declare word text;
            begin
                for word in select jsonb_array_elements_text(erasing -> 'words') loop
                    if position(lower(word) in lower(said)) > 0 then
                        said := regexp_replace(said,
                            '(?<![[:alnum:]_])' || regexp_replace(word, '([^[:alnum:]_])', '\\\1', 'g')
                            || '(?![[:alnum:]_])', erasing ->> 'pseudonym', 'gi');
                    end if;
                end loop;
                return said;
            end $$;
            create or replace function audit_refuse_change() returns trigger language plpgsql as $$
            declare
                erasing jsonb := nullif(current_setting('sterna.erasing', true), '')::jsonb;
                allowed audit_entry := old;
            begin
                if tg_op = 'UPDATE' and erasing ->> 'pseudonym' ~ '^erased-[0-9a-f]{12}$' then
                    allowed.subject := left(audit_without(old.subject, erasing), 120);
                    allowed.reason := audit_without(old.reason, erasing);
                    allowed.detail := audit_without(old.detail::text, erasing)::jsonb;
                    allowed.key := left(audit_without(old.key, erasing), 200);
                    if new = allowed and new <> old then
                        return new;
                    end if;
                end if;
                raise integrity_constraint_violation using
                    constraint = 'audit_line_stays',
                    message = format('the audit of %s stays as it was written', old.at);
            end $$;
            """,
            reverse_sql="""
            create or replace function audit_refuse_change() returns trigger language plpgsql as $$
            begin
                raise integrity_constraint_violation using
                    constraint = 'audit_line_stays',
                    message = format('the audit of %s stays as it was written', old.at);
            end $$;
            drop function audit_without;
            """,
        )
    ]
