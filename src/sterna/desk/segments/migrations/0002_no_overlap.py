"""A customer has one place of a scheme at a time: the database itself refuses two.

btree_gist, the usual way, is not in every PostgreSQL. A range type over the id gives the same with what the server
has: [id, id] meets [id, id] only for the same id.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql="""
            create type uuid_range as range (subtype = uuid);
            create type text_range as range (subtype = text);
            alter table segments_membership add constraint membership_no_overlap exclude using gist (
                uuid_range(customer_id, customer_id, '[]') with &&,
                text_range(scheme::text, scheme::text, '[]') with &&,
                during with &&
            );
            """,
            reverse_sql="""
            alter table segments_membership drop constraint membership_no_overlap;
            drop type text_range;
            drop type uuid_range;
            """,
        )
    ]
