"""Versions of weights, which the database takes only when they are sound and never changes."""

import django.db.models.deletion
from django.db import migrations, models

SOUND = """strict $ ? (@.type() == "object" && exists(@.*) && !exists(@.* ? (
    @.type() != "string" || !(@ like_regex "^(0[.](0[1-9]|[1-9][0-9])|[1-9][0-9]?[.][0-9][0-9])$"))))"""

GUARD = """
CREATE FUNCTION benchmarks_guard_weights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of weights can no longer change', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER made_is_immutable BEFORE UPDATE OR DELETE ON benchmarks_weightsversion
    FOR EACH ROW EXECUTE FUNCTION benchmarks_guard_weights();
"""

REVERSE = """
DROP TRIGGER made_is_immutable ON benchmarks_weightsversion;
DROP FUNCTION benchmarks_guard_weights();
"""


class Migration(migrations.Migration):
    dependencies = [("benchmarks", "0002_published_is_immutable")]

    operations = [
        migrations.CreateModel(
            name="WeightsVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.SmallIntegerField(help_text="From 1; version 0 is what the scheme's own file says.")),
                ("weights", models.JSONField(help_text='By number of the benchmark, as text such as "1.50".')),
                ("reason", models.CharField(max_length=1000)),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=200)),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="weights", to="benchmarks.scheme"
                    ),
                ),
            ],
            options={
                "ordering": ["scheme", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("scheme", "number"), name="weights_version_once"),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="weights_version_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="weights_version_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Func(
                                models.F("weights"),
                                models.Value(SOUND),
                                function="jsonb_path_exists",
                                output_field=models.BooleanField(),
                                template="%(function)s(%(expressions)s::jsonpath)",
                            )
                        ),
                        name="weights_version_is_sound",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, REVERSE),
    ]
