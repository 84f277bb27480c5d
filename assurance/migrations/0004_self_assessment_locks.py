"""Ticks become marks; row-level security on the new tables, equal authorities, and comments that only grow."""

from django.db import migrations

from assurance.rls import IN_SCOPE, append_only, protect, same_authority

DECIDED = ("evidence", "evidencefile", "followup")
WORKING = ("draft", "document", "upload")

OF_NOBODY_OR_IN_SCOPE = f"(authority_id IS NULL OR {IN_SCOPE})"
"""A message about a password belongs to no authority."""

MARKS = """
UPDATE {table} SET marks = coalesce(
    (SELECT jsonb_object_agg(id, 'met') FROM jsonb_array_elements_text(met_criteria) AS met(id)), '{{}}'
) WHERE met_criteria <> '[]'
"""
TICKS = """
UPDATE {table} SET met_criteria = coalesce(
    (SELECT jsonb_agg(key::bigint) FROM jsonb_each_text(marks) WHERE value = 'met'), '[]'
) WHERE marks <> '{{}}'
"""
EVERY_ROW = "SELECT set_config('assurance.everything', 'on', true)"
"""Row-level security binds the owner of a table as well."""
ANSWERS = ("assurance_selfassessment", "assurance_historicalselfassessment")


class Migration(migrations.Migration):
    dependencies = [("assurance", "0003_self_assessment")]
    operations = [
        migrations.RunSQL(
            [EVERY_ROW, *(MARKS.format(table=table) for table in ANSWERS)],
            [EVERY_ROW, *(TICKS.format(table=table) for table in ANSWERS)],
        ),
        protect(
            *(f"assurance_{name}" for name in (*DECIDED, *WORKING, "comment")),
            *(f"assurance_historical{name}" for name in DECIDED),
        ),
        protect("assurance_message", condition=OF_NOBODY_OR_IN_SCOPE),
        *(
            same_authority(f"assurance_{name}", "assessment_id", "assurance_assessment")
            for name in (*DECIDED, *WORKING, "comment")
        ),
        *(
            same_authority(f"assurance_{name}", "self_assessment_id", "assurance_selfassessment")
            for name in ("givenbenchmark", "draft", "comment")
        ),
        same_authority("assurance_evidencefile", "evidence_id", "assurance_evidence"),
        same_authority("assurance_followup", "recommendation_id", "assurance_recommendation"),
        append_only("assurance_comment"),
    ]
