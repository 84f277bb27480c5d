"""Who the regional managers of an authority are: what its own people have to know for an e-mail, and no more."""

from django.db import migrations

MANAGERS = """
CREATE FUNCTION assurance_managers(place bigint, today date) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('assurance.everything', true), '');
    reach bigint[] := coalesce(nullif(current_setting('assurance.authorities', true), ''), '{}')::bigint[];
BEGIN
    IF before <> 'on' AND NOT place = ANY (reach) THEN
        RETURN;
    END IF;
    PERFORM set_config('assurance.everything', 'on', true);
    RETURN QUERY
        SELECT DISTINCT m.person_id
          FROM assurance_membership m
          JOIN assurance_authority a ON a.id = place AND a.region = m.region
         WHERE m.role = 'regional_manager' AND (m.programme_id IS NULL OR m.programme_id = a.programme_id)
           AND m.starts <= today AND (m.ends IS NULL OR m.ends > today);
    PERFORM set_config('assurance.everything', before, true);
END $$;
"""
"""For whoever has the authority in scope. The wider scope ends with the function: whoever calls it learns whom to tell,
and sees no membership."""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0009_readers")]
    operations = [migrations.RunSQL(MANAGERS, "DROP FUNCTION assurance_managers(bigint, date)")]
