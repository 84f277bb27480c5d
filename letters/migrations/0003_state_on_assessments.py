"""An assessment says how far its newest letter is, so that lists need not ask for letters."""

from django.db import migrations

EVERY_ROW = "SELECT set_config('assurance.everything', 'on', true)"
"""Row-level security binds the owner of a table as well."""
NEWEST = """
UPDATE assurance_assessment SET letter_state = newest.state FROM (
    SELECT DISTINCT ON (assessment_id) assessment_id, state FROM letters_letter
    WHERE state <> 'withdrawn' ORDER BY assessment_id, number DESC
) AS newest WHERE newest.assessment_id = assurance_assessment.id
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0002_locks"), ("assurance", "0007_review_locks")]
    operations = [
        migrations.RunSQL([EVERY_ROW, NEWEST], migrations.RunSQL.noop),
    ]
