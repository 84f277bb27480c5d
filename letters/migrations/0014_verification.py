"""Whether a file is a letter that we issued, for whoever asks: one word, and nothing else that we know."""

from django.db import migrations, models

VERIFY = """
CREATE FUNCTION letters_verify(digest text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('assurance.everything', true), '');
    states text[];
BEGIN
    PERFORM set_config('assurance.everything', 'on', true);
    SELECT array_agg(letter.state) INTO states
      FROM letters_edition edition JOIN letters_letter letter ON letter.id = edition.letter_id
     WHERE edition.sha256 = digest AND edition.sha256 <> '' AND letter.issued_at IS NOT NULL;
    PERFORM set_config('assurance.everything', before, true);
    RETURN CASE
        WHEN 'issued' = ANY (states) THEN 'current'
        WHEN 'superseded' = ANY (states) THEN 'superseded'
        WHEN 'withdrawn' = ANY (states) THEN 'withdrawn'
        ELSE 'unknown'
    END;
END $$;
"""
"""For whoever asks, without a scope. The wider one ends with the function, and no row leaves it."""


class Migration(migrations.Migration):
    dependencies = [("letters", "0013_signed_editions")]

    operations = [
        migrations.AddIndex(
            model_name="edition",
            index=models.Index(fields=["sha256"], condition=~models.Q(sha256=""), name="edition_by_sha256"),
        ),
        migrations.RunSQL(VERIFY, "DROP FUNCTION letters_verify(text)"),
    ]
