"""The database keeps the regional picture: rows from what people decide, counts from the rows.

Each trigger runs once for a statement. A function that puts rows together from their sources is all that knows what
counts when; the first rows are made with it too.
"""

# ruff: noqa: S608 (put together from what stands here)

from django.db import migrations

from assurance.rls import protect, same_authority

ROWS = """
CREATE FUNCTION assurance_picture_value(answer text, level_id bigint, missing integer) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE answer WHEN 'outcome' THEN level_id::integer WHEN 'not_applicable' THEN -1 WHEN 'unknown' THEN -2
                       WHEN 'unanswered' THEN -3 ELSE missing END
$$;

CREATE FUNCTION assurance_picture_refresh(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF ids IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO assurance_picturerow AS kept (
        assessment_id, authority_id, programme_id, cycle_id, region, nation, type, state, own, adviser, agreed
    )
    SELECT a.id, a.authority_id, c.programme_id, a.cycle_id, p.region, p.nation, p.type, a.state,
           CASE WHEN a.submitted_at IS NOT NULL AND a.state NOT IN ('not_started', 'in_progress', 'withdrawn')
           THEN ARRAY(
               SELECT CASE WHEN b.id IS NULL THEN 0 ELSE assurance_picture_value(s.answer, s.level_id, -3) END
                 FROM generate_series(1, m.most) AS n
                 LEFT JOIN benchmarks_benchmark b ON b.scheme_version_id = c.scheme_version_id AND b.number = n
                 LEFT JOIN assurance_selfassessment s ON s.assessment_id = a.id AND s.benchmark_id = b.id
                ORDER BY n
           ) ELSE '{}' END,
           CASE WHEN a.state IN ('in_review', 'clarification', 'proposed', 'disputed', 'agreed')
           THEN ARRAY(
               SELECT CASE WHEN b.id IS NULL THEN 0 ELSE assurance_picture_value(r.answer, r.level_id, -3) END
                 FROM generate_series(1, m.most) AS n
                 LEFT JOIN benchmarks_benchmark b ON b.scheme_version_id = c.scheme_version_id AND b.number = n
                 LEFT JOIN assurance_review r ON r.assessment_id = a.id AND r.benchmark_id = b.id
                ORDER BY n
           ) ELSE '{}' END,
           CASE WHEN a.state = 'agreed'
           THEN ARRAY(
               SELECT CASE WHEN b.id IS NULL THEN 0 ELSE assurance_picture_value(o.answer, o.level_id, -2) END
                 FROM generate_series(1, m.most) AS n
                 LEFT JOIN benchmarks_benchmark b ON b.scheme_version_id = c.scheme_version_id AND b.number = n
                 LEFT JOIN assurance_agreedoutcome o ON o.assessment_id = a.id AND o.benchmark_id = b.id
                ORDER BY n
           ) ELSE '{}' END
      FROM assurance_assessment a
      JOIN assurance_authority p ON p.id = a.authority_id
      JOIN assurance_cycle c ON c.id = a.cycle_id
     CROSS JOIN LATERAL (
           SELECT max(number)::integer AS most FROM benchmarks_benchmark WHERE scheme_version_id = c.scheme_version_id
     ) AS m
     WHERE a.id = ANY (ids)
     ORDER BY a.id
    ON CONFLICT (assessment_id) DO UPDATE
       SET (authority_id, programme_id, cycle_id, region, nation, type, state, own, adviser, agreed)
         = (EXCLUDED.authority_id, EXCLUDED.programme_id, EXCLUDED.cycle_id, EXCLUDED.region, EXCLUDED.nation,
            EXCLUDED.type, EXCLUDED.state, EXCLUDED.own, EXCLUDED.adviser, EXCLUDED.agreed)
     WHERE (kept.authority_id, kept.programme_id, kept.cycle_id, kept.region, kept.nation, kept.type, kept.state,
            kept.own, kept.adviser, kept.agreed)
           IS DISTINCT FROM
           (EXCLUDED.authority_id, EXCLUDED.programme_id, EXCLUDED.cycle_id, EXCLUDED.region, EXCLUDED.nation,
            EXCLUDED.type, EXCLUDED.state, EXCLUDED.own, EXCLUDED.adviser, EXCLUDED.agreed);
END $$;

CREATE FUNCTION assurance_picture_of_outcomes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT assessment_id) INTO ids FROM now_there;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT assessment_id) INTO ids FROM gone;
    ELSE
        SELECT array_agg(DISTINCT n.assessment_id) INTO ids
          FROM now_there n LEFT JOIN gone g ON g.id = n.id
         WHERE (n.assessment_id, n.benchmark_id, n.answer, n.level_id)
               IS DISTINCT FROM (g.assessment_id, g.benchmark_id, g.answer, g.level_id);
    END IF;
    PERFORM assurance_picture_refresh(ids);
    RETURN NULL;
END $$;

CREATE FUNCTION assurance_picture_of_assessments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO ids FROM now_there;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM assurance_picturerow WHERE assessment_id IN (SELECT id FROM gone);
    ELSE
        SELECT array_agg(n.id) INTO ids
          FROM now_there n LEFT JOIN gone g ON g.id = n.id
         WHERE (n.authority_id, n.cycle_id, n.state, n.submitted_at)
               IS DISTINCT FROM (g.authority_id, g.cycle_id, g.state, g.submitted_at);
    END IF;
    PERFORM assurance_picture_refresh(ids);
    RETURN NULL;
END $$;

CREATE FUNCTION assurance_picture_of_authorities() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('assurance.everything', true), '');
BEGIN
    PERFORM set_config('assurance.everything', 'on', true);
    UPDATE assurance_picturerow r SET region = n.region, nation = n.nation, type = n.type
      FROM now_there n
     WHERE r.authority_id = n.id AND (r.region, r.nation, r.type) IS DISTINCT FROM (n.region, n.nation, n.type);
    PERFORM set_config('assurance.everything', before, true);
    RETURN NULL;
END $$;
"""
"""An authority that moves takes its rows with it, whoever writes that down: public knowledge is not of one scope."""

