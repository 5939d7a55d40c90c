import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('segments', '0014_definitions_may_return'),
    ]

    operations = [
        migrations.AlterField(
            model_name='membership',
            name='customer',
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name='memberships',
                to='customers.customer',
            ),
        ),
    ]
