"""When somebody was taken out of a run's files."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]
    operations = [
        migrations.AddField(model_name="run", name="erased_at", field=models.DateTimeField(null=True)),
    ]
