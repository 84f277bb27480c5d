"""The template pack: every kind of field, its errors, and what must never get out unescaped."""

import re
from typing import Any

import pytest
from django import forms
from django.forms import formset_factory

from assurance.forms.govuk import GovukForm, Look
from assurance.templatetags.fields import render_field
from tests.frontend.conftest import Draw
from tests.frontend.markup import Drawn
from tests.frontend.samples import HOSTILE, EverythingForm, GroupedForm, HostileForm

CRISPY = "{% load crispy_forms_tags %}{% crispy form %}"


@pytest.fixture
def crispy(draw: Draw) -> Any:
    """Draws a form with ``{% crispy form %}``."""
    return lambda form: Drawn(draw(source=CRISPY, form=form))


def test_every_field_is_drawn_with_a_label_and_a_name(crispy: Any) -> None:
    page = crispy(EverythingForm())
    names = {element.get("name") for tag in ("input", "textarea", "select") for element in page.all(tag)}
    date = {"due_day", "due_month", "due_year"}
    assert set(EverythingForm.base_fields) - {"due"} | date <= names
    for element in page.elements:
        if element.tag in ("input", "textarea", "select") and element.get("type") != "hidden":
            assert page.all("label", **{"for": element["id"]}), element.attributes


def test_nothing_is_drawn_twice(crispy: Any) -> None:
    page = crispy(EverythingForm({}))
    ids = [element["id"] for element in page.elements if element.get("id")]
    assert len(ids) == len(set(ids))


def test_the_browser_validates_nothing(crispy: Any) -> None:
    page = crispy(EverythingForm())
    assert "novalidate" in page.one("form").attributes
    for element in page.elements:
        assert not {"required", "maxlength", "min", "max", "autofocus"} & set(element.attributes)


def test_a_form_with_a_file_says_so(crispy: Any) -> None:
    assert crispy(EverythingForm()).one("form")["enctype"] == "multipart/form-data"
    assert "enctype" not in crispy(GroupedForm()).one("form").attributes


def test_an_unbound_form_has_no_errors(crispy: Any) -> None:
    page = crispy(EverythingForm())
    assert not page.all(cls="govuk-error-summary")
    assert not page.all(cls="govuk-error-message")


def test_an_empty_post_is_a_post(crispy: Any) -> None:
    page = crispy(EverythingForm({}))
    assert page.one(cls="govuk-error-summary")
    said = [link.text for link in page.all("a") if link["href"].startswith("#")]
    assert "Fill in “Your name”" in said
    assert "Choose an answer for “Outcome”" in said
    assert "Enter a date for “When is it due?”" in said
    assert "Choose a file for “Evidence”" in said
    assert "Tick “I declare that this is complete” to continue" in said


def test_error_summary_links_lead_to_inputs(crispy: Any) -> None:
    page = crispy(EverythingForm({"due_day": "1", "due_month": "4", "outcome": "below"}))
    targets = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#")]
    assert len(targets) >= 10
    for target in targets:
        assert page.one(id=target).tag in ("input", "textarea", "select")
    assert "id_due-year" in targets
    assert "id_reason" in targets


def test_the_first_radio_and_checkbox_are_what_the_summary_links_to(crispy: Any) -> None:
    page = crispy(EverythingForm({}))
    for name in ("outcome", "topics", "declared"):
        assert page.all("input", name=name)[0]["id"] == f"id_{name}"


def test_an_error_is_tied_to_its_input(crispy: Any) -> None:
    page = crispy(EverythingForm({}))
    assert page.one(id="id_name")["aria-describedby"].split() == ["id_name-hint", "id_name-error"]
    assert page.one(id="id_summary")["aria-describedby"].split()[-1] == "id_summary-error"
    assert page.one(id="id_declared").get("aria-describedby")
    for element in page.elements:
        for described in element.get("aria-describedby").split():
            assert page.has_id(described), described


def test_a_hidden_field_with_an_error_is_listed_without_a_link(crispy: Any) -> None:
    page = crispy(EverythingForm({"version": "x"}))
    said = page.one(cls="govuk-error-summary").text
    assert "lost track" in said
    assert not page.all("a", href="#id_version")


def test_errors_of_the_whole_form_are_listed_first(crispy: Any) -> None:
    class Whole(GroupedForm):
        def clean(self) -> None:
            raise forms.ValidationError("The two do not go together")

    page = crispy(Whole({"first": "", "second": "b"}))
    assert page.all("li")[0].text.strip() == "The two do not go together"


def test_text_from_the_database_stays_text(crispy: Any) -> None:
    for form in (
        HostileForm(),
        HostileForm({}),
        HostileForm({"text": HOSTILE, "area": HOSTILE, "radios": HOSTILE}),
    ):
        page = crispy(form)
        assert not page.all("script")
        assert HOSTILE not in page.markup
        assert page.markup.count("&lt;script&gt;") > 20


def test_a_hostile_formset_stays_text(draw: Draw) -> None:
    formset = formset_factory(HostileForm, extra=2)()
    page = Drawn(draw(source=CRISPY.replace("form %}", "formset %}"), formset=formset))
    assert not page.all("script")
    assert len(page.all("textarea")) == 2
    assert page.all("input", name="form-TOTAL_FORMS")


