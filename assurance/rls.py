"""Row-level security for migrations: one line for each tenant table."""

from __future__ import annotations

from django.db.migrations import RunSQL

IN_SCOPE = """(
    (SELECT current_setting('assurance.everything', true) = 'on')
    OR authority_id IN (
        SELECT unnest(coalesce(nullif(current_setting('assurance.authorities', true), ''), '{}')::bigint[])
    )
)"""
"""Sub-selects, so that the settings are read once for each statement and not once for each row. The second is looked
up and not gone through: a regional manager may have thousands of authorities, and a statement thousands of rows."""

IN_HOME_OFFICE_SCOPE = IN_SCOPE.replace("assurance.authorities", "assurance.home_office")
"""For what no authority ever sees: only authorities that the person reaches by a role of the Home Office."""


def protect(*tables: str, condition: str = IN_SCOPE) -> RunSQL:
    """Enable and force row-level security on ``tables``, each with one policy for reading and writing."""
    return RunSQL(
        sql=[
            statement
            for table in tables
            for statement in (
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY in_scope ON {table} USING ({condition}) WITH CHECK ({condition})",
            )
        ],
        reverse_sql=[
            statement
            for table in tables
            for statement in (
                f"DROP POLICY in_scope ON {table}",
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            )
        ],
    )


def same_authority(table: str, column: str, parent: str) -> RunSQL:
    """A composite foreign key: a row's authority is the authority of the record that it hangs on."""
    name = f"{table}_same_authority" if column == "assessment_id" else f"{table}_{column}_same_authority"
    return RunSQL(
        sql=f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, authority_id) "
        f"REFERENCES {parent} (id, authority_id) DEFERRABLE INITIALLY DEFERRED",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def append_only(table: str) -> RunSQL:
    """The database refuses to change or delete a row of ``table``."""
    return RunSQL(
        sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION assurance_refuse_change()",
        reverse_sql=f"DROP TRIGGER append_only ON {table}",
    )
