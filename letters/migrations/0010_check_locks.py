"""Row-level security on rounds of the accuracy check, and on what was said in them; what was shown stays as it was."""

from django.db import migrations

from assurance.rls import protect, same_authority

GUARDS = """
CREATE FUNCTION letters_guard_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.shown <> OLD.shown OR NEW.letter_id <> OLD.letter_id
        OR NEW.opened_at <> OLD.opened_at OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    THEN
        RAISE EXCEPTION 'what was shown in an accuracy check is kept as it was'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shown_is_kept BEFORE UPDATE OR DELETE ON letters_lettercheck
    FOR EACH ROW EXECUTE FUNCTION letters_guard_check();

CREATE FUNCTION letters_guard_point() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> '' AND (
        TG_OP = 'DELETE' OR NEW.wrong <> OLD.wrong OR NEW.quote <> OLD.quote OR NEW.place <> OLD.place
        OR NEW.round_id <> OLD.round_id OR NEW.outcome = ''
    ) THEN
        RAISE EXCEPTION 'a point that was answered is kept as it was made'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER answered_is_kept BEFORE UPDATE OR DELETE ON letters_checkpoint
    FOR EACH ROW EXECUTE FUNCTION letters_guard_point();
"""
UNGUARD = """
DROP TRIGGER answered_is_kept ON letters_checkpoint;
DROP FUNCTION letters_guard_point();
DROP TRIGGER shown_is_kept ON letters_lettercheck;
DROP FUNCTION letters_guard_check();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0009_accuracy_check")]
    operations = [
        migrations.RunSQL(GUARDS, UNGUARD),
        protect(
            "letters_lettercheck", "letters_historicallettercheck", "letters_checkpoint", "letters_historicalcheckpoint"
        ),
        same_authority("letters_lettercheck", "letter_id", "letters_letter"),
        same_authority("letters_checkpoint", "round_id", "letters_lettercheck"),
    ]
