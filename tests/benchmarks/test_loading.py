from __future__ import annotations

from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from benchmarks.catalogue import crosswalk_pairs, newest_published, scheme_text
from benchmarks.files import Refused
from benchmarks.loading import Change, digest_of, load_crosswalk, load_scheme
from benchmarks.models import Criterion, Scheme, SchemeVersion
from benchmarks.vocabulary import Standing, Status
from tests.benchmarks.samples import BEST_FIT, CHECKLIST, CROSSWALK, spoilt, written

pytestmark = pytest.mark.django_db


def other_wording(text: str = CHECKLIST) -> str:
    return spoilt(text, "There is a group.", "A group exists.")


def test_a_scheme_is_loaded_as_a_draft(tmp_path: Path, at: datetime) -> None:
    loaded = load_scheme(written(tmp_path, CHECKLIST), publish=False, at=at)
    assert (loaded.change, loaded.published, loaded.version.status) == (Change.CREATED, False, Status.DRAFT)
    assert newest_published("tiny") is None


def test_everything_in_the_file_is_kept(tmp_path: Path, at: datetime) -> None:
    text = scheme_text(load_scheme(written(tmp_path, CHECKLIST), publish=True, at=at).version.pk)
    assert (text.code, text.version, text.is_checklist) == ("tiny", "first", True)
    assert [(level.code, level.points, level.standing, level.builds_on) for level in text.levels] == [
        ("not_met", 0, Standing.BELOW, None),
        ("met", 1, Standing.MEETS, None),
        ("exceeding", 2, Standing.EXCEEDS, "met"),
    ]
    group, panel = text.benchmarks[1], text.benchmarks[2]
    assert {code: [c.text for c in criteria] for code, criteria in group.criteria.items()} == {
        "not_met": ["There is no group."],
        "met": ["There is a group.", "It meets."],
        "exceeding": ["It meets often."],
    }
    assert group.criteria["met"][1].sub == ("in spring", "in autumn")
    assert (panel.scored, panel.unscored_note, panel.criteria) == (False, "Assured elsewhere.", {})
    assert text.level_named("exceeded") is text.level_named(" EXCEEDING ") is text.level("exceeding")
    assert text.level_named("met or so") is None


def test_the_same_again_changes_nothing(tmp_path: Path, at: datetime) -> None:
    path = written(tmp_path, CHECKLIST)
    first = load_scheme(path, publish=False, at=at)
    criteria = list(Criterion.objects.values_list("pk", flat=True))
    again = load_scheme(path, publish=False, at=at)
    assert (again.change, again.version.pk) == (Change.UNCHANGED, first.version.pk)
    assert list(Criterion.objects.values_list("pk", flat=True)) == criteria


def test_the_same_again_is_the_same_however_it_is_written(tmp_path: Path, at: datetime) -> None:
    load_scheme(written(tmp_path, CHECKLIST), publish=True, at=at)
    reordered = spoilt(spoilt(CHECKLIST, "code: tiny\n", ""), "judgement:", "code: tiny\njudgement:")
    assert load_scheme(written(tmp_path, "# a remark\n" + reordered), publish=True, at=at).change == Change.UNCHANGED


def test_a_draft_is_replaced(tmp_path: Path, at: datetime) -> None:
    first = load_scheme(written(tmp_path, CHECKLIST), publish=False, at=at)
    second = load_scheme(written(tmp_path, other_wording()), publish=False, at=at)
    assert second.change == Change.REPLACED
    assert not SchemeVersion.objects.filter(pk=first.version.pk).exists()
    texts = Criterion.objects.filter(benchmark__scheme_version=second.version).values_list("text", flat=True)
    assert "A group exists." in texts
    assert "There is a group." not in texts


def test_a_loaded_draft_can_be_published_later(tmp_path: Path, at: datetime) -> None:
    path = written(tmp_path, CHECKLIST)
    load_scheme(path, publish=False, at=at)
    again = load_scheme(path, publish=True, at=at)
    assert (again.change, again.published) == (Change.UNCHANGED, True)
    assert newest_published("tiny") == again.version
    assert not load_scheme(path, publish=True, at=at).published


def test_a_published_version_is_never_altered(tmp_path: Path, at: datetime) -> None:
    before = load_scheme(written(tmp_path, CHECKLIST), publish=True, at=at).version
    text = spoilt(other_wording(), "title: Panel", "title: Board")
    with pytest.raises(Refused) as caught:
        load_scheme(written(tmp_path, text), publish=True, at=at)
    reason = "differs from the published version first; give the new text a new version"
    assert [str(problem) for problem in caught.value.problems] == [
        f"scheme.yaml: line 18: benchmarks, item 1, criteria, met, item 1, text: {reason}",
        f"scheme.yaml: line 24: benchmarks, item 2, title: {reason}",
    ]
    assert scheme_text(before.pk).benchmarks[2].title == "Panel"


