"""Every outcome of a cycle, as a table: what the view "cycle" reads, for files and for the console.

Of each authority and benchmark there are three judgements: the authority's own from the submission on, the adviser's
from the beginning of the review, and what is agreed while it is agreed. Each is shown as far as the reader may read
it there. What has no level says why, in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from assurance.access import Actor, NotFound, Reach, reach, require_anywhere, shared_programmes, visible
from assurance.insights.outcomes import OutcomeRow
from assurance.insights.sheet import View, of_rows
from assurance.models import AgreedOutcome, Assessment, Authority, Cycle, Review, SelfAssessment
from assurance.text import number_from
from assurance.vocabulary import EDITABLE_STATES, SHARED_STATES, Answer, Basis, CycleState, Permission, State
from assurance.years import year_of
from benchmarks.catalogue import SchemeText, scheme_text

P = Permission
NAME = "cycle"
REVIEWED = SHARED_STATES | {State.IN_REVIEW, State.CLARIFICATION}
"""States in which the adviser's outcomes are more than a beginning."""
AT_ONCE = 5_000
"""Rows that are read from the database in one go."""

Said = tuple[str, int | None, str]
"""Answer, level and basis of one outcome."""
Judged = Mapping[tuple[int, int], Said]
"""The same by assessment and benchmark."""


def cycle_view(actor: Actor, params: Mapping[str, str], at: datetime) -> View:
    """Every outcome of a cycle: a row for each authority and benchmark. Six queries, however many there are.

    Args:
        params: ``cycle``, its id, the newest where there is none; and ``region``, the name of one, where it is to be of
            one only.

    Raises:
        NotFound: there is no such cycle or region, or none in which the actor has a part.
        Forbidden: the actor reads no outcomes anywhere.
    """
    require_anywhere(actor, P.READ_OUTCOMES)
    cycle = _cycle(actor, params.get("cycle", ""))
    region = params.get("region", "")
    scheme = scheme_text(cycle.scheme_version_id)
    rows = visible(actor, Assessment).filter(cycle=cycle)
    if region:
        rows = rows.filter(authority__region=region)
    assessments = list(rows.select_related("authority").order_by("authority__name", "authority__gss_code"))
    if region and not assessments:
        raise NotFound
    sheet = _Sheet(actor, cycle, scheme, region)
    table = of_rows(_("Outcomes"), _columns(), list(sheet.rows(assessments)))
    return View(
        name="-".join(filter(None, ("outcomes", cycle.name, region))),
        title=_("Outcomes of %(cycle)s") % {"cycle": _named(cycle, region)},
        rules=(
            _("One row for each authority and benchmark of %(scheme)s, version %(version)s.")
            % {"scheme": scheme.name, "version": scheme.version},
            _(
                "An authority’s own outcome is shown once it is submitted, the adviser’s once the review has begun, "
                "and an agreed outcome while it is agreed."
            ),
            _(
                "What has no outcome says why: not applicable, not known, not yet answered, not yet agreed and "
                "withdrawn are different things, and none of them is a score."
            ),
            _("It shows what stood on %(day)s at %(time)s, as far as whoever made it may read it.")
            % {"day": localtime(at).strftime("%d/%m/%Y"), "time": localtime(at).strftime("%H:%M")},
        ),
        tables=(table,),
        authorities=len(sheet.shown),
    )


def check(actor: Actor, params: Mapping[str, str]) -> str:
    """Go on only with a cycle, and a region, that the actor reads outcomes of: their names.

    At most two queries; raises as :func:`cycle_view`.
    """
    require_anywhere(actor, P.READ_OUTCOMES)
    cycle, region = _cycle(actor, params.get("cycle", "")), params.get("region", "")
    if region and not visible(actor, Authority).filter(programme=cycle.programme_id, region=region).exists():
        raise NotFound
    return _named(cycle, region)


def _named(cycle: Cycle, region: str) -> str:
    return f"{cycle.name}, {region}" if region else cycle.name


def regions(actor: Actor) -> tuple[str, ...]:
    """The regions of which the actor sees authorities. One query."""
    return tuple(visible(actor, Authority).order_by("region").values_list("region", flat=True).distinct())


def cycles(actor: Actor) -> tuple[tuple[int, str], ...]:
    """The cycles of which the actor reads outcomes, the newest first, as id and name. One query."""
    found = Cycle.objects.filter(programme__in=shared_programmes(actor, P.READ_OUTCOMES)).order_by("pk")
    named = found.exclude(state=CycleState.DRAFT).values_list("pk", "name")
    return tuple(sorted(named, key=lambda one: _newest(one[1]), reverse=True))


def years_before(actor: Actor, key: str, most: int) -> list[tuple[int, str]]:
    """A cycle, and those of its programme in years before it, the newest first: id and name of each. Two queries.

    Raises:
        NotFound: as :func:`cycle_view`.
    """
    cycle = _cycle(actor, key)
    found = Cycle.objects.filter(programme=cycle.programme_id).exclude(state=CycleState.DRAFT).order_by("-name", "pk")
    earlier: dict[str, tuple[int, str]] = {}
    for pk, name in found.values_list("pk", "name"):
        if year_of(name) < year_of(cycle.name):
            # Where a year had two cycles, the one that its name alone names comes first.
            earlier[year_of(name)] = pk, name
    return [(cycle.pk, cycle.name), *list(earlier.values())[:most]]


