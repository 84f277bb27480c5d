"""Which first page somebody has, and the colours of states in every list."""

from __future__ import annotations

from collections.abc import Mapping

from assurance.access import Actor
from assurance.vocabulary import HOME_OFFICE_ROLES, Role, State


def only_signs(actor: Actor) -> bool:
    """Whether the letters that wait for a signature are all that the actor comes for."""
    return actor.roles() == {Role.SIGNATORY}


def is_home_office(actor: Actor) -> bool:
    """Whether the actor's first page is the portfolio of many authorities."""
    return bool(actor.roles() & HOME_OFFICE_ROLES)


STATE_COLOURS: Mapping[str, str] = {
    State.NOT_STARTED: "grey",
    State.IN_PROGRESS: "yellow",
    State.SUBMITTED: "turquoise",
    State.IN_REVIEW: "blue",
    State.CLARIFICATION: "orange",
    State.PROPOSED: "purple",
    State.DISPUTED: "red",
    State.AGREED: "green",
    State.WITHDRAWN: "grey",
}
