"""The list of those who were erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sources", "0004_uploads")]
    operations = [
        migrations.CreateModel(
            name="Suppressed",
            fields=[
                ("hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("erasure", models.UUIDField(db_index=True)),
                ("since", models.DateTimeField()),
            ],
        ),
    ]
