"""What advisers write in Welsh, in the scope of its authority."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from assurance.rls import protect, same_authority


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0012_documents_about"),
        ("letters", "0007_wording_in_the_browser"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="HistoricalLetterTranslation",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("language", models.CharField(help_text="Code of the language, such as cy.", max_length=2)),
                ("key", models.CharField(help_text="Which text it is, such as benchmark:3:summary.", max_length=60)),
                ("text", models.TextField(blank=True, help_text="Empty: not translated, or taken back.")),
                (
                    "english_digest",
                    models.CharField(help_text="SHA-256 of the English that it was written for.", max_length=64),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.authority",
                    ),
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
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="letters.letter",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical letter translation",
                "verbose_name_plural": "historical letter translations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="LetterTranslation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("language", models.CharField(help_text="Code of the language, such as cy.", max_length=2)),
                ("key", models.CharField(help_text="Which text it is, such as benchmark:3:summary.", max_length=60)),
                ("text", models.TextField(blank=True, help_text="Empty: not translated, or taken back.")),
                (
                    "english_digest",
                    models.CharField(help_text="SHA-256 of the English that it was written for.", max_length=64),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="translations", to="letters.letter"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("letter", "language", "key"), name="letter_translation_once")
                ],
            },
        ),
        protect("letters_lettertranslation", "letters_historicallettertranslation"),
        same_authority("letters_lettertranslation", "letter_id", "letters_letter"),
    ]
