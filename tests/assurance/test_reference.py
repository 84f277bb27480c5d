"""Authorities from CSV, by the command."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from assurance.models import Authority, Programme, ReferenceEvent, Succession
from assurance.vocabulary import EventKind

pytestmark = pytest.mark.django_db

GREAT_BRITAIN = Path(settings.BASE_DIR).parent / "shared" / "data" / "gb_local_authorities_2025.csv"
OURS = Path(settings.BASE_DIR) / "fixtures" / "authorities.csv"

HEADER = "gss_code,name,short_name,type,nation,region,county_gss,start_date,end_date,former_gss_codes"
COUNTY = "E10000901,Alder County Council,Alder,County,England,North,,,,"
DISTRICT = "E07000901,Ash District Council,Ash,District,England,North,E10000901,,,"
UNITARY = "E06000902,New Council,New,Unitary authority,England,North,,2023-04-01,,E07000901"
FILE = "\n".join((HEADER, DISTRICT, COUNTY, UNITARY)) + "\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "authorities.csv"
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path, **options: str) -> list[str]:
    said = StringIO()
    call_command("load_authorities", str(path), stdout=said, **options)
    return said.getvalue().splitlines()


def refusal(path: Path, **options: str) -> list[str]:
    with pytest.raises(CommandError) as caught:
        load(path, **options)
    return str(caught.value).splitlines()


def test_authorities_are_created(tmp_path: Path) -> None:
    assert load(written(tmp_path, FILE)) == [
        "3 created, 0 changed, 0 unchanged",
        "1 found to have taken over from another authority",
    ]
    ash = Authority.objects.get(gss_code="E07000901")
    assert (ash.name, ash.short_name, ash.type, ash.nation, ash.region) == (
        "Ash District Council", "Ash", "District", "England", "North"
    )  # fmt: skip
    assert ash.county == Authority.objects.get(gss_code="E10000901")
    assert ash.programme == Programme.objects.get(code="local-authorities")
    succession = Succession.objects.get()
    assert (succession.predecessor, succession.successor.gss_code) == (ash, "E06000902")
    assert succession.date == date(2023, 4, 1)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    load(path)
    before = Authority.history.count(), ReferenceEvent.objects.count()
    assert load(path) == ["0 created, 0 changed, 3 unchanged"]
    assert (Authority.history.count(), ReferenceEvent.objects.count()) == before
    assert Programme.objects.count() == 1


def test_what_changed_is_told_by_code_and_column(tmp_path: Path) -> None:
    load(written(tmp_path, FILE))
    text = FILE.replace("Ash District Council,Ash,", "Ash Borough Council,Ash Borough,").replace(
        "North,,,,\n", "West,,,,\n"
    )
    assert load(written(tmp_path, text)) == [
        "0 created, 2 changed, 1 unchanged",
        "E07000901: name, short_name changed",
        "E10000901: region changed",
    ]
    ash = Authority.objects.get(gss_code="E07000901")
    assert ash.name == "Ash Borough Council"
    latest = ash.history.latest()
    assert (latest.name, latest.history_user) == ("Ash Borough Council", None)
    event = ReferenceEvent.objects.filter(kind=EventKind.REFERENCE, name="authorities").latest("pk")
    assert (event.person_name, event.detail) == ("load_authorities", {"created": 0, "changed": 2})


def test_columns_are_matched_by_name_and_others_are_passed_over(tmp_path: Path) -> None:
    text = (
        "region,remark,name,nation,gss_code,type\n"
        "North,hello,Alder County Council,England,E10000901,County\n"
    )  # fmt: skip
    load(written(tmp_path, text))
    alder = Authority.objects.get()
    assert (alder.gss_code, alder.region, alder.short_name) == ("E10000901", "North", "Alder County Council")


def test_a_column_that_is_missing_changes_nothing_and_an_empty_one_empties(tmp_path: Path) -> None:
    load(written(tmp_path, FILE))
    few = [",".join(line.split(",")[i] for i in (0, 1, 3, 4, 5)) for line in FILE.splitlines()]
    assert load(written(tmp_path, "\n".join(few) + "\n")) == ["0 created, 0 changed, 3 unchanged"]
    text = FILE.replace("North,E10000901,,,", "North,,,,").replace("2023-04-01", "")
    assert load(written(tmp_path, text)) == [
        "0 created, 2 changed, 1 unchanged",
        "E06000902: start_date changed",
        "E07000901: county_gss changed",
    ]
    assert Authority.objects.get(gss_code="E07000901").county is None


def test_a_file_of_another_spreadsheet_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "authorities.csv"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    assert load(path)[0] == "3 created, 0 changed, 0 unchanged"


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        (",England,North,E10000901", ",,North,E10000901", ["line 2: nation: is empty"]),
        ("E10000901,,,", "E10000999,,,", ["line 2: county_gss: no authority has the code E10000999"]),
        ("E06000902", "E07000901", ["line 4: gss_code: E07000901 stands on line 2 already"]),
        ("2023-04-01", "1 April 2023", ["line 4: start_date: 1 April 2023 is not a date such as 2023-04-01"]),
        ("2023-04-01,", "2023-04-01,2023-04-01", ["line 4: end_date: 2023-04-01 is not after 2023-04-01"]),
        ("E06000902", "E060009021", ["line 4: gss_code: is longer than 9 characters"]),
        ("New Council", "New " * 60, ["line 4: name: is longer than 200 characters"]),
        ("gss_code,name,", "code,title,", ["line 1: columns: gss_code, name is missing"]),
        (DISTRICT, ",,,,,,,soon,,", [
            *(f"line 2: {name}: is empty" for name in ("gss_code", "name", "type", "nation", "region")),
            "line 2: start_date: soon is not a date such as 2023-04-01",
        ]),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_and_nothing_kept(tmp_path: Path, old: str, new: str, reasons: list[str]) -> None:
    assert FILE.count(old) == 1
    assert refusal(written(tmp_path, FILE.replace(old, new))) == [f"authorities.csv: {reason}" for reason in reasons]
    assert not Authority.objects.exists()
    assert not Programme.objects.exists()
    assert not ReferenceEvent.objects.exists()


def test_every_wrong_row_is_told_at_once(tmp_path: Path) -> None:
    text = FILE.replace("Ash District Council", "").replace("Alder County Council", "").replace("2023-04-01", "soon")
    assert [line.split(": ")[1] for line in refusal(written(tmp_path, text))] == ["line 2", "line 3", "line 4"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv") == ["none.csv: cannot be read (No such file or directory)"]
    path = tmp_path / "authorities.csv"
    path.write_bytes(b"gss_code,name,type,nation,region\nE10000901,\xff,County,England,North\n")
    assert refusal(path) == ["authorities.csv: is not a CSV file in UTF-8"]
    assert refusal(written(tmp_path, ""))[0].startswith("authorities.csv: line 1: columns: gss_code, ")


def test_an_authority_is_not_taken_from_another_programme(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    load(path)
    found = refusal(path, programme="higher-education")
    assert found[0] == "authorities.csv: line 2: gss_code: E07000901 is in another programme"
    assert len(found) == 3
    assert not Programme.objects.filter(code="higher-education").exists()


def test_another_programme_is_made(tmp_path: Path) -> None:
    load(written(tmp_path, FILE), programme="higher-education")
    assert Authority.objects.first().programme.name == "Higher education"


def test_a_code_that_no_programme_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Local Authorities is no code"):
        call_command("load_authorities", str(written(tmp_path, FILE)), "--programme", "Local Authorities")


def test_our_own_file_loads_twice() -> None:
    assert load(OURS)[0] == "175 created, 0 changed, 0 unchanged"
    assert load(OURS) == ["0 created, 0 changed, 175 unchanged"]


def test_the_file_for_great_britain_loads_twice() -> None:
    if not GREAT_BRITAIN.exists():
        pytest.skip("the file for Great Britain is not part of the project and not beside it")
    assert load(GREAT_BRITAIN)[0] == "371 created, 0 changed, 0 unchanged"
    assert Authority.objects.filter(type="Non-metropolitan district", county__isnull=True).count() == 0
    assert Authority.objects.filter(county__isnull=False).count() == 164
    assert load(GREAT_BRITAIN) == ["0 created, 0 changed, 371 unchanged"]
