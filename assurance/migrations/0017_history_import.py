"""Tables of earlier years: whose they are, and what records say of them. Seen by whoever brought them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from assurance.rls import protect

OWN_OR_AUDITED = """(
    uploaded_by_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
    OR (SELECT current_setting('assurance.everything', true) = 'on')
    OR EXISTS (
        SELECT 1 FROM assurance_membership m
         WHERE m.person_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
           AND m.role = 'auditor' AND m.starts <= (now() AT TIME ZONE 'Europe/London')::date
           AND (m.ends IS NULL OR m.ends > (now() AT TIME ZONE 'Europe/London')::date)
           AND m.programme_id = assurance_historyimport.programme_id
    )
)"""
"""People see the tables that they brought; the tasks and national readers all; an auditor those of their programme."""


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0016_exports"),
        ("benchmarks", "0002_published_is_immutable"),
    ]

    operations = [
        migrations.AddField(
            model_name="assessment",
            name="source_date",
            field=models.DateField(blank=True, help_text="The date that the source gives of itself.", null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="stated_met",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="How many benchmarks the source says are met or exceeded, named or not.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="stated_of",
            field=models.PositiveSmallIntegerField(blank=True, help_text="Of how many it says so.", null=True),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="source_date",
            field=models.DateField(blank=True, help_text="The date that the source gives of itself.", null=True),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="stated_met",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="How many benchmarks the source says are met or exceeded, named or not.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="stated_of",
            field=models.PositiveSmallIntegerField(blank=True, help_text="Of how many it says so.", null=True),
        ),
        migrations.CreateModel(
            name="HistoryImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("name", models.CharField(help_text="As a person knows the file.", max_length=255)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key in the store; never part of an address.", max_length=255
                    ),
                ),
                ("size", models.PositiveBigIntegerField(help_text="In bytes.")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Being read"),
                            ("read", "Read, and not confirmed"),
                            ("refused", "Refused"),
                            ("applied", "Taken over"),
                            ("undone", "Undone"),
                            ("discarded", "Discarded"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("uploaded_by_name", models.CharField(help_text="As it was at the time.", max_length=200)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "faults",
                    models.JSONField(blank=True, default=list, help_text="Why it was refused as a whole, in words."),
                ),
                (
                    "content",
                    models.JSONField(blank=True, default=dict, help_text="What was read: lines, and what was not."),
                ),
                (
                    "corrections",
                    models.JSONField(
                        blank=True, default=dict, help_text="What was written in place of cells, by line and column."
                    ),
                ),
                (
                    "left_out",
                    models.JSONField(blank=True, default=list, help_text="The lines that are not to be taken over."),
                ),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("made", models.JSONField(blank=True, default=list, help_text="Ids of the assessments that it made.")),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undo_reason", models.TextField(blank=True)),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.programme"
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        blank=True,
                        help_text="For years that have no cycle yet and lines that name no scheme.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benchmarks.scheme",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-uploaded_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="assessment",
            name="history_import",
            field=models.ForeignKey(
                blank=True,
                help_text="The table that this record was taken over from; undone, it has this and no digest.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to="assurance.historyimport",
            ),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="history_import",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The table that this record was taken over from; undone, it has this and no digest.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="assurance.historyimport",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stated_met__isnull", True), ("stated_of__isnull", True)),
                    models.Q(
                        ("stated_met__isnull", False),
                        ("stated_met__lte", models.F("stated_of")),
                        ("stated_of__gt", 0),
                        ("stated_of__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="assessment_stated_share_is_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="historyimport",
            index=models.Index(fields=["state", "uploaded_at"], name="history_import_by_state"),
        ),
        migrations.AddConstraint(
            model_name="historyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("applied_at__isnull", False), ("state__in", ["applied", "undone"])),
                    models.Q(
                        models.Q(("state__in", ["applied", "undone"]), _negated=True), ("applied_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="history_import_applied_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="historyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "undone"), ("undone_at__isnull", False), models.Q(("undo_reason", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("state", "undone"), _negated=True), ("undo_reason", ""), ("undone_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="history_import_undone_says_why",
            ),
        ),
        protect("assurance_historyimport", condition=OWN_OR_AUDITED),
    ]
