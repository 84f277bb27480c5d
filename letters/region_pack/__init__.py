"""The region pack: a region's year as slides and as an accessible PDF, put together from views that can be exported.

``parts.py`` says which views and how each stands on slides; ``content.py`` makes plain values of them, ``layout.py``
slides, and ``make.py`` the files. What draws slides and pages is the board pack's (``letters/board``).
"""
