"""Strengths, recommendations with the library of earlier wording, and what became of last year's recommendations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.follow_ups import save_follow_up_reviews
from assurance.actions.points import REMOVED, save_recommendations, save_strengths
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.points import (
    BLANKS,
    TICKED,
    JudgementsForm,
    LibraryForm,
    ListForm,
    RecommendationsForm,
    StrengthsForm,
)
from assurance.queries import follow_ups as followed
from assurance.queries import points as read
from assurance.text import number_from
from assurance.views.base import closed, numbers_of, put_refusal, signed_in, with_version, with_versions

Save = Callable[[Any], list[Any]]
LIBRARY = "library"
"""Where a notice is about the library, rather than about an entry."""


@signed_in
def strengths(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The strengths, in order."""
    page = read.strengths_page(request.actor, assessment_id)

    def save(form: StrengthsForm) -> list[Any]:
        return save_strengths(
            by=request.actor,
            at=timezone.now(),
            assessment_id=assessment_id,
            token=form.cleaned_data["token"],
            texts=form.texts(),
            ids=form.ids(),
        )

    return _List(request, page, "strengths", StrengthsForm).answer(save)


@signed_in
def recommendations(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The recommendations, in order, with earlier wording beside them when it is wanted."""
    page = read.recommendations_page(request.actor, assessment_id)

    def save(form: RecommendationsForm) -> list[Any]:
        return save_recommendations(
            by=request.actor,
            at=timezone.now(),
            assessment_id=assessment_id,
            token=form.cleaned_data["token"],
            recommendations=form.wanted(),
        )

    return _Recommendations(request, page, "recommendations", RecommendationsForm, scheme=page.scheme).answer(save)


class _List:
    """One request about a list. Buttons that arrange it save nothing, and keep everything that was typed."""

    def __init__(
        self, request: HttpRequest, page: read.ListPage, name: str, kind: type[ListForm], **options: Any
    ) -> None:
        self.request = request
        self.page = page
        self.name = name
        self.kind = kind
        self.options = options

    def answer(self, save: Save) -> HttpResponse:
        """The page, or what comes of its form."""
        if not self.page.editable:
            return closed(self.request, "record", self.page.assessment.pk)
        if self.request.method != "POST":
            initial = self.kind.values(self.page.rows, self.page.token) | self.begun()
            return self.draw(self.form(initial=initial, places=len(self.page.rows) + BLANKS))
        verb, _sign, key = self.request.POST.get("do", "").partition("_")
        if verb:
            return self.do(verb, number_from(key))
        return self.save(save)

    def begun(self) -> dict[str, Any]:
        """What the empty place at the end begins with."""
        return {}

    def form(self, data: QueryDict | None = None, places: int = 0, **more: Any) -> Any:
        """The form, over what was typed if anything was."""
        return self.kind(data, places=max(places, len(self.page.rows) + BLANKS), **self.options, **more)

    def draft(self, data: QueryDict) -> Any:
        """The form as it was typed, with an empty place at its end and nothing checked."""
        return self.form(data, places=self.kind.places_of(data), draft=True)

    def save(self, save: Save) -> HttpResponse:
        """Save the list, or show what is in the way."""
        typed = self.request.POST
        form = self.form(typed)
        if not form.is_valid():
            return self.draw(form)
        try:
            saved = save(form)
        except Unfit as refusal:
            if refusal.field == REMOVED:
                form = self.form(self.kind.with_rows(typed, self.page.rows))
                form.is_valid()
            put_refusal(form, refusal)
            return self.draw(form)
        except Stale as refusal:
            # Whatever somebody added in between is in the form too: saving it then takes nothing away unseen.
            whole = self.kind.with_rows(with_version(typed, self.page.token, "token"), refusal.current)
            return self.draw(self.form(whole), stale=refusal.current)
        except NotEditable:
            return closed(self.request, "record", self.page.assessment.pk)
        messages.success(self.request, _("Saved"))
        if self.page.over_limit(len(saved)):
            message = _(
                "There are %(count)s recommendations now. This year speaks of up to %(limit)s. More are allowed."
            )
            messages.warning(self.request, message % {"count": len(saved), "limit": self.page.limit})
        if typed.get("then") == "more":
            return redirect(f"{resolve_url(self.name, self.page.assessment.pk)}#entry-{len(saved) + 1}")
        return redirect("assessment", self.page.assessment.pk)

    def do(self, verb: str, index: int | None) -> HttpResponse:
        """Arrange what was typed, as the button says. Nothing is saved by that."""
        typed = self.request.POST
        order = list(range(self.kind.places_of(typed)))
        notice, place = "", 0
        if index in order:
            if verb == "up" and index:
                order[index - 1 : index + 1] = [index, index - 1]
                notice, place = _("Moved up. It is not saved yet."), index - 1
            elif verb == "down" and index + 1 < len(order):
                order[index : index + 2] = [index + 1, index]
                notice, place = _("Moved down. It is not saved yet."), index + 1
            elif verb == "remove":
                order.remove(index)
                notice = _("Entry %(number)s was taken off this page. It is removed when you save.")
                notice, place = notice % {"number": index + 1}, min(index, len(order))
        return self.draw(self.draft(self.kind.arranged(typed, order)), notice=notice, place=place)

    def draw(self, form: Any, *, stale: Any = None, notice: str = "", place: int | str = 0) -> HttpResponse:
        """The page. ``notice`` is said at the entry in ``place``."""
        context = {
            "page": self.page,
            "form": form,
            "stale": stale,
            "notice": notice,
            "place": place,
            "over_limit": self.page.over_limit(form.filled),
        } | self.more()
        status = 409 if stale is not None else 200
        return render(self.request, f"assessments/{self.name}.html", context, status=status)

    def more(self) -> dict[str, Any]:
        """What else the page shows."""
        return {}


class _Recommendations(_List):
    """The list of recommendations, which earlier wording can be put into."""

    def begun(self) -> dict[str, Any]:
        chosen = number_from(self.request.GET.get("benchmark"))
        return {f"{TICKED}_{len(self.page.rows)}": [chosen]} if chosen else {}

    def do(self, verb: str, index: int | None) -> HttpResponse:
        typed = self.request.POST
        if verb == "use" and index is not None:
            return self.use(index)
        if verb in ("find", "page"):
            return self.draw(self.draft(typed), place=LIBRARY)
        return super().do(verb, index)

    def use(self, recommendation_id: int) -> HttpResponse:
        """Put earlier wording into the first empty entry."""
        page = self.page
        found = read.wording(self.request.actor, page.assessment, page.scheme, recommendation_id)
        typed = self.request.POST.copy()
        place = self.draft(typed).free_place
        chosen = number_from(typed.get("benchmark"))
        numbers = {*(found.benchmark_numbers if found.is_same_scheme else ()), *((chosen,) if chosen else ())}
        values = {"recommendation": found.text, "heading": found.heading, TICKED: sorted(numbers)}
        self.kind.put(typed, place, values)
        notice = _(
            "This wording is from %(authority)s, %(year)s. Take out the names of places, people and organisations "
            "before you save."
        )
        source = {"authority": found.authority, "year": found.cycle}
        return self.draw(self.draft(typed), notice=notice % source, place=place)

    def more(self) -> dict[str, Any]:
        """The library, once it was asked for."""
        post = self.request.method == "POST"
        asked = self.request.POST if post else self.request.GET
        verb, _sign, key = asked.get("do", "").partition("_")
        wanted = verb in ("find", "page", "use") if post else bool({"benchmark", "q"} & asked.keys())
        form = LibraryForm(asked if wanted else None, scheme=self.page.scheme)
        library = None
        if wanted and form.is_valid():
            said = form.cleaned_data
            library = read.library(
                self.request.actor,
                self.page.assessment,
                self.page.scheme,
                benchmark=said["benchmark"],
                words=said["q"],
                page=(number_from(key) or 1) if verb == "page" else 1,
            )
        return {"library_form": form, "library": library}


@signed_in
def judgements(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Last year's recommendations for the adviser: what the authority says, and their own judgement beside it."""
    if request.method == "POST":
        return _save_judgements(request, assessment_id)
    page = followed.judgement_page(request.actor, assessment_id)
    if not page.editable:
        return closed(request, "record", assessment_id)
    lines = page.follow_ups.lines
    return _judgements_page(request, page, JudgementsForm(initial=JudgementsForm.values(lines), lines=lines))


def _save_judgements(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Save what was posted. What the page shows is read again only where it has to be shown again."""
    form = JudgementsForm(
        request.POST, lines=[followed.FollowUpLine(id=pk) for pk in numbers_of(request.POST, "version_")]
    )
    stale: dict[int, Any] = {}
    refusal: Unfit | None = None
    if form.is_valid():
        try:
            save_follow_up_reviews(
                by=request.actor, at=timezone.now(), assessment_id=assessment_id, judgements=form.judgements()
            )
        except Unfit as refused:
            refusal = refused
        except Stale as refused:
            stale = refused.current
        except NotEditable:
            return closed(request, "record", assessment_id)
        else:
            messages.success(request, _("Your judgement of last year’s recommendations is saved"))
            return redirect("assessment", assessment_id)
    page = followed.judgement_page(request.actor, assessment_id)
    if not page.editable:
        return closed(request, "record", assessment_id)
    versions = {key: one.version if one else 0 for key, one in stale.items()}
    form = JudgementsForm(with_versions(request.POST, versions), lines=page.follow_ups.lines)
    form.is_valid()
    if refusal:
        put_refusal(form, refusal)
    return _judgements_page(request, page, form, stale)


def _judgements_page(
    request: HttpRequest, page: followed.JudgementPage, form: JudgementsForm, stale: dict[int, Any] | None = None
) -> HttpResponse:
    standing = [one for one in page.follow_ups.lines if one.id in (stale or {})]
    context = {"page": page, "form": form, "stale": standing}
    return render(request, "assessments/judgements.html", context, status=409 if stale else 200)
