# One image for web, worker, scheduler and migration step. Node and the build tools stay in the first stage.

FROM python:3.13-slim-bookworm AS build
WORKDIR /srv/kykypolku
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/run \
 && /opt/run/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements/run.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt
COPY package.json package-lock.json .npmrc ./
RUN PATH="/opt/build/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN PATH="/opt/build/bin:$PATH" node build.mjs \
 && rm -rf node_modules \
 && PYTHONPATH=/srv/kykypolku /opt/run/bin/python -m compileall -q app workers


FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Kykypolku" org.opencontainers.image.licenses="EUPL-1.2"
RUN groupadd --system --gid 10001 kykypolku \
 && useradd --system --uid 10001 --gid kykypolku --home-dir /nonexistent --shell /usr/sbin/nologin kykypolku
COPY --from=build /opt/run /opt/run
COPY --from=build /srv/kykypolku /srv/kykypolku
WORKDIR /srv/kykypolku
# SIGTERM stops a worker softly: running jobs are finished, waiting ones go back
ENV PATH="/opt/run/bin:$PATH" PYTHONPATH=/srv/kykypolku PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=2 \
    REMAP_SIGTERM=SIGQUIT KYKYPOLKU_MODE=production KYKYPOLKU_WEB_HOST=0.0.0.0 KYKYPOLKU_LOG_FORMAT=json
RUN printf '#!/bin/sh\nexec python -m app.cli "$@"\n' > /usr/local/bin/kykypolku && chmod 755 /usr/local/bin/kykypolku
USER kykypolku
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--config", "python:app.supervisor.web_server", "app.web.wsgi:application"]
