# syntax=docker/dockerfile:1
# The house in a container: the locked dependencies, the wheel, git and what a sandbox needs; not root.
# What was and was not tried of this file is said in docs/operations.md.

# Debian 13: its SQLite (3.46) knows what the durable engine asks of it on Python 3.12 and newer.
ARG PYTHON_VERSION=3.13
ARG DEBIAN_RELEASE=trixie

FROM python:${PYTHON_VERSION}-slim-${DEBIAN_RELEASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/frontdesk
WORKDIR /src
# First what changes seldom: exactly the locked files, each checked by its hash.
COPY requirements.lock ./
RUN /opt/frontdesk/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY storage storage
RUN /opt/frontdesk/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/frontdesk/bin/pip install --no-deps /wheel/*.whl

FROM python:${PYTHON_VERSION}-slim-${DEBIAN_RELEASE}
ARG USER_ID=10001
# git and ripgrep: what Claude Code works with; bubblewrap and socat: the sandbox; tini: PID 1 that reaps.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git ripgrep socat tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid ${USER_ID} --create-home frontdesk \
 && install -d -o frontdesk -g frontdesk -m 0700 /var/lib/frontdesk \
 && install -d -o frontdesk -g frontdesk /projects
COPY --from=build /opt/frontdesk /opt/frontdesk
ENV PATH=/opt/frontdesk/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FRONTDESK_HOME=/var/lib/frontdesk
USER frontdesk
WORKDIR /projects
# The only place with state.
VOLUME /var/lib/frontdesk
# 0: running and well; 1: a problem; 4: no house. It starts a Python, so not too often.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["frontdesk", "status", "--json"]
# SIGTERM reaches the house, which drains within 25 s: give the container 30 (`docker stop --time 30`).
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "frontdesk"]
CMD ["serve"]
