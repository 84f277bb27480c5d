"""`make clean`: remove the data of the embedded services, wherever it is kept.

Refuses while something uses them: a database whose files vanish under it does not stop, it spoils.
"""

import os
import shutil
import sys

from assurance.project.local.places import PlaceRefused, settle
from assurance.project.local.stack import data_folder
from assurance.project.local.supervisor import Busy, OneAtATime


def main() -> int:
    """Remove the data folder, and what is kept elsewhere for it. Returns 1 when it is in use."""
    top = data_folder(os.environ)
    for folder in (*sorted(top.glob("test*")), top):
        if not folder.is_dir():
            continue
        try:
            places = settle(folder)
            lock = OneAtATime(places.data / "lock")
            lock.take("make clean")
        except Busy as busy:
            print(f"{folder} is in use by process {busy.holder}. Stop that one first.", file=sys.stderr)
            return 1
        except PlaceRefused as refusal:
            print(refusal, file=sys.stderr)
            return 1
        for path in {places.run, places.services, places.data}:
            shutil.rmtree(path, ignore_errors=True)
        lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
