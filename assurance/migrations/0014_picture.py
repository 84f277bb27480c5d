import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0013_words_of_letters"),
    ]

    operations = [
        migrations.CreateModel(
            name="PictureCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=100)),
                ("nation", models.CharField(max_length=100)),
                ("type", models.CharField(max_length=100)),
                (
                    "judgement",
                    models.CharField(
                        choices=[
                            ("own", "The authority’s own outcome"),
                            ("adviser", "The adviser’s outcome"),
                            ("agreed", "The agreed outcome"),
                        ],
                        max_length=10,
                    ),
                ),
                ("number", models.SmallIntegerField()),
                ("value", models.IntegerField()),
                ("count", models.IntegerField()),
                (
                    "cycle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="assurance.cycle"
                    ),
                ),
            ],
            options={
                "ordering": ["cycle", "region", "type", "judgement", "number", "value"],
                "indexes": [
                    models.Index(condition=models.Q(("count", 0)), fields=["cycle"], name="picture_count_of_nothing")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cycle", "region", "nation", "type", "judgement", "number", "value"),
                        name="picture_count_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PictureRow",
            fields=[
                (
                    "assessment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="assurance.assessment",
                    ),
                ),
                ("region", models.CharField(max_length=100)),
                ("nation", models.CharField(max_length=100)),
                ("type", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_started", "Not started"),
                            ("in_progress", "In progress"),
                            ("submitted", "Submitted"),
                            ("in_review", "In review"),
                            ("clarification", "Questions asked"),
                            ("proposed", "Outcomes proposed"),
                            ("disputed", "Disputed"),
                            ("agreed", "Agreed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "own",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "adviser",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "agreed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.authority"
                    ),
                ),
                (
                    "cycle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assurance.cycle"
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
                "ordering": ["cycle", "authority"],
                "indexes": [
                    models.Index(fields=["cycle", "region"], name="picture_row_by_region"),
                    models.Index(fields=["authority", "cycle"], name="picture_row_by_authority"),
                ],
            },
        ),
    ]
