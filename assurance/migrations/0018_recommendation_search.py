"""The words of each recommendation, kept beside its text by the database itself.

A column that only queries/recommendations.py reads, and therefore none of the model's: it would be read with every
recommendation and copied into its history. It has no index. Row-level security comes before everything that is not
leak-proof, and matching words is not, so that an index of them would never be used on this table.
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE assurance_recommendation ADD COLUMN words tsvector
    GENERATED ALWAYS AS (to_tsvector('english'::regconfig, heading || ' ' || text)) STORED
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assurance", "0017_history_import"),
    ]

    operations = [
        migrations.RunSQL(FORWARDS, "ALTER TABLE assurance_recommendation DROP COLUMN words"),
    ]
