"""A million customers in the order of any figure: the index of an order ends in the key that pages go on from."""

from django.db import migrations, models

SORTED = ("spend", "headroom", "orders", "recency_days", "expected_spend", "breadth")


class Migration(migrations.Migration):
    dependencies = [("values", "0001_initial")]
    operations = [
        migrations.RemoveIndex("worth", "worth_by_spend"),
        migrations.RemoveIndex("worth", "worth_by_headroom"),
        *(
            migrations.AddIndex(
                "worth", models.Index(fields=("run_id", column, "id"), name=f"worth_in_{column}")
            )
            for column in SORTED
        ),
    ]
