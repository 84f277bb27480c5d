"""Row-level security on letters, equal authorities, and published wording that cannot change."""

from django.db import migrations

from assurance.rls import protect, same_authority

GUARD = """
CREATE FUNCTION letters_guard_wording() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'published' THEN
        RAISE EXCEPTION 'wording % is published and can no longer change', OLD.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER published_is_immutable BEFORE UPDATE OR DELETE ON letters_wording
    FOR EACH ROW EXECUTE FUNCTION letters_guard_wording();

CREATE FUNCTION letters_guard_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'letters are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.issued_at IS NOT NULL AND (
        NEW.content IS DISTINCT FROM OLD.content OR NEW.content_digest <> OLD.content_digest
        OR NEW.sha256 <> OLD.sha256 OR NEW.file <> OLD.file OR NEW.wording_id <> OLD.wording_id
        OR NEW.issued_at IS DISTINCT FROM OLD.issued_at OR NEW.number <> OLD.number
        OR NEW.assessment_id <> OLD.assessment_id OR NEW.authority_id <> OLD.authority_id
        OR NEW.replaces_id IS DISTINCT FROM OLD.replaces_id OR NEW.letter_date IS DISTINCT FROM OLD.letter_date
        OR NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id OR NEW.approved_at IS DISTINCT FROM OLD.approved_at
    ) THEN
        RAISE EXCEPTION 'letter % is issued and can no longer change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER issued_is_immutable BEFORE UPDATE OR DELETE ON letters_letter
    FOR EACH ROW EXECUTE FUNCTION letters_guard_frozen();
"""

REVERSE = """
DROP TRIGGER published_is_immutable ON letters_wording;
DROP TRIGGER issued_is_immutable ON letters_letter;
DROP FUNCTION letters_guard_wording();
DROP FUNCTION letters_guard_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial"), ("assurance", "0002_locks")]
    operations = [
        migrations.RunSQL(GUARD, REVERSE),
        protect("letters_letter", "letters_historicalletter"),
        same_authority("letters_letter", "assessment_id", "assurance_assessment"),
    ]
