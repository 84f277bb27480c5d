"""Row-level security on the tables of review and agreement; what is the Home Office's own is hidden from authorities."""

from django.db import migrations

from assurance.rls import IN_HOME_OFFICE_SCOPE, protect, same_authority

SHARED_IN_TIME = ("followupreview", "meetingpoint", "proposalresponse", "goodpractice")
HOME_OFFICE = ("privatenote", "overrule", "secondreading")

BEGIN = """
CREATE OR REPLACE FUNCTION assurance_begin(who bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Europe/London')::date;
    grants jsonb;
    readable bigint[];
    home_office bigint[];
    national boolean;
BEGIN
    PERFORM set_config('assurance.person', who::text, true);
    PERFORM set_config('assurance.authorities', '{}', true);
    PERFORM set_config('assurance.home_office', '{}', true);
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
        SELECT array_agg(DISTINCT a.id),
               array_agg(DISTINCT a.id) FILTER (WHERE g.role NOT IN ('lead', 'contributor', 'viewer'))
          INTO readable, home_office
          FROM jsonb_to_recordset(grants) AS g(role text, authority_id bigint, region text, programme_id bigint)
          JOIN assurance_authority a ON CASE
               WHEN g.authority_id IS NOT NULL THEN a.id = g.authority_id
               ELSE (g.programme_id IS NULL OR a.programme_id = g.programme_id)
                    AND (g.region = '' OR a.region = g.region)
               END;
        PERFORM set_config('assurance.authorities', coalesce(readable, '{}')::text, true);
        PERFORM set_config('assurance.home_office', coalesce(home_office, '{}')::text, true);
    END IF;
    RETURN grants;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("assurance", "0006_review_and_agreement")]
    operations = [
        # The function of 0002 does all that earlier code asks of it in this form too.
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
        protect(
            *(f"assurance_{name}" for name in SHARED_IN_TIME),
            *(f"assurance_historical{name}" for name in SHARED_IN_TIME),
        ),
        protect(
            *(f"assurance_{name}" for name in HOME_OFFICE),
            *(f"assurance_historical{name}" for name in HOME_OFFICE),
            condition=IN_HOME_OFFICE_SCOPE,
        ),
        *(
            same_authority(f"assurance_{name}", "assessment_id", "assurance_assessment")
            for name in (*SHARED_IN_TIME, *HOME_OFFICE)
        ),
        same_authority("assurance_followupreview", "recommendation_id", "assurance_recommendation"),
        same_authority("assurance_question", "follows_id", "assurance_question"),
        same_authority("assurance_evidence", "question_id", "assurance_question"),
    ]
