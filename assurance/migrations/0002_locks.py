"""Row-level security on every tenant table and its history, equal authorities, and events that only grow."""

from django.db import migrations

from assurance.rls import IN_SCOPE, append_only, protect, same_authority

TENANTS = (
    "assessment",
    "selfassessment",
    "givenbenchmark",
    "review",
    "agreedoutcome",
    "strength",
    "recommendation",
    "question",
    "dispute",
)
ON_ASSESSMENT = tuple(name for name in TENANTS if name not in ("assessment", "givenbenchmark"))

OWN_OR_IN_SCOPE = f"""(
    person_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
    OR {IN_SCOPE}
)"""
"""People see their own memberships, which is how a scope begins, and those of the authorities in their scope."""

BEGIN = """
CREATE FUNCTION assurance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION assurance_begin(who bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/London')::date;
    grants jsonb;
    readable bigint[];
    national boolean;
BEGIN
    PERFORM set_config('assurance.person', who::text, true);
    PERFORM set_config('assurance.authorities', '{}', true);
    PERFORM set_config('assurance.everything', 'off', true);

    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'role', m.role, 'authority_id', m.authority_id, 'region', m.region, 'programme_id', m.programme_id
           ) ORDER BY m.id), '[]'),
           coalesce(bool_or(m.authority_id IS NULL AND m.region = '' AND m.programme_id IS NULL), false)
      INTO grants, national
      FROM assurance_membership m JOIN assurance_user u ON u.id = m.person_id
     WHERE m.person_id = who AND u.is_active AND m.starts <= today AND (m.ends IS NULL OR m.ends > today);

    IF national THEN
        PERFORM set_config('assurance.everything', 'on', true);
    ELSIF jsonb_array_length(grants) > 0 THEN
        SELECT array_agg(DISTINCT a.id) INTO readable
          FROM jsonb_to_recordset(grants) AS g(authority_id bigint, region text, programme_id bigint)
          JOIN assurance_authority a ON CASE
               WHEN g.authority_id IS NOT NULL THEN a.id = g.authority_id
               ELSE (g.programme_id IS NULL OR a.programme_id = g.programme_id)
                    AND (g.region = '' OR a.region = g.region)
               END;
        PERFORM set_config('assurance.authorities', coalesce(readable, '{}')::text, true);
    END IF;
    RETURN grants;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0001_initial")]
    operations = [
        migrations.RunSQL(
            BEGIN, "DROP FUNCTION assurance_begin(bigint); DROP FUNCTION assurance_refuse_change() CASCADE"
        ),
        protect(
            *(f"assurance_{name}" for name in (*TENANTS, "event")),
            *(f"assurance_historical{name}" for name in TENANTS),
        ),
        protect("assurance_membership", "assurance_historicalmembership", condition=OWN_OR_IN_SCOPE),
        *(
            same_authority(f"assurance_{name}", "assessment_id", "assurance_assessment")
            for name in (*ON_ASSESSMENT, "event")
        ),
        append_only("assurance_event"),
        append_only("assurance_referenceevent"),
    ]
