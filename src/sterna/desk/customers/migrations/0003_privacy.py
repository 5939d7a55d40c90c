"""Consent with its lawful basis and wording, what customers say on their own page, and erasures."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Func, Q, Value

import sterna.desk.config.ids

_SEQUENCE = models.BigIntegerField(
    db_default=Func(Value("customers_sequence"), function="nextval"), editable=False
)
_RECORD = "customers.sourcerecord"


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="consent",
            name="lawful_basis",
            field=models.CharField(db_default="consent", default="consent", max_length=20),
        ),
        migrations.AddField(
            model_name="consent",
            name="wording",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "source_record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="preference",
                        serialize=False,
                        to=_RECORD,
                    ),
                ),
                ("most_a_month", models.PositiveSmallIntegerField(null=True)),
                ("no_topics", models.JSONField(default=list)),
                ("said_at", models.DateTimeField()),
                ("sequence", _SEQUENCE.clone()),
            ],
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("touchpoint", models.CharField(max_length=80)),
                ("score", models.PositiveSmallIntegerField()),
                ("said_at", models.DateTimeField()),
                (
                    "source_record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ratings",
                        to=_RECORD,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["touchpoint"], name="rating_by_touchpoint")],
                "constraints": [
                    models.UniqueConstraint(fields=("source_record", "touchpoint"), name="rating_once"),
                    models.CheckConstraint(condition=Q(("score__range", (1, 5))), name="rating_from_1_to_5"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=sterna.desk.config.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done")], default="running", max_length=7
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("subject", models.JSONField(null=True)),
                ("steps", models.JSONField(default=list)),
                ("done_at", models.DateTimeField(null=True)),
                ("receipt", models.TextField(blank=True)),
                ("suppressed", models.IntegerField(default=0)),
                ("shared", models.IntegerField(default=0)),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("requested_at", "id")},
        ),
    ]
