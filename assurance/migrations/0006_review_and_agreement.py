import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0005_no_met_criteria"),
        ("benchmarks", "0002_published_is_immutable"),
    ]

    operations = [
        migrations.CreateModel(
            name="FollowUpReview",
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
                ("note", models.TextField(blank=True)),
                ("saved_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_up_reviews",
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
                        related_name="follow_up_reviews",
                        to="assurance.recommendation",
                    ),
                ),
            ],
            options={
                "ordering": ["recommendation__position"],
                "constraints": [
                    models.UniqueConstraint(fields=("assessment", "recommendation"), name="follow_up_review_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LibraryEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cycle_name", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                (
                    "authority_name",
                    models.CharField(blank=True, help_text="Empty: it wishes not to be named.", max_length=200),
                ),
                (
                    "authority_type",
                    models.CharField(blank=True, help_text="Empty: it would give the name away.", max_length=100),
                ),
                (
                    "region",
                    models.CharField(blank=True, help_text="Empty: it would give the name away.", max_length=100),
                ),
                ("shared_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benchmarks.benchmark",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.programme"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "library entries",
                "ordering": ["-shared_at", "-id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.search.SearchVector("title", "text", config="english"),
                        name="library_entry_search",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GoodPractice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for the authority’s consent"),
                            ("shared", "In the library"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_named",
                    models.BooleanField(default=False, help_text="Whether the authority is named in the library."),
                ),
                ("note", models.TextField(blank=True, help_text="What the authority says to it.")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="good_practice",
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benchmarks.benchmark",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assurance.libraryentry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "good practice",
                "ordering": ["proposed_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("state", "proposed")),
                            models.Q(models.Q(("state", "proposed"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="good_practice_answered_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "shared"), _negated=True), ("entry__isnull", False), _connector="OR"
                        ),
                        name="good_practice_shared_has_entry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalFollowUpReview",
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
                "verbose_name": "historical follow up review",
                "verbose_name_plural": "historical follow up reviews",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalGoodPractice",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for the authority’s consent"),
                            ("shared", "In the library"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_named",
                    models.BooleanField(default=False, help_text="Whether the authority is named in the library."),
                ),
                ("note", models.TextField(blank=True, help_text="What the authority says to it.")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "answered_by",
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="benchmarks.benchmark",
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
                    "proposed_by",
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
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.libraryentry",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical good practice",
                "verbose_name_plural": "historical good practice",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLibraryEntry",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("cycle_name", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField()),
                (
                    "authority_name",
                    models.CharField(blank=True, help_text="Empty: it wishes not to be named.", max_length=200),
                ),
                (
                    "authority_type",
                    models.CharField(blank=True, help_text="Empty: it would give the name away.", max_length=100),
                ),
                (
                    "region",
                    models.CharField(blank=True, help_text="Empty: it would give the name away.", max_length=100),
                ),
                ("shared_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="benchmarks.benchmark",
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
                    "programme",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assurance.programme",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical library entry",
                "verbose_name_plural": "historical library entries",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMeetingPoint",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("text", models.TextField(blank=True)),
                ("noted_at", models.DateTimeField()),
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="benchmarks.benchmark",
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
                    "level",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The outcome that both came to, if they spoke of one.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="benchmarks.level",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical meeting point",
                "verbose_name_plural": "historical meeting points",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalOverrule",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "check_code",
                    models.CharField(
                        choices=[
                            ("against_marks", "Outcome against the criteria"),
                            ("no_comments", "No comments"),
                            ("other_authority", "Another authority is named"),
                            ("exceeded", "“Exceeded” for “Exceeding”"),
                            ("too_long", "Longer than prints well"),
                            ("unanswered", "Question without an answer"),
                            ("on_nothing", "Recommendation on no benchmark"),
                            ("second_reading", "Second reading"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        help_text="What the warning is about, such as benchmark:3:summary.", max_length=100
                    ),
                ),
                ("digest", models.CharField(help_text="SHA-256 of what the warning was about.", max_length=64)),
                ("reason", models.TextField()),
                ("overruled_at", models.DateTimeField()),
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
                    "overruled_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical overrule",
                "verbose_name_plural": "historical overrules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPrivateNote",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("text", models.TextField(blank=True)),
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="benchmarks.benchmark",
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
                "verbose_name": "historical private note",
                "verbose_name_plural": "historical private notes",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProposalResponse",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("accepts", models.BooleanField()),
                ("reason", models.TextField(blank=True, help_text="Why the outcome is not accepted.")),
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="benchmarks.benchmark",
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
                "verbose_name": "historical proposal response",
                "verbose_name_plural": "historical proposal responses",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSecondReading",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("asked_at", models.DateTimeField()),
                ("due_on", models.DateField(blank=True, null=True)),
                (
                    "result",
                    models.CharField(blank=True, choices=[("sound", "Sound"), ("queried", "Queried")], max_length=20),
                ),
                ("note", models.TextField(blank=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "asked_by",
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
                (
                    "reader",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical second reading",
                "verbose_name_plural": "historical second readings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="MeetingPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("text", models.TextField(blank=True)),
                ("noted_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meeting_points",
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benchmarks.benchmark",
                    ),
                ),
                (
                    "level",
                    models.ForeignKey(
                        blank=True,
                        help_text="The outcome that both came to, if they spoke of one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benchmarks.level",
                    ),
                ),
            ],
            options={
                "ordering": ["noted_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True), ("level__isnull", False), _connector="OR"
                        ),
                        name="meeting_point_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__isnull", True), ("benchmark__isnull", False), _connector="OR"),
                        name="meeting_point_outcome_is_of_a_benchmark",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Overrule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "check_code",
                    models.CharField(
                        choices=[
                            ("against_marks", "Outcome against the criteria"),
                            ("no_comments", "No comments"),
                            ("other_authority", "Another authority is named"),
                            ("exceeded", "“Exceeded” for “Exceeding”"),
                            ("too_long", "Longer than prints well"),
                            ("unanswered", "Question without an answer"),
                            ("on_nothing", "Recommendation on no benchmark"),
                            ("second_reading", "Second reading"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        help_text="What the warning is about, such as benchmark:3:summary.", max_length=100
                    ),
                ),
                ("digest", models.CharField(help_text="SHA-256 of what the warning was about.", max_length=64)),
                ("reason", models.TextField()),
                ("overruled_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="overrules", to="assurance.assessment"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "overruled_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["overruled_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("assessment", "check_code", "subject", "digest"), name="overrule_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="overrule_has_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivateNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("text", models.TextField(blank=True)),
                ("saved_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="private_notes",
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
                    "benchmark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benchmarks.benchmark",
                    ),
                ),
            ],
            options={
                "ordering": ["benchmark__number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("assessment", "benchmark"), name="private_note_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProposalResponse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("accepts", models.BooleanField()),
                ("reason", models.TextField(blank=True, help_text="Why the outcome is not accepted.")),
                ("saved_at", models.DateTimeField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal_responses",
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
                    "benchmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="benchmarks.benchmark"
                    ),
                ),
            ],
            options={
                "ordering": ["benchmark__number"],
                "constraints": [
                    models.UniqueConstraint(fields=("assessment", "benchmark"), name="proposal_response_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                ("asked_at", models.DateTimeField()),
                ("due_on", models.DateField(blank=True, null=True)),
                (
                    "result",
                    models.CharField(blank=True, choices=[("sound", "Sound"), ("queried", "Queried")], max_length=20),
                ),
                ("note", models.TextField(blank=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_readings",
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
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["asked_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("read_at__isnull", True), ("result", "")),
                            models.Q(models.Q(("result", ""), _negated=True), ("read_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="second_reading_result_has_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("result", "")), fields=("assessment",), name="second_reading_open_once"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="assessment",
            name="acceptance_note",
            field=models.TextField(blank=True, help_text="What the authority said when it accepted."),
        ),
        migrations.AddField(
            model_name="assessment",
            name="letter_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("draft", "Draft"),
                    ("accuracy_check", "Accuracy check"),
                    ("awaiting_approval", "Awaiting approval"),
                    ("approved", "Approved"),
                    ("issued", "Issued"),
                    ("superseded", "Superseded"),
                    ("withdrawn", "Withdrawn"),
                ],
                help_text="Of its newest letter; empty: there is none.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="question",
            field=models.ForeignKey(
                blank=True,
                help_text="The adviser's question that it answers.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence_items",
                to="assurance.question",
            ),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="acceptance_note",
            field=models.TextField(blank=True, help_text="What the authority said when it accepted."),
        ),
        migrations.AddField(
            model_name="historicalassessment",
            name="letter_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("draft", "Draft"),
                    ("accuracy_check", "Accuracy check"),
                    ("awaiting_approval", "Awaiting approval"),
                    ("approved", "Approved"),
                    ("issued", "Issued"),
                    ("superseded", "Superseded"),
                    ("withdrawn", "Withdrawn"),
                ],
                help_text="Of its newest letter; empty: there is none.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="historicalevidence",
            name="question",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The adviser's question that it answers.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="assurance.question",
            ),
        ),
        migrations.AddField(
            model_name="historicalmembership",
            name="covering",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The adviser who is away and whose work this is.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalquestion",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The question of an earlier round that this one goes on from.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="assurance.question",
            ),
        ),
        migrations.AddField(
            model_name="historicalquestion",
            name="wants_evidence",
            field=models.BooleanField(default=False, help_text="Whether a file or link is asked for as well."),
        ),
        migrations.AddField(
            model_name="historicalrecommendation",
            name="due_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalrecommendation",
            name="owners",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="Who sees to it; empty: no owner yet.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="historicalreview",
            name="notes",
            field=models.JSONField(blank=True, default=dict, help_text="Why not, by criterion id."),
        ),
        migrations.AddField(
            model_name="historicalreview",
            name="verdicts",
            field=models.JSONField(
                blank=True, default=dict, help_text="Whether the adviser agrees with what is marked, by criterion id."
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="covering",
            field=models.ForeignKey(
                blank=True,
                help_text="The adviser who is away and whose work this is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="covered_by",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                help_text="The question of an earlier round that this one goes on from.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="assurance.question",
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="wants_evidence",
            field=models.BooleanField(default=False, help_text="Whether a file or link is asked for as well."),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="due_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="recommendation",
            name="owners",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="Who sees to it; empty: no owner yet.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="notes",
            field=models.JSONField(blank=True, default=dict, help_text="Why not, by criterion id."),
        ),
        migrations.AddField(
            model_name="review",
            name="verdicts",
            field=models.JSONField(
                blank=True, default=dict, help_text="Whether the adviser agrees with what is marked, by criterion id."
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
                    ("outcome", "Outcome moved"),
                    ("noted", "Private note saved"),
                    ("judged", "Last year’s recommendation judged"),
                    ("meeting", "Point of the meeting noted"),
                    ("responded", "Response to a proposed outcome saved"),
                    ("overruled", "Warning overruled"),
                    ("second_reading", "Second reading"),
                    ("practice", "Good practice"),
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
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invitation", "Invitation"),
                    ("password", "New password"),
                    ("lead_role", "Lead role handed over"),
                    ("given", "Benchmarks given"),
                    ("mentioned", "Mentioned in a comment"),
                    ("submitted", "Self-assessment submitted"),
                    ("questions", "Questions from the adviser"),
                    ("answered", "Questions answered"),
                    ("proposed", "Outcomes proposed"),
                    ("responded", "Outcomes accepted or disputed"),
                    ("settled", "Dispute settled"),
                    ("reopened", "Assessment reopened"),
                    ("practice", "Good practice"),
                    ("cover", "Cover for an adviser"),
                    ("second_reading", "Second reading"),
                    ("reminder", "Reminder of a deadline"),
                    ("digest", "Weekly digest"),
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
                    ("outcome", "Outcome moved"),
                    ("noted", "Private note saved"),
                    ("judged", "Last year’s recommendation judged"),
                    ("meeting", "Point of the meeting noted"),
                    ("responded", "Response to a proposed outcome saved"),
                    ("overruled", "Warning overruled"),
                    ("second_reading", "Second reading"),
                    ("practice", "Good practice"),
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
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("covering__isnull", True),
                    models.Q(
                        ("ends__isnull", False),
                        ("role__in", ["adviser"]),
                        models.Q(("covering", models.F("person")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="membership_cover_is_anothers_and_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("id", "authority"), name="question_with_authority"),
        ),
    ]
