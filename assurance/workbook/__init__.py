"""The self-assessment as a spreadsheet: laid out, written, read back and compared. Plain values; no database.

``layout`` says what stands in which cell. ``write_xlsx`` and ``write_ods`` put that into a file, ``safe`` and ``read``
take a file apart that came back, and ``compare`` says what it would change.
"""
