from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0012_batches_and_deliveries_locks")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="signed_by",
            field=models.CharField(
                blank=True,
                help_text="Subject and fingerprint of the certificate; empty: not signed.",
                max_length=1000,
            ),
        )
        for name in ("edition", "historicaledition")
    ]
