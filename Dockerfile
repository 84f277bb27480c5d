# The service in one image: web, worker, scheduler and migrations differ only in their command.

# Page components and letter fonts, from the locked npm packages. Node stays in this stage.
FROM node:22-bookworm-slim AS frontend
# The archive keeps only the newest of each version, so a pinned one soon cannot be built.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY static ./static
COPY assurance/project/frontend.py ./assurance/project/frontend.py
RUN python3 assurance/project/frontend.py

# Python packages, each with the hash that the lock names.
FROM python:3.11-slim-bookworm AS packages
COPY assurance/project/requirements/run.txt /tmp/run.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/run.txt

FROM python:3.11-slim-bookworm
# Pango and HarfBuzz set the letters.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        gettext libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin prevent \
    && install --directory --owner prevent --mode 0700 /data /data/files

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SERVICE=production \
    DATA_DIR=/data \
    XDG_CACHE_HOME=/tmp \
    FILES_ROOT=/data/files \
    STATIC_ROOT=/app/collected \
    HOST=0.0.0.0 \
    PORT=8000

WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY benchmarks ./benchmarks
COPY assurance ./assurance
COPY letters ./letters
COPY templates ./templates
COPY fixtures ./fixtures
COPY static/src ./static/src
COPY --from=frontend /src/static/build ./static/build
COPY --from=frontend /src/static/fonts ./static/fonts

# Settings insist on their secrets. These stand in for them while files are collected, in this step only, and
# nothing connects to anything.
RUN find assurance -name django.po -execdir msgfmt --check-format --output-file=django.mo {} \; \
    && SECRET_KEY=only-for-collecting-static-files-in-the-build ALLOWED_HOSTS=build.invalid \
       DATABASE_URL=postgresql://build.invalid/build REDIS_URL=redis://build.invalid \
       python manage.py collectstatic --noinput --verbosity 0

# By number, so that a cluster that insists on an unprivileged user can see that it is one.
USER 10001
EXPOSE 8000
VOLUME /data/files
HEALTHCHECK --interval=15s --timeout=6s --start-period=20s --retries=3 \
    CMD ["python", "-m", "assurance.project.healthcheck"]
CMD ["gunicorn", "--config", "assurance/project/gunicorn_conf.py"]
