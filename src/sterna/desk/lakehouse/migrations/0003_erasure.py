"""Which segments an erasure took out of the lake."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lakehouse", "0002_fixed")]
    operations = [
        migrations.AddField(model_name="segment", name="erasure", field=models.UUIDField(null=True)),
    ]
