"""Every policy looks an authority up in the scope, where before it went through the whole scope for each row.

A database that is made new has its policies in this form from the beginning.
"""

# ruff: noqa: S608 (put together from what stands here)

from django.db import migrations

from assurance.rls import IN_HOME_OFFICE_SCOPE, IN_SCOPE

OWN = "person_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)"
LOOKED_UP = f"""
DO $do$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT tablename, qual FROM pg_policies
         WHERE schemaname = 'public' AND policyname = 'in_scope' AND qual LIKE '%authority_id = ANY%'
    LOOP
        IF one.tablename IN ('assurance_membership', 'assurance_historicalmembership') THEN
            EXECUTE format('ALTER POLICY in_scope ON %I USING (%s) WITH CHECK (%s)', one.tablename,
                           $${OWN} OR {IN_SCOPE}$$, $${IN_SCOPE}$$);
        ELSIF one.tablename = 'assurance_message' THEN
            EXECUTE format('ALTER POLICY in_scope ON %I USING (%s) WITH CHECK (%s)', one.tablename,
                           $$authority_id IS NULL OR {IN_SCOPE}$$, $$authority_id IS NULL OR {IN_SCOPE}$$);
        ELSIF one.qual LIKE '%assurance.home_office%' THEN
            EXECUTE format('ALTER POLICY in_scope ON %I USING (%s) WITH CHECK (%s)', one.tablename,
                           $${IN_HOME_OFFICE_SCOPE}$$, $${IN_HOME_OFFICE_SCOPE}$$);
        ELSE
            EXECUTE format('ALTER POLICY in_scope ON %I USING (%s) WITH CHECK (%s)', one.tablename,
                           $${IN_SCOPE}$$, $${IN_SCOPE}$$);
        END IF;
    END LOOP;
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0019_words_of_the_picture")]
    operations = [migrations.RunSQL(LOOKED_UP, migrations.RunSQL.noop)]
