"""The customer becomes a projection of source records and edges; what was there gets its seeds, edges and owners.

Until now nobody could merge: all records of a customer but the first had joined it when they were first seen. So the
first record takes the customer's id as its seed and an edge leads from it to each of the others.
"""

import django.db.models.deletion
import sterna.desk.config.ids
from django.conf import settings
from django.db import migrations, models


_SEQUENCE = migrations.RunSQL("create sequence customers_sequence", "drop sequence customers_sequence")
# Records first, then edges, then what was said: a word said of a customer was never said before its records met.
_BACKFILL = migrations.RunSQL(
    [
        """
        update customers_sourcerecord as r set
            sequence = n.place,
            seed = case when n.turn = 1 then r.customer_id else gen_random_uuid() end
        from (
            select id, row_number() over (order by created_at, id) as place,
                row_number() over (partition by customer_id order by created_at, id) as turn
            from customers_sourcerecord
        ) as n
        where n.id = r.id
        """,
        "select setval('customers_sequence', (select count(*) + 1 from customers_sourcerecord))",
        """
        insert into customers_identityedge (left_id, right_id, kind, evidence, said_at, recorded_at)
        select least(first.id, r.id), greatest(first.id, r.id),
            case when first.kind = r.kind and first.value = r.value then 'same value' else 'observed' end,
            '{}', r.created_at, r.created_at
        from customers_sourcerecord as r
        join customers_sourcerecord as first on first.seed = r.customer_id and first.id <> r.id
        order by r.sequence
        """,
        *(
            f"""
            update customers_{table} as said set source_record_id = spoke.id
            from (
                select distinct on (s.id) s.id as said_id, r.id
                from customers_{table} as s join customers_sourcerecord as r on r.customer_id = s.customer_id
                order by s.id, r.source <> s.source, r.sequence
            ) as spoke
            where spoke.said_id = said.id
            """
            for table in ("consent", "address")
        ),
        """
        update customers_consent as c set sequence = n.place + (select last_value from customers_sequence)
        from (select id, row_number() over (order by recorded_at, id) as place from customers_consent) as n
        where n.id = c.id
        """,
        "select setval('customers_sequence', (select last_value from customers_sequence) + "
        "(select count(*) + 1 from customers_consent))",
    ],
    migrations.RunSQL.noop,
)
_STAYS = migrations.RunSQL(
    """
    create function identity_refuse_change() returns trigger language plpgsql as $$
    begin
        if to_jsonb(old) ? 'undone_at' and to_jsonb(old) ->> 'undone_at' is null
            and to_jsonb(new) - 'undone_at' = to_jsonb(old) - 'undone_at' then
            return new;
        end if;
        raise integrity_constraint_violation using
            constraint = 'identity_stays',
            message = format('row %s of %s stays as it was written', old.id, tg_table_name);
    end $$;
    create trigger identity_edge_stays before update on customers_identityedge
        for each row execute function identity_refuse_change();
    create trigger link_model_stays before update on customers_linkmodel
        for each row execute function identity_refuse_change();
    """,
    """
    drop trigger link_model_stays on customers_linkmodel;
    drop trigger identity_edge_stays on customers_identityedge;
    drop function identity_refuse_change;
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        _SEQUENCE,
        migrations.CreateModel(
            name='BlockedValue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('value', models.CharField(max_length=200)),
                ('is_pattern', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Followed',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('memo', models.JSONField()),
                ('joined_at', models.DateTimeField()),
                ('parted_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Household',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=340, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='HouseholdMember',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('how', models.CharField(choices=[('steward', 'Somebody decided'), ('import', 'A source says so'), ('matched', 'Matched by what is known of both')], max_length=8)),
                ('reason', models.TextField(blank=True)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='IdentifierKind',
            fields=[
                ('kind', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('priority', models.IntegerField()),
                ('limit', models.IntegerField()),
                ('by_source', models.BooleanField(default=False)),
                ('names', models.BooleanField(default=False)),
                ('joins', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='IdentityDecision',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('merge', 'Merge'), ('split', 'Split')], max_length=5)),
                ('reason', models.TextField()),
                ('decided_at', models.DateTimeField()),
                ('key', models.CharField(max_length=200, null=True, unique=True)),
                ('ended_edges', models.JSONField(default=list)),
                ('undone_at', models.DateTimeField(null=True)),
                ('undone_reason', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='IdentityEdge',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('observed', 'Seen in one event'), ('same value', 'The same identifier from another source'), ('alias', 'Declared one by an alias call'), ('matched', 'Matched by what is known of both'), ('must-link', 'Somebody decided that they are one'), ('cannot-link', 'Somebody decided that they are two')], max_length=11)),
                ('evidence', models.JSONField(default=dict)),
                ('probability', models.FloatField(null=True)),
                ('said_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('sequence', models.BigIntegerField(db_default=models.Func(models.Value('customers_sequence'), function='nextval'), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='IdentityRefusal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('identifier', models.CharField(max_length=300)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('times', models.BigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='LinkModel',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('version', models.IntegerField(unique=True)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('body', models.TextField()),
                ('trained_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ReviewPair',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('probability', models.FloatField()),
                ('weight', models.FloatField(null=True)),
                ('evidence', models.JSONField()),
                ('veto', models.CharField(blank=True, max_length=200)),
                ('found_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('same', 'One person'), ('different', 'Two persons'), ('household', 'Two persons of one household'), ('settled', 'Settled')], default='open', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='SharedValue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('value', models.CharField(max_length=200)),
                ('one', models.CharField(max_length=300)),
                ('two', models.CharField(max_length=300)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='address',
            name='address_once',
        ),
        migrations.RemoveConstraint(
            model_name='consent',
            name='consent_once',
        ),
        migrations.AddField(
            model_name='address',
            name='source_record',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='addresses', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='consent',
            name='sequence',
            field=models.BigIntegerField(db_default=models.Func(models.Value('customers_sequence'), function='nextval'), editable=False),
        ),
        migrations.AddField(
            model_name='consent',
            name='source_record',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='sourcerecord',
            name='seed',
            field=models.UUIDField(db_default=models.Func(function='gen_random_uuid'), editable=False),
        ),
        migrations.AddField(
            model_name='sourcerecord',
            name='sequence',
            field=models.BigIntegerField(db_default=models.Func(models.Value('customers_sequence'), function='nextval'), editable=False),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(condition=models.Q(('source_record', None)), fields=('customer', 'medium', 'address'), name='address_once'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(fields=('source_record', 'medium', 'address'), name='address_once_a_record'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(condition=models.Q(('source_record', None)), fields=('customer', 'medium', 'purpose', 'source', 'said_on', 'granted'), name='consent_once'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(fields=('source_record', 'medium', 'purpose', 'source', 'said_on', 'granted'), name='consent_once_a_record'),
        ),
        migrations.AddConstraint(
            model_name='blockedvalue',
            constraint=models.UniqueConstraint(fields=('value', 'is_pattern'), name='blocked_value_once'),
        ),
        migrations.AddField(
            model_name='followed',
            name='gone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='followed',
            name='kept',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='householdmember',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='householdmember',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='households', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='householdmember',
            name='household',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='customers.household'),
        ),
        migrations.AddField(
            model_name='identitydecision',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='identitydecision',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='identityedge',
            name='actor',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='identityedge',
            name='decision',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='edges', to='customers.identitydecision'),
        ),
        migrations.AddField(
            model_name='identityedge',
            name='left',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='identityedge',
            name='right',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='identityrefusal',
            name='other',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='identityrefusal',
            name='record',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refusals', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='reviewpair',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewpair',
            name='left',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.sourcerecord'),
        ),
        migrations.AddField(
            model_name='reviewpair',
            name='model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.linkmodel'),
        ),
        migrations.AddField(
            model_name='reviewpair',
            name='right',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.sourcerecord'),
        ),
        migrations.AddConstraint(
            model_name='sharedvalue',
            constraint=models.UniqueConstraint(fields=('kind', 'value'), name='shared_value_once'),
        ),
        migrations.AddConstraint(
            model_name='followed',
            constraint=models.UniqueConstraint(condition=models.Q(('parted_at', None)), fields=('name', 'gone'), name='followed_once'),
        ),
        migrations.AddConstraint(
            model_name='householdmember',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('customer',), name='one_household_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='identityedge',
            constraint=models.CheckConstraint(condition=models.Q(('left__lt', models.F('right'))), name='edge_of_two_in_order'),
        ),
        migrations.AddConstraint(
            model_name='identityedge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('left', 'right', 'kind'), name='edge_once'),
        ),
        migrations.AddIndex(
            model_name='identityedge',
            index=models.Index(condition=models.Q(('undone_at__isnull', False)), fields=['left'], name='edge_undone_by_left'),
        ),
        migrations.AddIndex(
            model_name='identityedge',
            index=models.Index(condition=models.Q(('decision__isnull', False)), fields=['decision'], name='edge_by_decision'),
        ),
        migrations.AddIndex(
            model_name='identityrefusal',
            index=models.Index(fields=['identifier'], name='refusal_by_identifier'),
        ),
        migrations.AddConstraint(
            model_name='identityrefusal',
            constraint=models.UniqueConstraint(fields=('code', 'record', 'identifier'), name='refusal_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='reviewpair',
            index=models.Index(fields=['state', '-probability', 'id'], name='review_queue'),
        ),
        migrations.AddConstraint(
            model_name='reviewpair',
            constraint=models.CheckConstraint(condition=models.Q(('left__lt', models.F('right'))), name='review_of_two_in_order'),
        ),
        migrations.AddConstraint(
            model_name='reviewpair',
            constraint=models.UniqueConstraint(fields=('left', 'right'), name='review_pair_once'),
        ),
        _STAYS,
        _BACKFILL,
    ]
