"""Whose board pack is whose."""

from django.db import migrations

from assurance.rls import protect, same_authority


class Migration(migrations.Migration):
    dependencies = [("letters", "0015_board_packs")]
    operations = [
        protect("letters_boardpack", "letters_historicalboardpack"),
        same_authority("letters_boardpack", "letter_id", "letters_letter"),
    ]
