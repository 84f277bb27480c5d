"""What the log of e-mails reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from assurance.access import Actor, Forbidden, holds, require_anywhere, visible
from assurance.actions.messages import can_send_again, message_of_log
from assurance.models import Message, User
from assurance.vocabulary import MessageState, Permission

PAGE_SIZE = 50
COLOURS: Mapping[str, str] = {
    MessageState.HELD: "grey",
    MessageState.WAITING: "",
    MessageState.SENDING: "yellow",
    MessageState.SENT: "green",
    MessageState.GATHERED: "green",
    MessageState.FAILED: "red",
    MessageState.DROPPED: "grey",
}


@dataclass(frozen=True)
class Line:
    """A message in the log."""

    message: Message
    colour: str


@dataclass(frozen=True)
class Log:
    """A page of the log, with what it is narrowed to: a state, and part of a name or an address."""

    page: Page[Any]
    lines: tuple[Line, ...]
    state: str
    search: str


@dataclass(frozen=True)
class MessagePage:
    """One message: what it said, what became of it, and whether the reader may have it sent again now."""

    message: Message
    colour: str
    is_open: bool
    may_send: bool


def log(actor: Actor, state: str, search: str, page: int) -> Log:
    """Messages that the actor may read, newest first. Two queries, whatever the length.

    Raises:
        Forbidden: the actor reads no log anywhere.
    """
    require_anywhere(actor, Permission.READ_MESSAGES)
    rows = visible(actor, Message)
    state = state if state in MessageState.values else ""
    if state:
        rows = rows.filter(state=state)
    if search:
        rows = rows.filter(Q(address__icontains=search) | Q(person__name__icontains=search))
    # The body is not shown in the list, and a link never was in it.
    ordered = rows.select_related("person", "authority").defer("body").order_by("-created_at", "-pk")
    found = Paginator(ordered, PAGE_SIZE).get_page(page)
    return Log(found, tuple(Line(one, COLOURS[one.state]) for one in found), state, search)


def message_page(actor: Actor, message_id: int, at: datetime) -> MessagePage:
    """One message of the log. At most two queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    message = message_of_log(actor, Permission.READ_MESSAGES, message_id)
    return MessagePage(
        message, COLOURS[message.state], is_open=can_send_again(message, at), may_send=_may_send(actor, message)
    )


def wants_digest(actor: Actor) -> bool:
    """Whether the actor chose one message a week. No query."""
    return isinstance(actor.user, User) and actor.user.weekly_digest


def _may_send(actor: Actor, message: Message) -> bool:
    if message.authority_id is not None:
        return holds(actor, Permission.MANAGE_PEOPLE, message)
    try:
        require_anywhere(actor, Permission.MANAGE_PEOPLE)
    except Forbidden:
        return False
    return True
