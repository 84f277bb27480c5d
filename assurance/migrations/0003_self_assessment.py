import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import assurance.models.cycle


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0002_locks"),
        ("benchmarks", "0002_published_is_immutable"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("author_name", models.CharField(help_text="As it was at the time.", max_length=200)),
                ("text", models.TextField()),
                (
                    "mentions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Ids of people.",
                        size=None,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="comments", to="assurance.assessment"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "self_assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="assurance.selfassessment",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
                "indexes": [models.Index(fields=["self_assessment", "at"], name="comment_by_benchmark")],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, help_text="As a person knows the file.", max_length=255)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key in the store; never part of an address.", max_length=255
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, help_text="In bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("workbook_xlsx", "Workbook (Excel)"),
                            ("workbook_ods", "Workbook (OpenDocument)"),
                            ("submission", "Self-assessment as PDF"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Being made"), ("ready", "Ready"), ("failed", "Could not be made")],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                ("fault", models.TextField(blank=True, help_text="Why it could not be made, in words for the person.")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="documents", to="assurance.assessment"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-id"],
                "indexes": [models.Index(fields=["state", "asked_at"], name="document_by_state")],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("base_version", models.PositiveIntegerField(help_text="Of the answer on which it was begun.")),
                ("content", models.JSONField(help_text="The form as it was posted: lists of values by field.")),
                ("saved_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to="assurance.assessment"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "self_assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to="assurance.selfassessment",
                    ),
                ),
            ],
            options={
                "ordering": ["-saved_at"],
                "constraints": [models.UniqueConstraint(fields=("self_assessment", "person"), name="draft_once")],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("kind", models.CharField(choices=[("file", "File"), ("link", "Link")], max_length=10)),
                ("title", models.CharField(max_length=200)),
                ("url", models.CharField(blank=True, help_text="Of a link.", max_length=2000)),
                (
                    "benchmark_numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "criterion_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence_items",
                        to="assurance.assessment",
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
            ],
            options={
                "ordering": ["added_at", "id"],
                "indexes": [models.Index(fields=["assessment"], name="evidence_by_assessment")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "file"), ("url", "")),
                            models.Q(("kind", "link"), models.Q(("url", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="evidence_url_iff_link",
                    ),
                    models.UniqueConstraint(fields=("id", "authority"), name="evidence_with_authority"),
                    models.CheckConstraint(condition=models.Q(("title", ""), _negated=True), name="evidence_has_title"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, help_text="As a person knows the file.", max_length=255)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key in the store; never part of an address.", max_length=255
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, help_text="In bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "media_type",
                    models.CharField(help_text="As its content says, whatever its name says.", max_length=100),
                ),
                ("added_at", models.DateTimeField()),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("not_asked", "No scanner is set up"),
                            ("clean", "Nothing found"),
                            ("waiting", "Being scanned"),
                            ("infected", "A virus was found"),
                        ],
                        max_length=20,
                    ),
                ),
                ("scanned_at", models.DateTimeField(blank=True, null=True)),
                ("finding", models.CharField(blank=True, help_text="What the scanner found.", max_length=200)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.assessment"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="assurance.evidence"
                    ),
                ),
            ],
            options={
                "ordering": ["evidence", "-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("evidence", "number"), name="evidence_file_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "progress",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("in_progress", "In progress"),
                            ("not_started", "Not started"),
                            ("no_longer_relevant", "No longer relevant"),
                        ],
                        max_length=20,
                    ),
                ),
                ("owner", models.CharField(blank=True, max_length=200)),
                ("note", models.TextField(blank=True)),
                ("saved_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="assurance.assessment",
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "recommendation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="assurance.recommendation",
                    ),
                ),
            ],
            options={
                "ordering": ["recommendation__position"],
                "constraints": [
                    models.UniqueConstraint(fields=("assessment", "recommendation"), name="follow_up_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalEvidence",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("kind", models.CharField(choices=[("file", "File"), ("link", "Link")], max_length=10)),
                ("title", models.CharField(max_length=200)),
                ("url", models.CharField(blank=True, help_text="Of a link.", max_length=2000)),
                (
                    "benchmark_numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "criterion_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.assessment",
                    ),
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
            ],
            options={
                "verbose_name": "historical evidence",
                "verbose_name_plural": "historical evidences",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalEvidenceFile",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(blank=True, help_text="As a person knows the file.", max_length=255)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key in the store; never part of an address.", max_length=255
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, help_text="In bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "media_type",
                    models.CharField(help_text="As its content says, whatever its name says.", max_length=100),
                ),
                ("added_at", models.DateTimeField()),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("not_asked", "No scanner is set up"),
                            ("clean", "Nothing found"),
                            ("waiting", "Being scanned"),
                            ("infected", "A virus was found"),
                        ],
                        max_length=20,
                    ),
                ),
                ("scanned_at", models.DateTimeField(blank=True, null=True)),
                ("finding", models.CharField(blank=True, help_text="What the scanner found.", max_length=200)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.assessment",
                    ),
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
                    "evidence",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.evidence",
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
            ],
            options={
                "verbose_name": "historical evidence file",
                "verbose_name_plural": "historical evidence files",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFollowUp",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "progress",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("in_progress", "In progress"),
                            ("not_started", "Not started"),
                            ("no_longer_relevant", "No longer relevant"),
                        ],
                        max_length=20,
                    ),
                ),
                ("owner", models.CharField(blank=True, max_length=200)),
                ("note", models.TextField(blank=True)),
                ("saved_at", models.DateTimeField()),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.assessment",
                    ),
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
                    "recommendation",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.recommendation",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical follow up",
                "verbose_name_plural": "historical follow ups",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="What it is about, for whom, and which time.", max_length=200, unique=True
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invitation", "Invitation"),
                            ("password", "New password"),
                            ("lead_role", "Lead role handed over"),
                            ("given", "Benchmarks given"),
                            ("mentioned", "Mentioned in a comment"),
                            ("submitted", "Self-assessment submitted"),
                            ("questions", "Questions from the adviser"),
                            ("reminder", "Reminder of a deadline"),
                            ("digest", "Weekly digest"),
                        ],
                        max_length=30,
                    ),
                ),
                ("address", models.EmailField(help_text="As it was at the time.", max_length=254)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Waits for the weekly digest"),
                            ("waiting", "To be sent"),
                            ("sending", "Handed over, and no answer yet"),
                            ("sent", "Sent"),
                            ("gathered", "Sent in a digest"),
                            ("failed", "Given up"),
                            ("dropped", "Not sent: no longer true"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("not_before", models.DateTimeField(help_text="When it may be tried next.")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("fault", models.TextField(blank=True, help_text="What the last attempt met with.")),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assurance.assessment",
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assurance.authority",
                    ),
                ),
                (
                    "digest",
                    models.ForeignKey(
                        blank=True,
                        help_text="The weekly message in which it went.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gathered",
                        to="assurance.message",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["state", "not_before"], name="message_by_state"),
                    models.Index(fields=["person", "state"], name="message_by_person"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="message_sent_has_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, help_text="As a person knows the file.", max_length=255)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key in the store; never part of an address.", max_length=255
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, help_text="In bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Being read"),
                            ("compared", "Read and compared"),
                            ("refused", "Refused"),
                            ("applied", "Applied"),
                            ("discarded", "Discarded"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("uploaded_at", models.DateTimeField()),
                (
                    "faults",
                    models.JSONField(blank=True, default=list, help_text="Why it was refused as a whole, in words."),
                ),
                (
                    "content",
                    models.JSONField(blank=True, default=dict, help_text="What was read, by benchmark number."),
                ),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="assurance.assessment"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-uploaded_at", "-id"],
                "indexes": [models.Index(fields=["state", "uploaded_at"], name="upload_by_state")],
            },
        ),
        migrations.AddField(
            model_name="assessment",
            name="reference",
            field=models.CharField(blank=True, help_text="Of the submission, to quote in a letter.", max_length=40),
        ),
        migrations.AddField(
            model_name="cycle",
            name="remind_overdue",
            field=models.BooleanField(default=True, help_text="Whether people are reminded the day after, too."),
        ),
        migrations.AddField(
            model_name="cycle",
            name="reminder_days",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                blank=True,
                default=assurance.models.cycle.reminder_days,
                help_text="How many days before a deadline people are reminded of it.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="givenbenchmark",
            name="due_on",
            field=models.DateField(blank=True, help_text="When the lead would like to have it.", null=True),
        ),
        migrations.AddField(
            model_name="givenbenchmark",
            name="note",
            field=models.TextField(blank=True, help_text="What the lead asks for."),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="reference",
            field=models.CharField(blank=True, help_text="Of the submission, to quote in a letter.", max_length=40),
        ),
        migrations.AddField(
            model_name="historicalcycle",
            name="remind_overdue",
            field=models.BooleanField(default=True, help_text="Whether people are reminded the day after, too."),
        ),
        migrations.AddField(
            model_name="historicalcycle",
            name="reminder_days",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                blank=True,
                default=assurance.models.cycle.reminder_days,
                help_text="How many days before a deadline people are reminded of it.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="historicalgivenbenchmark",
            name="due_on",
            field=models.DateField(blank=True, help_text="When the lead would like to have it.", null=True),
        ),
        migrations.AddField(
            model_name="historicalgivenbenchmark",
            name="note",
            field=models.TextField(blank=True, help_text="What the lead asks for."),
        ),
        migrations.AddField(
            model_name="historicalselfassessment",
            name="carried_from",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Whence it was brought in: cycle, number and title of each benchmark.",
            ),
        ),
        migrations.AddField(
            model_name="historicalselfassessment",
            name="marks",
            field=models.JSONField(blank=True, default=dict, help_text="What is said of each criterion, by its id."),
        ),
        migrations.AddField(
            model_name="historicalselfassessment",
            name="needs_rechecking",
            field=models.BooleanField(
                default=False, help_text="Brought in from last year and not confirmed since: never ready."
            ),
        ),
        migrations.AddField(
            model_name="historicalselfassessment",
            name="notes",
            field=models.JSONField(blank=True, default=dict, help_text="A note on a criterion, by its id."),
        ),
        migrations.AddField(
            model_name="historicalselfassessment",
            name="reason",
            field=models.TextField(blank=True, help_text="Why the outcome is not the one that the marks suggest."),
        ),
        migrations.AddField(
            model_name="historicaluser",
            name="weekly_digest",
            field=models.BooleanField(
                default=False, help_text="Whether messages that can wait are gathered into one a week."
            ),
        ),
        migrations.AddField(
            model_name="selfassessment",
            name="carried_from",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Whence it was brought in: cycle, number and title of each benchmark.",
            ),
        ),
        migrations.AddField(
            model_name="selfassessment",
            name="marks",
            field=models.JSONField(blank=True, default=dict, help_text="What is said of each criterion, by its id."),
        ),
        migrations.AddField(
            model_name="selfassessment",
            name="needs_rechecking",
            field=models.BooleanField(
                default=False, help_text="Brought in from last year and not confirmed since: never ready."
            ),
        ),
        migrations.AddField(
            model_name="selfassessment",
            name="notes",
            field=models.JSONField(blank=True, default=dict, help_text="A note on a criterion, by its id."),
        ),
        migrations.AddField(
            model_name="selfassessment",
            name="reason",
            field=models.TextField(blank=True, help_text="Why the outcome is not the one that the marks suggest."),
        ),
        migrations.AddField(
            model_name="user",
            name="weekly_digest",
            field=models.BooleanField(
                default=False, help_text="Whether messages that can wait are gathered into one a week."
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("transition", "Moved"),
                    ("answered", "Answer saved"),
                    ("reviewed", "Review saved"),
                    ("strengths", "Strengths saved"),
                    ("recommendations", "Recommendations saved"),
                    ("given", "Benchmark given"),
                    ("taken_back", "Benchmark taken back"),
                    ("carried", "Last year’s answers brought in"),
                    ("followed_up", "Last year’s recommendation answered"),
                    ("evidence", "Evidence changed"),
                    ("uploaded", "Workbook applied"),
                    ("downloaded", "File downloaded"),
                    ("commented", "Comment written"),
                    ("invited", "Colleague invited"),
                    ("sent_again", "E-mail sent again"),
                    ("created", "Assessment created"),
                    ("imported", "Earlier record taken over"),
                    ("letter_saved", "Letter draft saved"),
                    ("letter_moved", "Letter moved"),
                    ("letter_read", "Letter downloaded"),
                    ("cycle_saved", "Cycle saved"),
                    ("cycle_moved", "Cycle moved"),
                    ("membership", "Membership changed"),
                    ("reference", "Reference data loaded"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="referenceevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("transition", "Moved"),
                    ("answered", "Answer saved"),
                    ("reviewed", "Review saved"),
                    ("strengths", "Strengths saved"),
                    ("recommendations", "Recommendations saved"),
                    ("given", "Benchmark given"),
                    ("taken_back", "Benchmark taken back"),
                    ("carried", "Last year’s answers brought in"),
                    ("followed_up", "Last year’s recommendation answered"),
                    ("evidence", "Evidence changed"),
                    ("uploaded", "Workbook applied"),
                    ("downloaded", "File downloaded"),
                    ("commented", "Comment written"),
                    ("invited", "Colleague invited"),
                    ("sent_again", "E-mail sent again"),
                    ("created", "Assessment created"),
                    ("imported", "Earlier record taken over"),
                    ("letter_saved", "Letter draft saved"),
                    ("letter_moved", "Letter moved"),
                    ("letter_read", "Letter downloaded"),
                    ("cycle_saved", "Cycle saved"),
                    ("cycle_moved", "Cycle moved"),
                    ("membership", "Membership changed"),
                    ("reference", "Reference data loaded"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="recommendation",
            constraint=models.UniqueConstraint(fields=("id", "authority"), name="recommendation_with_authority"),
        ),
        migrations.AddConstraint(
            model_name="selfassessment",
            constraint=models.UniqueConstraint(fields=("id", "authority"), name="self_assessment_with_authority"),
        ),
    ]
