"""Wording is edited in the browser: who saved what, and a token against stale forms."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0006_letters_without_content"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="wording",
            name="revision",
            field=models.PositiveIntegerField(default=1, help_text="Rises with every save of the draft."),
        ),
        migrations.CreateModel(
            name="HistoricalWording",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=10)),
                ("version", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("scheme_code", models.CharField(help_text="The scheme that this wording goes with.", max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published")], default="draft", max_length=20
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("content", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("revision", models.PositiveIntegerField(default=1, help_text="Rises with every save of the draft.")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical wording",
                "verbose_name_plural": "historical wordings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
