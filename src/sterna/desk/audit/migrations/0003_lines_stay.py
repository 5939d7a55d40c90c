"""A line of the audit never changes and never goes: the database itself refuses both."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_initial")]
    operations = [
        migrations.RunSQL(
            sql="""
            create function audit_refuse_change() returns trigger language plpgsql as $$
            begin
                raise integrity_constraint_violation using
                    constraint = 'audit_line_stays',
                    message = format('the audit of %s stays as it was written', old.at);
            end $$;
            create trigger audit_line_stays before update or delete on audit_entry
                for each row execute function audit_refuse_change();
            """,
            reverse_sql="""
            drop trigger audit_line_stays on audit_entry;
            drop function audit_refuse_change;
            """,
        )
    ]
