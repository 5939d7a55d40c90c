"""A plan is reviewed, signed by two sides and launched; its stages close and its dependencies are delivered or slip.

What was in force by one approval is live from here on, launched by whoever approved it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What a state may become. Everything else of a version stays as it was loaded, and who launched it is written once.
_TRIGGER = """
create or replace function plan_refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if old.state = 'draft' then
            return old;
        end if;
    elsif (new.id, new.name, new.version, new.title, new.opens_on, new.closes_on, new.definition_id,
            new.source_text, new.loaded_at)
        is not distinct from (old.id, old.name, old.version, old.title, old.opens_on, old.closes_on,
            old.definition_id, old.source_text, old.loaded_at)
        and (new.state = old.state or (old.state, new.state) in (
            ('draft', 'review'), ('review', 'draft'), ('review', 'approved'), ('approved', 'draft'),
            ('approved', 'live'), ('live', 'closed')))
        and (old.state = 'approved' and new.state = 'live'
            or (new.launched_by_id, new.launched_at) is not distinct from (old.launched_by_id, old.launched_at))
    then
        return new;
    end if;
    raise integrity_constraint_violation using
        constraint = 'plan_version_stays',
        message = format('%s %s is %s and stays as it was loaded: load a new version',
            old.name, old.version, old.state);
end $$;
"""
_LIVE = """
alter table plans_plan disable trigger plan_version_stays;
update plans_plan set state = 'live' where state = 'approved';
alter table plans_plan enable trigger plan_version_stays;
"""
_USER = settings.AUTH_USER_MODEL


def _plan(name: str) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=name, to="plans.plan")


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_versions_stay"), migrations.swappable_dependency(_USER)]
    operations = [
        migrations.RemoveConstraint(model_name="plan", name="plan_one_in_force"),
        migrations.RenameField(model_name="plan", old_name="approved_by", new_name="launched_by"),
        migrations.RenameField(model_name="plan", old_name="approved_at", new_name="launched_at"),
        migrations.AlterField(
            model_name="plan",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("review", "In review"),
                    ("approved", "Approved"),
                    ("live", "Live"),
                    ("closed", "Closed"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.RunSQL(_LIVE, migrations.RunSQL.noop),
        migrations.RunSQL(_TRIGGER, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                fields=("name",), condition=models.Q(state="live"), name="plan_one_live"
            ),
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "side",
                    models.CharField(
                        choices=[("marketing", "Marketing"), ("technical", "Technical")], max_length=10
                    ),
                ),
                ("signed_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("void_at", models.DateTimeField(null=True)),
                ("plan", _plan("signatures")),
                ("signed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=_USER)),
            ],
            options={
                "ordering": ("signed_at", "id"),
                "constraints": (
                    models.UniqueConstraint(
                        fields=("plan", "side"),
                        condition=models.Q(void_at=None),
                        name="plan_signed_once_a_side",
                    ),
                    models.UniqueConstraint(
                        fields=("plan", "signed_by"),
                        condition=models.Q(void_at=None),
                        name="plan_signed_by_two",
                    ),
                ),
            },
        ),
        migrations.CreateModel(
            name="StageClosed",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stage", models.CharField(max_length=20)),
                ("closed_at", models.DateTimeField()),
                ("proof", models.CharField(max_length=600)),
                (
                    "closed_by",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=_USER),
                ),
                ("plan", _plan("stages_closed")),
            ],
            options={
                "ordering": ("closed_at", "id"),
                "constraints": (
                    models.UniqueConstraint(fields=("plan", "stage"), name="plan_stage_closed_once"),
                ),
            },
        ),
        migrations.CreateModel(
            name="DependencyEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("dependency", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[("slipped", "Slipped"), ("delivered", "Delivered")], max_length=10
                    ),
                ),
                ("was_by", models.DateField()),
                ("day", models.DateField()),
                ("told_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("plan", _plan("dependency_entries")),
                (
                    "told_by",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=_USER),
                ),
            ],
            options={
                "ordering": ("told_at", "id"),
                "constraints": (
                    models.UniqueConstraint(
                        fields=("plan", "dependency"),
                        condition=models.Q(kind="delivered"),
                        name="plan_dependency_delivered_once",
                    ),
                ),
            },
        ),
    ]
