"""People see their own memberships, and write only those that their scope reaches, their own included."""

from django.db import migrations

from assurance.rls import IN_SCOPE

TABLES = ("assurance_membership", "assurance_historicalmembership")
OWN_OR_IN_SCOPE = f"""(
    person_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
    OR {IN_SCOPE}
)"""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0010_managers")]
    operations = [
        migrations.RunSQL(
            [f"ALTER POLICY in_scope ON {table} WITH CHECK ({IN_SCOPE})" for table in TABLES],
            [f"ALTER POLICY in_scope ON {table} WITH CHECK ({OWN_OR_IN_SCOPE})" for table in TABLES],
        ),
    ]
