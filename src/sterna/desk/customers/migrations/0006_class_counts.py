"""How full every class was, as it was counted: a page reads the figures instead of every fact."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClassCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('on', models.DateField()),
                ('counted_at', models.DateTimeField()),
                ('customers', models.BigIntegerField()),
                ('body', models.JSONField()),
                ('taxonomy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.taxonomyversion')),
            ],
        ),
    ]
