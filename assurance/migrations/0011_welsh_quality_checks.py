"""The quality check looks at a letter's Welsh as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0010_managers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicaloverrule",
            name="check_code",
            field=models.CharField(
                choices=[
                    ("against_marks", "Outcome against the criteria"),
                    ("no_comments", "No comments"),
                    ("other_authority", "Another authority is named"),
                    ("exceeded", "“Exceeded” for “Exceeding”"),
                    ("too_long", "Longer than prints well"),
                    ("unanswered", "Question without an answer"),
                    ("on_nothing", "Recommendation on no benchmark"),
                    ("second_reading", "Second reading"),
                    ("no_wording", "No wording in Welsh"),
                    ("unchecked_wording", "Wording that no translator has checked"),
                    ("scheme_in_english", "Scheme in English"),
                    ("untranslated", "Text without Welsh"),
                    ("outdated", "Welsh of an earlier text"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="overrule",
            name="check_code",
            field=models.CharField(
                choices=[
                    ("against_marks", "Outcome against the criteria"),
                    ("no_comments", "No comments"),
                    ("other_authority", "Another authority is named"),
                    ("exceeded", "“Exceeded” for “Exceeding”"),
                    ("too_long", "Longer than prints well"),
                    ("unanswered", "Question without an answer"),
                    ("on_nothing", "Recommendation on no benchmark"),
                    ("second_reading", "Second reading"),
                    ("no_wording", "No wording in Welsh"),
                    ("unchecked_wording", "Wording that no translator has checked"),
                    ("scheme_in_english", "Scheme in English"),
                    ("untranslated", "Text without Welsh"),
                    ("outdated", "Welsh of an earlier text"),
                ],
                max_length=30,
            ),
        ),
    ]