def test_a_legend_is_not_run_as_a_template(crispy: Any) -> None:
    page = crispy(GroupedForm())
    assert page.one("legend").text.strip() == "{{ heading }} & more"


def test_character_count(crispy: Any) -> None:
    page = crispy(EverythingForm())
    assert page.one("div", **{"data-module": "govuk-character-count", "data-maxlength": "500"})
    assert page.one(id="id_summary-info").text.strip() == "You can enter up to 500 characters"
    assert page.one("textarea", id="id_notes").get("class") == "govuk-textarea"


def test_character_count_speaks_the_language_of_the_page(crispy: Any, settings: Any) -> None:
    from django.utils.translation import override  # noqa: PLC0415 - only this test changes the language

    with override("cy"):
        page = crispy(EverythingForm())
    counted = page.one("div", **{"data-module": "govuk-character-count", "data-maxlength": "500"})
    kinds = {name.rpartition(".")[2] for name in counted.attributes if "characters-under-limit" in name}
    assert kinds == {"zero", "one", "two", "few", "many", "other"}


@pytest.mark.parametrize("text", ["one\n  two\nthree", "\n\nafter two line ends", "</textarea><b>", "a & b &amp;"])
def test_a_text_area_gives_back_what_was_put_in(crispy: Any, text: str) -> None:
    page = crispy(EverythingForm(initial={"notes": text, "summary": text, "reason": text, "outcome": "below"}))
    for name in ("notes", "summary", "reason"):
        assert page.value_of(f"id_{name}") == text


def test_a_revealed_field_is_drawn_inside_its_choice_only(crispy: Any) -> None:
    page = crispy(EverythingForm())
    assert len(page.all("textarea", name="reason")) == 1
    choice = page.one("input", name="outcome", value="below")
    assert page.one("div", id=choice["data-aria-controls"]).text.strip().startswith("Why was it not met?")


def test_a_revealed_field_is_validated_only_when_chosen() -> None:
    unchosen = EverythingForm({"outcome": "meets", "reason": "x" * 999})
    assert "reason" not in unchosen.errors
    assert unchosen.cleaned_data["reason"] is None
    assert "reason" in EverythingForm({"outcome": "below"}).errors


def test_looks_of_one_form_do_not_change_another() -> None:
    first = EverythingForm()
    first.looks["name"] = Look(size="xl")
    assert EverythingForm().looks["name"].size == "m"


def test_choices(crispy: Any) -> None:
    page = crispy(EverythingForm(initial={"outcome": "meets", "topics": ["v"], "region": "w", "declared": True}))
    assert "checked" in page.one("input", value="meets").attributes
    assert "checked" not in page.one("input", value="below").attributes
    assert "checked" in page.one("input", name="topics", value="v").attributes
    assert "checked" in page.one("input", name="declared").attributes
    assert "selected" in page.one("option", value="w").attributes
    hint = page.one("input", value="meets")["aria-describedby"]
    assert page.one(id=hint).text.strip() == "Every criterion is met"
    assert page.one("input", value="none")["data-behaviour"] == "exclusive"


def test_buttons(draw: Draw) -> None:
    page = Drawn(draw(source=CRISPY, form=EverythingForm(cancel="/back/?a=1&b=2")))
    save, draft, delete = page.all("button", **{"data-module": "govuk-button", "type": "submit"})
    assert save.text.strip() == "Save and continue"
    assert "name" not in save.attributes
    assert (draft["name"], draft["value"]) == ("draft", "yes")
    assert "govuk-button--warning" in delete["class"]
    assert page.one("a", href="/back/?a=1&b=2").text == "Cancel"


def test_a_form_that_gets_carries_no_token(draw: Draw) -> None:
    class Search(GroupedForm):
        method = "get"

    page = Drawn(draw(source=CRISPY, form=Search()))
    assert page.one("form")["method"] == "get"
    assert not page.all("input", name="csrfmiddlewaretoken")
    assert Drawn(draw(source=CRISPY, form=GroupedForm())).all("input", name="csrfmiddlewaretoken")


def test_forms_of_others_are_drawn_too(draw: Draw) -> None:
    class Plain(forms.Form):
        username = forms.CharField(widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"}))
        when = forms.DateTimeField()

    page = Drawn(draw(source="{% load crispy_forms_tags %}{{ form|crispy }}", form=Plain({})))
    assert page.one(id="id_username")["autocomplete"] == "username"
    assert "autofocus" not in page.one(id="id_username").attributes
    assert page.one(cls="govuk-error-summary")


def test_an_unknown_widget_is_refused() -> None:
    class Slider(forms.Widget):
        pass

    class Odd(GovukForm):
        level = forms.CharField(widget=Slider())

    with pytest.raises(TypeError, match="Slider"):
        render_field(Odd()["level"])


def test_the_summary_stands_once_at_the_top_of_the_page(everything: Any) -> None:
    page = everything(EverythingForm({}))
    assert page.count('data-module="govuk-error-summary"') == 1
    assert page.index("govuk-error-summary") < page.index("<h1")
    assert re.search(r"<title>Error: Everything – Prevent duty assurance</title>", page)
    assert "<title>Everything" in everything(EverythingForm())
