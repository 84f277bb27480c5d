"""Who is an adviser anywhere in a programme: what an adviser has to know to arrange cover, and no more."""

from django.db import migrations

ADVISERS = """
CREATE FUNCTION assurance_advisers(programme bigint, today date) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('assurance.everything', true), '');
BEGIN
    PERFORM set_config('assurance.everything', 'on', true);
    RETURN QUERY
        SELECT DISTINCT m.person_id
          FROM assurance_membership m
          JOIN assurance_authority a ON a.id = m.authority_id
          JOIN assurance_user u ON u.id = m.person_id
         WHERE m.role = 'adviser' AND a.programme_id = programme AND u.is_active
           AND NOT EXISTS (
               SELECT 1 FROM assurance_membership own
                WHERE own.person_id = m.person_id AND own.role IN ('lead', 'contributor', 'viewer')
                  AND (own.ends IS NULL OR own.ends > today)
           );
    PERFORM set_config('assurance.everything', before, true);
END $$;
"""
"""People who have, had or will have an authority of the programme in their portfolio, and no part in any authority's
own work. The wider scope ends with the function: whoever calls it learns who is an adviser, and sees no membership."""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0007_review_locks")]
    operations = [migrations.RunSQL(ADVISERS, "DROP FUNCTION assurance_advisers(bigint, date)")]
