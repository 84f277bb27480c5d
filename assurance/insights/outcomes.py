"""A row of the table of every outcome of a cycle: written by the view, read by what is put together from it. Pure."""

from __future__ import annotations

from typing import NamedTuple


class OutcomeRow(NamedTuple):
    """One authority and benchmark: three judgements in words, each with its standing ("" where it has no level)."""

    authority: str
    gss_code: str
    type: str
    nation: str
    region: str
    status: str
    number: int
    benchmark: str
    own: str
    own_standing: str
    adviser: str
    adviser_standing: str
    agreed: str
    agreed_standing: str
    basis: str
