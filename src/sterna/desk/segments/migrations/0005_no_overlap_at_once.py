"""Two transactions at once cannot give a customer overlapping stays either, closed ones included.

The trigger saw only what was committed, and the unique indexes know open stays and first days: two closed stays that
were written at once could overlap. Now the writer of a stay holds the customer's row until it commits, so that the
second looks when the first is there. A stay that only shrinks meets no other and is let through unlooked.
"""

from django.db import migrations

_REFUSE = """
create or replace function membership_refuse_overlap() returns trigger language plpgsql as $$
begin
    {first}
    if exists (
        select 1 from segments_membership as other
        where other.customer_id = new.customer_id and other.scheme = new.scheme
            and other.id <> new.id and other.during && new.during
    ) then
        raise exclusion_violation using
            constraint = 'membership_no_overlap',
            message = format('customer %s has another place of %s in %s',
                new.customer_id, new.scheme, new.during);
    end if;
    return new;
end $$;
"""
_ALONE = """
    if tg_op = 'UPDATE' and new.customer_id = old.customer_id and new.scheme = old.scheme
        and new.during <@ old.during then
        return new;
    end if;
    perform 1 from customers_customer where id = new.customer_id for no key update;
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0004_definitions_stay"), ("customers", "0001_initial")]
    operations = [migrations.RunSQL(sql=_REFUSE.format(first=_ALONE), reverse_sql=_REFUSE.format(first=""))]
