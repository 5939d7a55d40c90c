"""What is known gets its meaning: facts in two times, the taxonomy and the rules, and what staff hears, asks and does.

A published taxonomy or book of rules stays as it was, because facts were let in and inferred by it. A fact never changes
but for its retraction, because what was known on a day is read from the rows themselves. The database refuses both.
"""

import django.db.models.deletion
import sterna.desk.config.ids
from django.conf import settings
from django.db import migrations, models

_STAY = migrations.RunSQL(
    """
    create function knowledge_refuse_change() returns trigger language plpgsql as $$
    begin
        if tg_op = 'UPDATE' and new is not distinct from old then
            return new;
        end if;
        raise integrity_constraint_violation using
            constraint = tg_name,
            message = format('version %s stays as it was published: publish a new version', old.version);
    end $$;
    create trigger taxonomy_stays before update or delete on customers_taxonomyversion
        for each row execute function knowledge_refuse_change();
    create trigger rules_stay before update or delete on customers_rulesversion
        for each row execute function knowledge_refuse_change();
    create function fact_refuse_change() returns trigger language plpgsql as $$
    declare
        kept customers_fact := new;
    begin
        kept.retracted_at := old.retracted_at;
        kept.retracted_by_id := old.retracted_by_id;
        kept.retracted_reason := old.retracted_reason;
        if new is not distinct from old or (kept is not distinct from old and old.retracted_at is null) then
            return new;
        end if;
        raise integrity_constraint_violation using
            constraint = 'fact_stays',
            message = format('fact %s stays as it was heard: retract it and say what is so', old.id);
    end $$;
    create trigger fact_stays before update on customers_fact
        for each row execute function fact_refuse_change();
    """,
    """
    drop trigger fact_stays on customers_fact;
    drop function fact_refuse_change;
    drop trigger rules_stay on customers_rulesversion;
    drop trigger taxonomy_stays on customers_taxonomyversion;
    drop function knowledge_refuse_change;
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_privacy'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactNote',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('touchpoint', models.CharField(max_length=60)),
                ('medium', models.CharField(max_length=20)),
                ('direction', models.CharField(max_length=10)),
                ('purpose', models.CharField(max_length=20)),
                ('text', models.TextField()),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('message_id', models.CharField(max_length=200, unique=True)),
                ('retracted_at', models.DateTimeField(null=True)),
                ('retracted_reason', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='CustomerRequest',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('words', models.TextField()),
                ('touchpoint', models.CharField(max_length=60)),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('promised', 'Promised'), ('done', 'Done'), ('declined', 'Declined')], default='asked', max_length=8)),
                ('promise', models.TextField(blank=True)),
                ('promised_at', models.DateTimeField(null=True)),
                ('due_on', models.DateField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('outcome', models.TextField(blank=True)),
                ('key', models.CharField(max_length=200, null=True, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='FactParent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='FactProposal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('fact_class', models.CharField(max_length=80)),
                ('value', models.CharField(max_length=300, null=True)),
                ('denied', models.BooleanField()),
                ('confidence', models.FloatField()),
                ('quote', models.TextField()),
                ('start', models.IntegerField()),
                ('end', models.IntegerField()),
                ('reason', models.TextField()),
                ('observed_on', models.DateField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('confirmed', 'Confirmed'), ('refused', 'Refused')], default='open', max_length=9)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='FactRefusal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('fact_class', models.CharField(max_length=80)),
                ('source', models.CharField(max_length=60)),
                ('reason', models.TextField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('times', models.BigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Occasion',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('fact_class', models.CharField(max_length=80)),
                ('whose', models.CharField(blank=True, max_length=120)),
                ('month', models.SmallIntegerField()),
                ('day', models.SmallIntegerField(null=True)),
                ('year', models.SmallIntegerField(null=True)),
                ('yearly', models.BooleanField()),
                ('source', models.CharField(max_length=60)),
                ('consent', models.BooleanField(null=True)),
                ('sensitivity', models.CharField(max_length=12)),
                ('quiet_until', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('retracted_at', models.DateTimeField(null=True)),
                ('retracted_reason', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('fact_class', models.CharField(max_length=80)),
                ('words', models.TextField()),
                ('touchpoint', models.CharField(max_length=60)),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('answered', 'Answered'), ('declined', 'Would rather not say')], default='open', max_length=8)),
                ('answer', models.CharField(blank=True, max_length=300)),
                ('settled_at', models.DateTimeField(null=True)),
                ('quiet_until', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='RulesVersion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('taxonomy', models.CharField(max_length=60)),
                ('version', models.IntegerField()),
                ('body', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('source_text', models.TextField()),
                ('reason', models.TextField()),
                ('published_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TaxonomyVersion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('version', models.IntegerField()),
                ('body', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('source_text', models.TextField()),
                ('reason', models.TextField()),
                ('published_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='fact',
            name='fact_once',
        ),
        migrations.AddField(
            model_name='fact',
            name='expires_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='fact',
            name='heard_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='fact',
            name='retracted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='fact',
            name='retracted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='fact',
            name='retracted_reason',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='fact',
            name='rule',
            field=models.CharField(blank=True, db_default='', default='', max_length=50),
        ),
        migrations.AddField(
            model_name='fact',
            name='sensitivity',
            field=models.CharField(db_default='none', default='none', max_length=12),
        ),
        migrations.AddField(
            model_name='fact',
            name='touchpoint',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='contactnote',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactnote',
            name='retracted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactnote',
            name='source_record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='fact',
            name='note',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='facts', to='customers.contactnote'),
        ),
        migrations.AddField(
            model_name='customerrequest',
            name='asked_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='customerrequest',
            name='promised_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='customerrequest',
            name='settled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='customerrequest',
            name='source_record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='factparent',
            name='fact',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parents', to='customers.fact'),
        ),
        migrations.AddField(
            model_name='factparent',
            name='parent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='children', to='customers.fact'),
        ),
        migrations.AddField(
            model_name='factproposal',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='factproposal',
            name='fact',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='customers.fact'),
        ),
        migrations.AddField(
            model_name='factproposal',
            name='note',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='customers.contactnote'),
        ),
        migrations.AddConstraint(
            model_name='factrefusal',
            constraint=models.UniqueConstraint(fields=('code', 'fact_class', 'source'), name='fact_refusal_once'),
        ),
        migrations.AddField(
            model_name='occasion',
            name='fact',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='occasions', to='customers.fact'),
        ),
        migrations.AddField(
            model_name='occasion',
            name='recorded_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='occasion',
            name='retracted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='occasion',
            name='source_record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='occasions', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='question',
            name='asked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='question',
            name='fact',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='customers.fact'),
        ),
        migrations.AddField(
            model_name='question',
            name='request',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='customers.customerrequest'),
        ),
        migrations.AddField(
            model_name='question',
            name='source_record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='rulesversion',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='fact',
            name='rules',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.rulesversion'),
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(condition=models.Q(('retracted_at', None)), fields=['fact_class', 'source_record'], name='fact_by_class'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.UniqueConstraint(condition=models.Q(('retracted_at', None), ('rule', '')), fields=('source_record', 'fact_class', 'source', 'observed_on', 'value'), name='fact_once'),
        ),
        migrations.AddField(
            model_name='taxonomyversion',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='customerrequest',
            index=models.Index(condition=models.Q(('state__in', ('asked', 'promised'))), fields=['due_on', 'asked_at'], name='request_open'),
        ),
        migrations.AddConstraint(
            model_name='factparent',
            constraint=models.UniqueConstraint(fields=('fact', 'parent'), name='fact_parent_once'),
        ),
        migrations.AddIndex(
            model_name='factproposal',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['note'], name='proposal_open'),
        ),
        migrations.AddIndex(
            model_name='occasion',
            index=models.Index(condition=models.Q(('retracted_at', None)), fields=['month', 'day'], name='occasion_by_month'),
        ),
        migrations.AddIndex(
            model_name='occasion',
            index=models.Index(condition=models.Q(('quiet_until__isnull', False), ('retracted_at', None)), fields=['quiet_until'], name='occasion_quiet'),
        ),
        migrations.AddConstraint(
            model_name='occasion',
            constraint=models.CheckConstraint(condition=models.Q(('month__range', (1, 12))), name='occasion_month'),
        ),
        migrations.AddConstraint(
            model_name='occasion',
            constraint=models.CheckConstraint(condition=models.Q(('day', None), ('day__range', (1, 31)), _connector='OR'), name='occasion_day'),
        ),
        migrations.AddConstraint(
            model_name='rulesversion',
            constraint=models.UniqueConstraint(fields=('taxonomy', 'version'), name='rules_version_once'),
        ),
        migrations.AddConstraint(
            model_name='taxonomyversion',
            constraint=models.UniqueConstraint(fields=('name', 'version'), name='taxonomy_version_once'),
        ),
        _STAY,
    ]
