"""Row-level security on batches and deliveries, and a correction that goes on saying what it corrects."""

from django.db import migrations

from assurance.rls import protect, same_authority

OWN_OR_EVERYTHING = """(
    asked_by_id = (SELECT nullif(current_setting('assurance.person', true), '')::bigint)
    OR (SELECT current_setting('assurance.everything', true) = 'on')
)"""
"""People see the batches that they asked for; national readers and the tasks see all."""

GUARD = """
CREATE FUNCTION letters_guard_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.issued_at IS NOT NULL AND NEW.correction_reason <> OLD.correction_reason THEN
        RAISE EXCEPTION 'letter % is issued and can no longer change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER correction_stays BEFORE UPDATE ON letters_letter
    FOR EACH ROW EXECUTE FUNCTION letters_guard_correction();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0011_batches_and_deliveries")]
    operations = [
        protect("letters_batch", condition=OWN_OR_EVERYTHING),
        protect("letters_batchitem", "letters_letterdelivery"),
        same_authority("letters_batchitem", "letter_id", "letters_letter"),
        same_authority("letters_letterdelivery", "letter_id", "letters_letter"),
        migrations.RunSQL(
            GUARD, "DROP TRIGGER correction_stays ON letters_letter; DROP FUNCTION letters_guard_correction()"
        ),
    ]
