"""The PDF of a board pack before the reference validator, which reads it as the letters are read."""

from __future__ import annotations

import subprocess
from pathlib import Path

from letters.board.pdf import render_board
from letters.region_pack import make
from tests.letters.test_board_files import LONG, content, outcomes
from tests.letters.test_pdf_verapdf import DRIVER, class_path
from tests.letters.test_region_pack import pack as region_pack


def test_board_packs_conform_to_both_standards(tmp_path: Path) -> None:
    path = class_path()
    packs = {"short": content(), "long": content(LONG, "- One\n- Two", outcomes=outcomes(broken=True))}
    made = {name: render_board(pack).pdf for name, pack in packs.items()}
    # A region's pack is set by the same engine, with shaded cells and bars of its own.
    made["region"] = make.pages(region_pack())
    files = []
    for name, data in made.items():
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(data)
    done = subprocess.run(
        ["java", "-cp", path, str(DRIVER), "ua1,2a", *map(str, files)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\tpass") == 2 * len(files)
