"""Board pack: an issued letter as a few slides for a committee, and the same pages as PDF.

``content`` is what a pack says, ``layout`` puts it on slides, ``slides`` and ``pdf`` write these to files, ``check``
looks for what should not reach public papers. Those know no model, no person and no setting. ``queries`` gathers the
content, ``actions`` keeps what somebody chose for a pack.
"""
