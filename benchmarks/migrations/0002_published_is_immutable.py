"""The database refuses to change a published version, or anything that hangs on it."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION benchmarks_refuse(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is published and can no longer change', what USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION benchmarks_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'published' THEN
        PERFORM benchmarks_refuse(format('version %s', OLD.version));
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION benchmarks_guard_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND EXISTS (
        SELECT FROM benchmarks_schemeversion WHERE id = OLD.scheme_version_id AND status = 'published'
    ) OR TG_OP <> 'DELETE' AND EXISTS (
        SELECT FROM benchmarks_schemeversion WHERE id = NEW.scheme_version_id AND status = 'published'
    ) THEN
        PERFORM benchmarks_refuse('this scheme version');
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION benchmarks_guard_criterion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM benchmarks_benchmark b JOIN benchmarks_schemeversion v ON v.id = b.scheme_version_id
        WHERE v.status = 'published' AND b.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.benchmark_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.benchmark_id END
        )
    ) THEN
        PERFORM benchmarks_refuse('this scheme version');
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER published_is_immutable BEFORE UPDATE OR DELETE ON benchmarks_schemeversion
    FOR EACH ROW EXECUTE FUNCTION benchmarks_guard_version();
CREATE TRIGGER published_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON benchmarks_level
    FOR EACH ROW EXECUTE FUNCTION benchmarks_guard_part();
CREATE TRIGGER published_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON benchmarks_benchmark
    FOR EACH ROW EXECUTE FUNCTION benchmarks_guard_part();
CREATE TRIGGER published_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON benchmarks_criterion
    FOR EACH ROW EXECUTE FUNCTION benchmarks_guard_criterion();
"""

REVERSE = """
DROP TRIGGER published_is_immutable ON benchmarks_schemeversion;
DROP TRIGGER published_is_immutable ON benchmarks_level;
DROP TRIGGER published_is_immutable ON benchmarks_benchmark;
DROP TRIGGER published_is_immutable ON benchmarks_criterion;
DROP FUNCTION benchmarks_guard_version();
DROP FUNCTION benchmarks_guard_part();
DROP FUNCTION benchmarks_guard_criterion();
DROP FUNCTION benchmarks_refuse(text);
"""


class Migration(migrations.Migration):
    dependencies = [("benchmarks", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, REVERSE)]
