"""Setting an outcome letter as PDF: frozen content in, bytes out.

Nothing here knows a model, a setting or a person. The same content gives the same bytes on every machine,
because the fonts are pinned, every date is the letter's own, and identifiers come from a digest of the
content. A signature is the one thing that differs each time.
"""

from letters.pdf.content import Content
from letters.pdf.engine import Rendered, render, render_unchecked
from letters.pdf.faults import KeyUnusable, LetterDefective

__all__ = ["Content", "KeyUnusable", "LetterDefective", "Rendered", "render", "render_unchecked"]
