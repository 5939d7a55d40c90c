"""A published definition never changes and never goes: the database itself refuses both.

Runs, experiments and plans pin a definition by its name, version and SHA-256, in documents that no foreign key sees,
and a version that went would be given out again. So none is deleted, whether this database knows a user of it or not.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("segments", "0003_alter_matrixcell_share")]
    operations = [
        migrations.RunSQL(
            sql="""
            create function definition_refuse_change() returns trigger language plpgsql as $$
            begin
                if tg_op = 'UPDATE' and new is not distinct from old then
                    return new;
                end if;
                raise integrity_constraint_violation using
                    constraint = 'definition_stays',
                    message = format('definition %s %s version %s stays as it was published: publish a new version',
                        old.kind, old.name, old.version);
            end $$;
            create trigger definition_stays before update or delete on segments_definition
                for each row execute function definition_refuse_change();
            """,
            reverse_sql="""
            drop trigger definition_stays on segments_definition;
            drop function definition_refuse_change;
            """,
        )
    ]
