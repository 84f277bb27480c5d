"""Files of a view: tables and pictures, each marked with what it is, when it was made and by whom. Pure.

Everything here works on plain values. What goes into a view is decided where it is read (``queries/exports.py``).
"""
