"""Who took what away: the log of exports, which only grows, and who the auditors are that are told of much at once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from assurance.rls import protect

AN_AUDITOR = """EXISTS (
    SELECT 1 FROM assurance_membership m
     WHERE m.person_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
       AND m.role = 'auditor' AND m.starts <= (now() AT TIME ZONE 'Europe/London')::date
       AND (m.ends IS NULL OR m.ends > (now() AT TIME ZONE 'Europe/London')::date)
       AND (assurance_export.programme_id IS NULL OR m.programme_id = assurance_export.programme_id)
)"""
OWN_OR_AUDITED = f"""(
    asked_by_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
    OR (SELECT current_setting('assurance.everything', true) = 'on')
    OR {AN_AUDITOR}
)"""
"""People see their own; the tasks and national readers all; an auditor of one programme what was taken from it."""

GUARD = """
CREATE FUNCTION assurance_guard_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rows of assurance_export are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (OLD.id, OLD.asked_by_id, OLD.asked_by_name, OLD.at, OLD.programme_id, OLD.view, OLD.params, OLD.format)
       IS DISTINCT FROM
       (NEW.id, NEW.asked_by_id, NEW.asked_by_name, NEW.at, NEW.programme_id, NEW.view, NEW.params, NEW.format)
    THEN
        RAISE EXCEPTION 'who asked for export % and what for can not change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state <> 'waiting' AND (
        (OLD.state, OLD.title, OLD.rows, OLD.authorities, OLD.is_mass, OLD.made_at, OLD.fault, OLD.name, OLD.size,
         OLD.sha256)
        IS DISTINCT FROM
        (NEW.state, NEW.title, NEW.rows, NEW.authorities, NEW.is_mass, NEW.made_at, NEW.fault, NEW.name, NEW.size,
         NEW.sha256)
        OR NEW.path NOT IN (OLD.path, '')
    ) THEN
        RAISE EXCEPTION 'export % is made and can no longer change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER export_stays BEFORE UPDATE OR DELETE ON assurance_export
    FOR EACH ROW EXECUTE FUNCTION assurance_guard_export();
"""
"""Of one that is made, the bytes may go and nothing else."""

AUDITORS = """
CREATE FUNCTION assurance_auditors(programme bigint, today date) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('assurance.everything', true), '');
BEGIN
    PERFORM set_config('assurance.everything', 'on', true);
    RETURN QUERY
        SELECT DISTINCT m.person_id
          FROM assurance_membership m
         WHERE m.role = 'auditor' AND m.starts <= today AND (m.ends IS NULL OR m.ends > today)
           AND (programme IS NULL OR m.programme_id IS NULL OR m.programme_id = programme);
    PERFORM set_config('assurance.everything', before, true);
END $$;
"""
"""Whoever takes much away learns whom the service tells, and sees no membership: the wider scope ends with the
function."""


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0015_picture_kept"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_by_name", models.CharField(help_text="As it was at the time.", max_length=200)),
                ("at", models.DateTimeField(db_index=True)),
                ("view", models.CharField(help_text="Its name in the registry.", max_length=40)),
                ("params", models.JSONField(blank=True, default=dict, help_text="What the page's address said.")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV"),
                            ("xlsx", "Excel"),
                            ("ods", "OpenDocument"),
                            ("svg", "Picture (SVG)"),
                            ("png", "Picture (PNG)"),
                            ("pptx", "Slides (PowerPoint)"),
                            ("pdf", "PDF"),
                        ],
                        max_length=10,
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
                ("title", models.CharField(blank=True, help_text="Of the view as it was made.", max_length=400)),
                ("rows", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "authorities",
                    models.PositiveIntegerField(
                        blank=True, help_text="Of how many authorities single values are in it.", null=True
                    ),
                ),
                ("is_mass", models.BooleanField(default=False, help_text="So many that the auditors were told.")),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                ("fault", models.TextField(blank=True, help_text="Why it could not be made, in words for the person.")),
                ("name", models.CharField(blank=True, help_text="As a person knows the file.", max_length=255)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key in the store; empty once the bytes are gone.", max_length=255
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, help_text="In bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: a command at the console.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose auditors look at it; empty: it is of no single one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assurance.programme",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["state", "at"], name="export_by_state"),
                    models.Index(fields=["asked_by", "at"], name="export_by_person"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ready"), _negated=True),
                            models.Q(
                                ("authorities__isnull", False), ("made_at__isnull", False), ("rows__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="export_ready_says_how_much",
                    )
                ],
            },
        ),
        protect("assurance_export", condition=OWN_OR_AUDITED),
        migrations.RunSQL(
            GUARD, "DROP TRIGGER export_stays ON assurance_export; DROP FUNCTION assurance_guard_export()"
        ),
        migrations.RunSQL(AUDITORS, "DROP FUNCTION assurance_auditors(bigint, date)"),
    ]
