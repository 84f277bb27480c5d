"""What letters said goes into editions, and the guards of what is issued with it."""

from django.db import migrations

from assurance.rls import protect, same_authority

EVERY_ROW = "SELECT set_config('assurance.everything', 'on', true)"
"""Row-level security binds the owner of a table as well."""
COPY = """
INSERT INTO letters_edition
    (authority_id, letter_id, language, wording_id, content, content_digest, file, sha256, pages)
SELECT letter.authority_id, letter.id, wording.language, letter.wording_id, letter.content, letter.content_digest,
    letter.file, letter.sha256, letter.pages
FROM letters_letter AS letter JOIN letters_wording AS wording ON wording.id = letter.wording_id
"""
HISTORY = """
INSERT INTO letters_historicaledition (id, authority_id, letter_id, language, wording_id, content_digest, file, sha256,
    pages, history_date, history_change_reason, history_type, history_user_id)
SELECT edition.id, old.authority_id, edition.letter_id, edition.language, old.wording_id, old.content_digest,
    old.file, old.sha256, old.pages, old.history_date, old.history_change_reason, old.history_type,
    old.history_user_id
FROM letters_historicalletter AS old JOIN letters_edition AS edition ON edition.letter_id = old.id
"""

GUARDS = """
CREATE OR REPLACE FUNCTION letters_guard_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'letters are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.issued_at IS NOT NULL AND (
        NEW.issued_at IS DISTINCT FROM OLD.issued_at OR NEW.number <> OLD.number
        OR NEW.assessment_id <> OLD.assessment_id OR NEW.authority_id <> OLD.authority_id
        OR NEW.replaces_id IS DISTINCT FROM OLD.replaces_id OR NEW.letter_date IS DISTINCT FROM OLD.letter_date
        OR NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id OR NEW.approved_at IS DISTINCT FROM OLD.approved_at
    ) THEN
        RAISE EXCEPTION 'letter % is issued and can no longer change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'approved' AND NEW.state <> OLD.state AND (
        NOT EXISTS (SELECT FROM letters_edition WHERE letter_id = NEW.id)
        OR EXISTS (SELECT FROM letters_edition WHERE letter_id = NEW.id AND content IS NULL)
    ) THEN
        RAISE EXCEPTION 'letter % is approved without its content', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.issued_at IS NOT NULL AND OLD.issued_at IS NULL AND (
        NOT EXISTS (SELECT FROM letters_edition WHERE letter_id = NEW.id)
        OR EXISTS (SELECT FROM letters_edition WHERE letter_id = NEW.id AND sha256 = '')
    ) THEN
        RAISE EXCEPTION 'letter % is issued without its file', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION letters_guard_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM letters_letter
        WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.letter_id ELSE OLD.letter_id END AND issued_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'an edition of an issued letter can no longer change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.letter_id <> OLD.letter_id OR NEW.language <> OLD.language) THEN
        RAISE EXCEPTION 'an edition stays with its letter and its language'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER issued_is_immutable BEFORE INSERT OR UPDATE OR DELETE ON letters_edition
    FOR EACH ROW EXECUTE FUNCTION letters_guard_edition();
"""


class Migration(migrations.Migration):
    dependencies = [("letters", "0004_editions")]
    operations = [
        migrations.RunSQL([EVERY_ROW, COPY, HISTORY]),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RunSQL(GUARDS),
        protect("letters_edition", "letters_historicaledition"),
        same_authority("letters_edition", "letter_id", "letters_letter"),
    ]
