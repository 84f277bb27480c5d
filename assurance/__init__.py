"""Assurance: who is assured, by whom, on which cycle, and what was decided."""