MOVED = """
SELECT t.cycle_id, t.region, t.nation, t.type, j.judgement, v.number, v.value, {step} AS step
  FROM {source} AS t
 CROSS JOIN LATERAL (VALUES ('own', t.own), ('adviser', t.adviser), ('agreed', t.agreed)) AS j(judgement, outcomes)
 CROSS JOIN LATERAL (
       SELECT u.number::smallint AS number, u.value
         FROM unnest(j.outcomes) WITH ORDINALITY AS u(value, number) WHERE u.value <> 0
       UNION ALL
       SELECT 0, (cardinality(j.outcomes) > 0)::integer WHERE t.state <> 'withdrawn'
 ) AS v
"""
"""What rows add to the counts, or take from them."""


def counting(moved: str) -> str:
    """Take what moved into the counts. In one order, so that two that count at once wait and do not lock each other."""
    return f"""
    INSERT INTO assurance_picturecount AS kept (cycle_id, region, nation, type, judgement, number, value, count)
    SELECT cycle_id, region, nation, type, judgement, number, value, sum(step) FROM ({moved}) AS moved
     GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(step) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (cycle_id, region, nation, type, judgement, number, value)
    DO UPDATE SET count = kept.count + EXCLUDED.count;
    """


CAME, WENT = MOVED.format(source="now_there", step="1"), MOVED.format(source="gone", step="-1")
COUNTS = f"""
CREATE FUNCTION assurance_picture_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {counting(CAME)}
    ELSIF TG_OP = 'DELETE' THEN
        {counting(WENT)}
    ELSE
        {counting(f"{CAME} UNION ALL {WENT}")}
    END IF;
    DELETE FROM assurance_picturecount WHERE count = 0;
    RETURN NULL;
END $$;
"""


def kept_by(table: str, function: str, *happenings: str) -> list[str]:
    """A trigger of the table for each happening: PostgreSQL hands over what changed to triggers of one kind only."""
    handed_over = {
        "INSERT": "NEW TABLE AS now_there",
        "UPDATE": "OLD TABLE AS gone NEW TABLE AS now_there",
        "DELETE": "OLD TABLE AS gone",
    }
    return [
        f"CREATE TRIGGER picture_{one.lower()} AFTER {one} ON {table} REFERENCING {handed_over[one]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for one in happenings
    ]


EVERY_CHANGE = ("INSERT", "UPDATE", "DELETE")
TRIGGERS = [
    *kept_by("assurance_picturerow", "assurance_picture_count", *EVERY_CHANGE),
    *kept_by("assurance_selfassessment", "assurance_picture_of_outcomes", *EVERY_CHANGE),
    *kept_by("assurance_review", "assurance_picture_of_outcomes", *EVERY_CHANGE),
    *kept_by("assurance_agreedoutcome", "assurance_picture_of_outcomes", *EVERY_CHANGE),
    *kept_by("assurance_assessment", "assurance_picture_of_assessments", *EVERY_CHANGE),
    *kept_by("assurance_authority", "assurance_picture_of_authorities", "UPDATE"),
]
FIRST = [
    # Row-level security binds the owner of a table as well.
    "SELECT set_config('assurance.everything', 'on', true)",
    "SELECT assurance_picture_refresh(array_agg(id)) FROM assurance_assessment",
]
FUNCTIONS = (
    "assurance_picture_count()",
    "assurance_picture_of_outcomes()",
    "assurance_picture_of_assessments()",
    "assurance_picture_of_authorities()",
    "assurance_picture_refresh(bigint[])",
    "assurance_picture_value(text, bigint, integer)",
)


class Migration(migrations.Migration):
    dependencies = [("assurance", "0014_picture"), ("benchmarks", "0002_published_is_immutable")]
    operations = [
        protect("assurance_picturerow"),
        same_authority("assurance_picturerow", "assessment_id", "assurance_assessment"),
        migrations.RunSQL(
            [ROWS, COUNTS, *TRIGGERS, *FIRST],
            [f"DROP FUNCTION {one} CASCADE" for one in FUNCTIONS],
        ),
    ]