def test_a_criterion_more_is_told_where_its_list_is(tmp_path: Path, at: datetime) -> None:
    load_scheme(written(tmp_path, CHECKLIST), publish=True, at=at)
    longer = spoilt(CHECKLIST, "    - text: It meets often.\n", "    - text: It meets often.\n    - text: More.\n")
    with pytest.raises(Refused, match=r"line 21: benchmarks, item 1, criteria, exceeding: differs"):
        load_scheme(written(tmp_path, longer), publish=False, at=at)


def test_new_text_is_a_new_version_and_the_newest(tmp_path: Path, at: datetime) -> None:
    old = load_scheme(written(tmp_path, CHECKLIST), publish=True, at=at).version
    text = spoilt(other_wording(), "version: first", "version: second")
    new = load_scheme(written(tmp_path, text), publish=True, at=at.replace(year=at.year + 1)).version
    assert newest_published("tiny") == new
    assert scheme_text(old.pk).benchmarks[1].criteria["met"][0].text == "There is a group."
    assert Scheme.objects.filter(code="tiny").count() == 1


def test_published_text_is_read_once(tmp_path: Path, at: datetime, django_assert_num_queries) -> None:
    draft = load_scheme(written(tmp_path, CHECKLIST), publish=False, at=at).version
    published = load_scheme(written(tmp_path, BEST_FIT), publish=True, at=at).version
    assert scheme_text(published.pk) is scheme_text(published.pk)
    with django_assert_num_queries(0):
        scheme_text(published.pk)
    assert scheme_text(draft.pk) is not scheme_text(draft.pk)


def test_the_digest_does_not_hang_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of({"a": 1, "b": [1, 2]}) != digest_of({"a": 1, "b": [2, 1]})


def test_several_files_are_loaded_or_none(tmp_path: Path) -> None:
    good = written(tmp_path, CHECKLIST, "good.yaml")
    bad = written(tmp_path, spoilt(BEST_FIT, "judgement: best_fit\n", ""), "bad.yaml")
    with pytest.raises(CommandError, match=r"bad\.yaml: line 1: judgement: is missing"):
        call_command("load_scheme", str(good), str(bad))
    assert not Scheme.objects.filter(code="tiny").exists()


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    paths = [str(written(tmp_path, CHECKLIST, "a.yaml")), str(written(tmp_path, BEST_FIT, "b.yaml"))]
    first, second = StringIO(), StringIO()
    call_command("load_scheme", *paths, publish=True, stdout=first)
    call_command("load_scheme", *paths, publish=True, stdout=second)
    assert first.getvalue().splitlines() == ["created tiny, first and published", "created small, first and published"]
    assert second.getvalue().splitlines() == ["unchanged: tiny, first", "unchanged: small, first"]


def test_a_crosswalk_takes_the_place_of_the_one_before(tmp_path: Path, at: datetime) -> None:
    for text in (CHECKLIST, BEST_FIT):
        load_scheme(written(tmp_path, text), publish=False, at=at)
    path = written(tmp_path, CROSSWALK, "crosswalk.yaml")
    assert load_crosswalk(path) == ("small", "tiny", True)
    assert load_crosswalk(path) == ("small", "tiny", False)
    changed = written(tmp_path, spoilt(CROSSWALK, "{from: 1, to: 1}", "{from: 1, to: 2}"), "crosswalk.yaml")
    assert load_crosswalk(changed) == ("small", "tiny", True)
    assert crosswalk_pairs("small", "tiny") == [(1, 2)]
    assert len(crosswalk_pairs("la-10", "la-8")) == 10


def test_a_crosswalk_between_schemes_that_are_not_loaded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("load_crosswalk", str(written(tmp_path, CROSSWALK)))
    assert str(caught.value).splitlines() == [
        "scheme.yaml: line 2: from: scheme small is not loaded",
        "scheme.yaml: line 3: to: scheme tiny is not loaded",
    ]


@pytest.mark.parametrize(("end", "scheme"), [("from", "small"), ("to", "tiny")])
def test_a_crosswalk_of_a_benchmark_that_the_scheme_lacks(tmp_path: Path, at: datetime, end: str, scheme: str) -> None:
    for text in (CHECKLIST, BEST_FIT):
        load_scheme(written(tmp_path, text), publish=False, at=at)
    path = written(tmp_path, spoilt(CROSSWALK, f"{end}: 1", f"{end}: 9"), "crosswalk.yaml")
    with pytest.raises(Refused, match=rf"line 6: map, item 1, {end}: scheme {scheme} has no benchmark 9"):
        load_crosswalk(path)