def _newest(name: str) -> tuple[str, int]:
    """Sorts names of cycles by year; of two in a year, the one that its name alone names is the newer."""
    return year_of(name), -len(name)


def cycle_named(actor: Actor, name: str, programme: str) -> int | None:
    """The id of a cycle by its name and the code of its programme; None where there is none. One query."""
    found = Cycle.objects.filter(name=name, programme__code=programme)
    return found.filter(programme__in=shared_programmes(actor, P.READ_OUTCOMES)).values_list("pk", flat=True).first()


def _cycle(actor: Actor, key: str) -> Cycle:
    """The cycle of this id, in a programme of whose outcomes the actor reads some; the newest where none is named.

    One query.
    """
    rows = Cycle.objects.filter(programme__in=shared_programmes(actor, P.READ_OUTCOMES))
    if key == "":
        found = max(rows.exclude(state=CycleState.DRAFT), key=lambda one: _newest(one.name), default=None)
    else:
        found = rows.filter(pk=number_from(key)).first()
    if found is None:
        raise NotFound
    return found


def _columns() -> tuple[str, ...]:
    return (
        _("Authority"),
        _("GSS code"),
        _("Type"),
        _("Nation"),
        _("Region"),
        _("Status"),
        _("Number"),
        _("Benchmark"),
        _("Own outcome"),
        _("Own standing"),
        _("Adviser’s outcome"),
        _("Adviser’s standing"),
        _("Agreed outcome"),
        _("Agreed standing"),
        _("How it was agreed"),
    )


class _Sheet:
    """The rows of one cycle. ``shown`` is, once they are written, of which authorities an outcome is in them."""

    def __init__(self, actor: Actor, cycle: Cycle, scheme: SchemeText, region: str) -> None:
        self.scheme = scheme
        self.own = reach(actor, P.READ_DRAFT), reach(actor, P.READ_SUBMITTED)
        self.adviser, self.proposed = reach(actor, P.READ_REVIEW), reach(actor, P.READ_PROPOSED)
        self.agreed = (reach(actor, P.READ_OUTCOMES),)
        self.shown: set[int] = set()
        self._labels = {one.id: (str(one.label), str(one.standing.label)) for one in scheme.levels}
        self._states = {state: str(state.label) for state in State}
        self._bases = {basis: str(basis.label) for basis in Basis}
        self._gaps = {
            Answer.NOT_APPLICABLE: _("Not applicable"),
            Answer.UNKNOWN: _("Not known"),
            Answer.UNANSWERED: _("Not yet answered"),
        }
        where: dict[str, Any] = {"assessment__cycle": cycle}
        if region:
            where["authority__region"] = region
        self._own_said = _judged(visible(actor, SelfAssessment).filter(**where))
        self._adviser_said = _judged(visible(actor, Review).filter(**where))
        self._agreed_said = _judged(visible(actor, AgreedOutcome).filter(**where), basis="basis")

    def rows(self, assessments: Iterable[Assessment]) -> Iterator[OutcomeRow]:
        """One for each benchmark of each assessment."""
        numbered = sorted(self.scheme.benchmarks.items())
        for one in assessments:
            place, state = one.authority, State(one.state)
            first = (place.name, place.gss_code, place.type, place.nation, place.region, self._states[state])
            own = self._reads(self.own, one)
            adviser = self._reads((self.adviser, *((self.proposed,) if state in SHARED_STATES else ())), one)
            agreed = self._reads(self.agreed, one)
            is_sent, is_read = state not in EDITABLE_STATES, state in REVIEWED
            if (own and is_sent) or (adviser and is_read) or (agreed and state == State.AGREED):
                self.shown.add(place.pk)
            for number, benchmark in numbered:
                key = one.pk, benchmark.id
                # There while the assessment is agreed, and read only where it may be.
                stands = self._agreed_said.get(key)
                yield OutcomeRow(
                    *first,
                    number,
                    benchmark.title,
                    *self._said(own, state, self._own_said.get(key), "" if is_sent else _("Not yet submitted")),
                    *self._said(adviser, state, self._adviser_said.get(key), "" if is_read else _("Not yet reviewed")),
                    *self._said(agreed, state, stands, "" if state == State.AGREED else _("Not yet agreed")),
                    self._bases[Basis(stands[2])] if stands else "",
                )

    def _reads(self, reaches: Iterable[Reach], assessment: Assessment) -> bool:
        place = assessment.authority
        return any(one.covers(place.pk, place.region, place.programme_id) for one in reaches)

    def _said(self, may: bool, state: State, said: Said | None, until: str) -> tuple[str, str]:
        """Outcome and standing; the second is empty for what has no level. ``until`` is said of what is too early."""
        if not may:
            return _("Not shown to you"), ""
        if state == State.WITHDRAWN:
            return str(State.WITHDRAWN.label), ""
        if until:
            return until, ""
        answer, level, _basis = said or (Answer.UNANSWERED, None, "")
        return self._labels[level] if level is not None else (self._gaps[Answer(answer)], "")


def _judged(rows: Any, basis: str = "") -> Judged:
    """Outcomes of one kind. One query, read in pieces."""
    names = ["assessment_id", "benchmark_id", "answer", "level_id", *([basis] if basis else [])]
    found = rows.order_by().values_list(*names).iterator(chunk_size=AT_ONCE)
    return {(one[0], one[1]): (one[2], one[3], one[4] if basis else "") for one in found}
