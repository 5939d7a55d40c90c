"""A version of a plan keeps its content, its state only goes forward, and one version of a plan is in force.

Contacts and experiments carry the name and version of the plan they came from: a version that changed under them, or
went and came back as another, would make what was sent look like what was never approved. A draft that nobody
approved may go.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plans", "0002_initial")]
    operations = [
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                fields=("name",), condition=models.Q(state="approved"), name="plan_one_in_force"
            ),
        ),
        migrations.RunSQL(
            sql="""
            create function plan_refuse_change() returns trigger language plpgsql as $$
            begin
                if tg_op = 'DELETE' then
                    if old.state = 'draft' then
                        return old;
                    end if;
                elsif (new.id, new.name, new.version, new.title, new.opens_on, new.closes_on, new.definition_id,
                        new.source_text, new.loaded_at)
                    is not distinct from (old.id, old.name, old.version, old.title, old.opens_on, old.closes_on,
                        old.definition_id, old.source_text, old.loaded_at)
                    and (old.state = 'draft'
                        or (new.approved_by_id, new.approved_at)
                            is not distinct from (old.approved_by_id, old.approved_at)
                        and (new.state = old.state or old.state = 'approved' and new.state = 'closed'))
                then
                    return new;
                end if;
                raise integrity_constraint_violation using
                    constraint = 'plan_version_stays',
                    message = format('%s %s is %s and stays as it was loaded: load a new version',
                        old.name, old.version, old.state);
            end $$;
            create trigger plan_version_stays before update or delete on plans_plan
                for each row execute function plan_refuse_change();
            """,
            reverse_sql="""
            drop trigger plan_version_stays on plans_plan;
            drop function plan_refuse_change;
            """,
        ),
    ]
