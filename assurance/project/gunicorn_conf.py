"""How the web server runs: a few processes with a few threads each, and a database pool in each process."""

import os
import sys

from assurance.project.environment import Environment, EnvironmentRefused

# A web server that may not start says why, once, and does not try its workers one after the other.
os.environ["PROCESS"] = "web"
try:
    Environment.read(os.environ)
except EnvironmentRefused as refusal:
    sys.exit(str(refusal))

workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
wsgi_app = "assurance.project.wsgi:application"

# A pool has threads, and threads do not survive the fork that a preloaded application goes through.
preload_app = False
# As many connections as there are threads: a request holds one from beginning to end.
os.environ.setdefault("DATABASE_POOL", str(threads))

# Long enough for the largest letter or workbook; short enough that a deployment is not held up.
timeout = 60
graceful_timeout = 10
keepalive = 5
# A slow leak in any library ends here; the spread keeps the processes from leaving together.
max_requests = 5000
max_requests_jitter = 500

# Heartbeats go to memory: on a slow disk a busy server would otherwise think its processes had died.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn makes its own file
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
control_socket_disable = True
