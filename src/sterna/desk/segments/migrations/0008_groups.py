"""Groups A, B and C: judgements, changes to approve, reasons, blind checks; a stay in a group comes of no run."""

import django.db.models.deletion
import sterna.desk.config.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0006_class_counts'),
        ('segments', '0007_tiers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='membership',
            name='run_id',
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name='AgreementCheck',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=80)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('alpha', models.FloatField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CheckCustomer',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('check_of', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='customers', to='segments.agreementcheck')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreement_checks', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='CheckJudge',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('check_of', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judges', to='segments.agreementcheck')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CheckAnswer',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('group', models.CharField(max_length=1)),
                ('answered_at', models.DateTimeField()),
                ('asked', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='segments.checkcustomer')),
                ('judge', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='segments.checkjudge')),
            ],
        ),
        migrations.CreateModel(
            name='GroupChange',
            fields=[
                ('id', models.UUIDField(default=sterna.desk.config.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('from_group', models.CharField(max_length=4)),
                ('to_group', models.CharField(max_length=4)),
                ('reason', models.TextField()),
                ('expected_on', models.DateField(null=True)),
                ('next_step', models.TextField(blank=True)),
                ('proposed_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('approved', 'Approved'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='open', max_length=9)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_reason', models.TextField(blank=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_changes', to='customers.customer')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('definition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segments.definition')),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='GroupJudgement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=5)),
                ('holds', models.BooleanField()),
                ('why', models.TextField()),
                ('on', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_judgements', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='GroupReason',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('group', models.CharField(max_length=4)),
                ('is_review', models.BooleanField()),
                ('reason', models.TextField()),
                ('expected_on', models.DateField(null=True)),
                ('next_step', models.TextField(blank=True)),
                ('on', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_reasons', to='customers.customer')),
            ],
        ),
        migrations.AddConstraint(
            model_name='checkcustomer',
            constraint=models.UniqueConstraint(fields=('check_of', 'customer'), name='check_customer_once'),
        ),
        migrations.AddConstraint(
            model_name='checkjudge',
            constraint=models.UniqueConstraint(fields=('check_of', 'user'), name='check_judge_once'),
        ),
        migrations.AddConstraint(
            model_name='checkanswer',
            constraint=models.UniqueConstraint(fields=('asked', 'judge'), name='check_answer_once'),
        ),
        migrations.AddConstraint(
            model_name='groupchange',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('customer',), name='group_change_open'),
        ),
    ]
