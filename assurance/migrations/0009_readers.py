"""Who can be asked to read a review a second time: what a manager has to know for that, and no more."""

from django.db import migrations

READERS = """
CREATE FUNCTION assurance_readers(wanted bigint[], roles text[], today date) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('assurance.everything', true), '');
    reach bigint[] := coalesce(nullif(current_setting('assurance.home_office', true), ''), '{}')::bigint[];
    found jsonb;
BEGIN
    IF before <> 'on' AND NOT wanted <@ reach THEN
        RETURN '[]';
    END IF;
    PERFORM set_config('assurance.everything', 'on', true);
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'person_id', m.person_id, 'name', u.name, 'role', m.role, 'authority_id', m.authority_id,
               'region', m.region, 'programme_id', m.programme_id
           ) ORDER BY u.name, m.person_id, m.id), '[]')
      INTO found
      FROM assurance_membership m JOIN assurance_user u ON u.id = m.person_id
     WHERE m.role = ANY (roles) AND u.is_active AND m.starts <= today AND (m.ends IS NULL OR m.ends > today)
       AND CASE
           WHEN m.authority_id IS NOT NULL THEN m.authority_id = ANY (wanted)
           ELSE EXISTS (
               SELECT 1 FROM assurance_authority a WHERE a.id = ANY (wanted) AND m.region IN ('', a.region)
           )
           END;
    PERFORM set_config('assurance.everything', before, true);
    RETURN found;
END $$;
"""
"""The memberships of some roles that reach these authorities, for whoever reaches all of them for the Home Office. The
wider scope ends with the function."""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0008_advisers")]
    operations = [migrations.RunSQL(READERS, "DROP FUNCTION assurance_readers")]
