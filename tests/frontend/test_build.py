"""The components as they are fetched and cleaned."""

import json

import pytest

from assurance.project import frontend


def test_the_lock_names_no_addresses() -> None:
    frontend.check_lock((frontend.LOCK_FOLDER / "package-lock.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", ['"resolved": "x"', '"x": "https://example.test/x.tgz"'])
def test_a_lock_with_addresses_is_refused(line: str) -> None:
    with pytest.raises(frontend.BuildError, match="names addresses"):
        frontend.check_lock("{" + line + "}")


def test_the_lock_is_for_what_is_asked() -> None:
    asked = json.loads((frontend.LOCK_FOLDER / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((frontend.LOCK_FOLDER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in (asked["dependencies"] | asked["devDependencies"]).items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_cleaning_takes_out_what_only_gov_uk_may_use() -> None:
    css = (
        '@charset "UTF-8";/*! A font, {all} rights */@font-face{font-family:GDS Transport;src:url(/a.woff2)}'
        ".a,.govuk-footer__copyright-logo:before{color:red}"
        ".govuk-footer__copyright-logo:before{background:url(/crest.svg)}"
        ".b{font-family:GDS Transport,arial,sans-serif}"
        '.c:not(.d,.e),.f{font-family:"GDS Transport",arial}'
        "@supports (mask-position:initial){.govuk-footer__copyright-logo:before{mask:url(/crest.svg)}}"
        "@media print{.govuk-logo-dot{fill:red}.g{color:red}}"
        "/*# sourceMappingURL=x.map */\n"
    )
    assert frontend.clean_css(css) == (
        '@charset "UTF-8";.a{color:red}.b{font-family:arial,sans-serif}'
        ".c:not(.d,.e),.f{font-family:arial}@media print{.g{color:red}}"
    )
    assert frontend.clean_js("a;//# sourceMappingURL=x.map\n") == "a;"


def test_a_broken_stylesheet_is_refused() -> None:
    with pytest.raises(frontend.BuildError, match="middle of a rule"):
        frontend.clean_css(".a{color:red}.b{color")


def test_what_is_served_is_clean_and_current() -> None:
    assert frontend.is_current(), "Run python -m assurance.project.frontend"
    css = frontend.STYLESHEET.read_text(encoding="utf-8")
    for word in ("GDS Transport", "@font-face", "url(", "crest", "crown{", "sourceMappingURL"):
        assert word not in css
    assert ".govuk-button{" in css
    assert "sourceMappingURL" not in frontend.MODULE.read_text(encoding="utf-8")


def test_a_failure_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setattr(frontend, "is_current", lambda: False)
    monkeypatch.setattr(frontend, "WORK", tmp_path)
    monkeypatch.setattr(frontend, "_npm", lambda: (["/no/such/npm"], {}))
    assert frontend.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "The page components and fonts could not be made. Fetching the page components and the fonts with npm"
    )
    assert "Traceback" not in said


def test_a_current_build_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "build", lambda: pytest.fail("built again"))
    assert frontend.main([]) == 0
