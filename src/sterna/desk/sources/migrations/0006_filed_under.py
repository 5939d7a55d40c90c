"""Where an event was filed when that is not whom it names first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a column that is null for nearly every event."""

    dependencies = [("sources", "0005_suppressed")]

    operations = [
        migrations.AddField(
            model_name="inboxevent",
            name="filed_under",
            field=models.TextField(null=True),
        ),
    ]
