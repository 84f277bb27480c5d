"""Asks the web server of the same container whether it is alive: `python -m assurance.project.healthcheck`."""

import http.client
import os
import sys
from collections.abc import Mapping

# A little more than the slowest page that is still acceptable.
PATIENCE = 5.0


def host_to_name(environ: Mapping[str, str]) -> str:
    """A host that the server will answer to: the first of ALLOWED_HOSTS, or localhost without any."""
    first = environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return first or "localhost"


def main(environ: Mapping[str, str]) -> int:
    """0 when `/healthz` answers 200, else 1 with the reason."""
    connection = http.client.HTTPConnection("127.0.0.1", int(environ.get("PORT") or 8000), timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz", headers={"Host": host_to_name(environ)})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"No answer: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    if status != 200:
        print(f"Status {status}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
