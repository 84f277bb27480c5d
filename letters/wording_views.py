"""The pages on which the wording of letters is read, written, published and chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.text import number_from
from assurance.views.base import put_refusal, signed_in, typed_texts, with_version
from letters import wording_actions, wording_queries
from letters.templatetags.letters import language_name
from letters.wording_actions import Unsound
from letters.wording_forms import FORMS, SAMPLES, CopyForm, CycleWordingForm, EntryForm, PartForm, PublishForm
from letters.wording_parts import LISTS, PARTS, Tree, as_yaml, entries, mistakes, moved, put, removed, tidy
from letters.wording_queries import WordingPage
from letters.wording_sample import FULL

NEW = "new-text"
"""In the address of a text that is not there yet. No block can be called so."""


@signed_in
def wording_list(request: HttpRequest) -> HttpResponse:
    """Every wording, with the cycles that use it."""
    return render(request, "letters/wordings.html", {"listing": wording_queries.wordings(request.actor)})


@signed_in
def wording(request: HttpRequest, wording_id: int) -> HttpResponse:
    """One wording: for a draft its parts and what stops it from being published, then everything that it says."""
    page = wording_queries.wording_page(request.actor, wording_id)
    parts = [(name, *PARTS[name]) for name in page.parts]
    return render(request, "letters/wording.html", {"page": page, "parts": parts})


@signed_in
def preview(request: HttpRequest, wording_id: int) -> HttpResponse:
    """An invented letter in a wording as it is saved."""
    page = wording_queries.wording_page(request.actor, wording_id)
    kind = request.GET.get("sample", FULL)
    content, problem = wording_queries.preview_of(page.wording, page.content, kind)
    context = {"page": page, "content": content, "problem": problem, "samples": SAMPLES, "kind": kind}
    return render(request, "letters/wording_preview.html", context)


@signed_in
def download(request: HttpRequest, wording_id: int) -> HttpResponse:
    """A wording as the file that ``load_wording`` takes."""
    page = wording_queries.wording_page(request.actor, wording_id)
    one = page.wording
    name = f"{one.code}-{one.language}-{one.version}".replace(" ", "-")
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}.yaml"'}
    return HttpResponse(as_yaml(page.content), content_type="application/yaml; charset=utf-8", headers=headers)


@signed_in
def copy(request: HttpRequest, wording_id: int) -> HttpResponse:
    """Make a new version."""
    page = wording_queries.wording_page(request.actor, wording_id, to_write=True)
    cancel = resolve_url("wording", wording_id)
    if request.method == "POST":
        form = CopyForm(request.POST, cancel=cancel)
        if form.is_valid():
            try:
                made = wording_actions.new_version(
                    by=request.actor,
                    at=timezone.now(),
                    wording_id=wording_id,
                    version=form.cleaned_data["version"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            else:
                messages.success(request, _("Draft made. Nothing uses it until it is published"))
                return redirect("wording", made.pk)
    else:
        form = CopyForm(cancel=cancel)
    return render(request, "letters/wording_copy.html", {"page": page, "form": form})


@signed_in
def publish(request: HttpRequest, wording_id: int) -> HttpResponse:
    """Publish a draft, once and for ever."""
    page = wording_queries.wording_page(request.actor, wording_id, to_write=True)
    if not page.editable:
        return redirect("wording", wording_id)
    cancel = resolve_url("wording", wording_id)
    if request.method == "POST":
        form = PublishForm(request.POST, cancel=cancel)
        if form.is_valid():
            try:
                wording_actions.publish_wording(
                    by=request.actor,
                    at=timezone.now(),
                    wording_id=wording_id,
                    revision=form.cleaned_data["revision"],
                )
            except Unsound as refusal:
                for one in refusal.mistakes:
                    form.add_error(None, one.message)
            except Stale as refusal:
                form = PublishForm(with_version(request.POST, refusal.current.revision, "revision"), cancel=cancel)
                form.add_error(None, _("Somebody saved this draft since you opened the page. Read it again first"))
            else:
                messages.success(request, _("Published"))
                return redirect("wording", wording_id)
    else:
        form = PublishForm(initial={"revision": page.wording.revision}, cancel=cancel)
    return render(request, "letters/wording_publish.html", {"page": page, "form": form})


@signed_in
def part(request: HttpRequest, wording_id: int, name: str) -> HttpResponse:
    """One part of a draft."""
    page = wording_queries.wording_page(request.actor, wording_id, to_write=True)
    if name not in page.parts:
        raise Http404

    def make(given: WordingPage, **options: Any) -> PartForm:
        scheme = wording_queries.scheme_of(given.wording) if name == "scheme" else None
        return FORMS[name](content=given.content, scheme=scheme, **options)

    return _edit(request, page, make, lambda form: form.into(), title=PARTS[name][0])


@signed_in
def text(request: HttpRequest, wording_id: int, name: str, place: str) -> HttpResponse:
    """One text of a list of a draft, or a new one."""
    page = wording_queries.wording_page(request.actor, wording_id, to_write=True)
    if name not in LISTS:
        raise Http404
    found = entries(page.content, name)
    # Blocks have names, which stay when somebody moves them; texts of an annex are known by their place.
    names = [one.get("id", str(index)) for index, one in enumerate(found)]
    number = names.index(place) if place in names else None
    if place != NEW and number is None:
        if request.method != "POST":
            raise Http404
        return _too_late(request, wording_id)
    empty: Tree = {"kind": "paragraph"} if name == "letter" else {}
    entry = empty if number is None else found[number]

    def make(given: WordingPage, **options: Any) -> PartForm:
        at = (*LISTS[name][0], len(found) if number is None else number)
        return EntryForm(content=given.content, scheme=None, entry=entry, at=at, **options)

    def change(form: Any) -> Tree:
        return put(form.content, name, number, form.changed())

    return _edit(request, page, make, change, title=LISTS[name][1], takes_fields=True)


def _edit(
    request: HttpRequest,
    page: WordingPage,
    make: Callable[..., PartForm],
    change: Callable[[Any], Tree],
    *,
    title: Any,
    takes_fields: bool = False,
) -> HttpResponse:
    """A form about a part of a draft: saved, or shown again with what is wrong, or with a letter as it would be.

    Without scripts a button shows the letter; with them it is asked for while somebody types, and answered with the
    letter alone.
    """
    if not page.editable:
        if request.method == "POST":
            return _too_late(request, page.wording.pk)
        return redirect("wording", page.wording.pk)
    context: dict[str, Any] = {"page": page, "title": title, "takes_fields": takes_fields, "content": None}
    if request.method != "POST":
        context["form"] = make(page, initial={"revision": page.wording.revision, "sample": FULL})
        context["content"], context["problem"] = wording_queries.preview_of(page.wording, page.content, FULL)
        return render(request, "letters/wording_part.html", context)
    form = context["form"] = make(page, data=request.POST)
    changed = _sound(form, change)
    if request.htmx or "preview" in request.POST:
        if changed is not None:
            kind = form.cleaned_data["sample"] or FULL
            context["content"], context["problem"] = wording_queries.preview_of(page.wording, tidy(changed), kind)
        template = "letters/_wording_preview.html" if request.htmx else "letters/wording_part.html"
        return render(request, template, context)
    if changed is not None:
        try:
            wording_actions.save_wording(
                by=request.actor,
                at=timezone.now(),
                wording_id=page.wording.pk,
                revision=form.cleaned_data["revision"],
                content=changed,
            )
        except Stale as refusal:
            # What was typed goes on top of what stands now, which is shown beside it.
            context["stale"] = _as_it_stands(make(page))
            context["form"] = make(page, data=with_version(request.POST, refusal.current.revision, "revision"))
            return render(request, "letters/wording_part.html", context, status=409)
        messages.success(request, _("Saved"))
        return redirect("wording", page.wording.pk)
    return render(request, "letters/wording_part.html", context)


def _too_late(request: HttpRequest, wording_id: int) -> HttpResponse:
    """What was typed, where there is nothing any more that it could be saved in."""
    context = {"texts": typed_texts(request), "href": resolve_url("wording", wording_id)}
    return render(request, "assessments/closed.html", context, status=409)


def _sound(form: PartForm, change: Callable[[Any], Tree]) -> Tree | None:
    """The content with what was filled in, if that is right by itself; else None, with the mistakes at their fields."""
    if not form.is_valid():
        return None
    changed = change(form)
    if wrong := mistakes(changed):
        form.put(wrong)
        return None
    return changed


def _as_it_stands(form: PartForm) -> list[tuple[str, str]]:
    """What each field of a part says now, as texts."""
    return [
        (str(form.fields[name].label), value)
        for name, value in form.initial.items()
        if name in form.fields and isinstance(value, str) and value
    ]


@signed_in
def arrange(request: HttpRequest, wording_id: int, name: str) -> HttpResponse:
    """Move a text of a list up or down, or remove it."""
    page = wording_queries.wording_page(request.actor, wording_id, to_write=True)
    here = redirect("wording", wording_id)
    if name not in LISTS:
        raise Http404
    if request.method != "POST":
        return here
    step, _colon, number = request.POST.get("do", "").partition(":")
    place, found = number_from(number), entries(page.content, name)
    if step not in ("up", "down", "remove") or place is None or place >= len(found):
        raise Http404
    changed = (
        removed(page.content, name, place)
        if step == "remove"
        else moved(page.content, name, place, -1 if step == "up" else 1)
    )
    try:
        wording_actions.save_wording(
            by=request.actor,
            at=timezone.now(),
            wording_id=wording_id,
            revision=number_from(request.POST.get("revision")) or 0,
            content=changed,
        )
    except NotEditable:
        messages.warning(request, _("This wording is published and can no longer change."))
    except Stale:
        messages.warning(request, _("Somebody else saved this draft since you opened the page. Nothing was changed."))
    except Unsound as refusal:
        messages.warning(request, refusal.mistakes[0].message)
    else:
        messages.success(request, _("Removed") if step == "remove" else _("Moved"))
    return here


@signed_in
def of_cycle(request: HttpRequest, cycle_id: int) -> HttpResponse:
    """Choose the wording of a cycle's letters."""
    is_post = request.method == "POST"
    page = wording_queries.cycle_wordings(request.actor, cycle_id, to_write=is_post)
    choices = [
        (
            one.language,
            language_name(one.language),
            [
                ("", _("The newest that is published: %(wording)s") % {"wording": one.newest or "–"}),
                *((str(wording.pk), str(wording)) for wording in one.choices),
            ],
            one.chosen.pk if one.chosen else 0,
        )
        for one in page.choices
    ]
    form = CycleWordingForm(request.POST if is_post else None, choices=choices)
    if is_post and form.is_valid():
        try:
            for language in form.languages:
                chosen = number_from(form.cleaned_data[f"wording_{language}"])
                if chosen != (form.cleaned_data[f"was_{language}"] or None):
                    wording_actions.choose_wording(
                        by=request.actor,
                        at=timezone.now(),
                        cycle_id=cycle_id,
                        language=language,
                        wording_id=chosen,
                        was=form.cleaned_data[f"was_{language}"],
                    )
        except Unfit as refusal:
            put_refusal(form, refusal)
        except Stale as refusal:
            named = refusal.current or _("the newest")
            messages.warning(
                request, _("Somebody else chose “%(wording)s” meanwhile. Choose again.") % {"wording": named}
            )
            return redirect("cycle-wordings", cycle_id)
        else:
            messages.success(request, _("Saved"))
            return redirect("cycle-wordings", cycle_id)
    return render(request, "letters/cycle_wordings.html", {"page": page, "form": form})
