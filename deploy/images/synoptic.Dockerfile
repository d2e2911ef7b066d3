# One image for every Python process of Synoptic: web, intake and both workers.
# Built from the repository's root:  docker build -f deploy/images/synoptic.Dockerfile .
FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3.11 python3.11-venv ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/synoptic
COPY deploy/setup.sh deploy/setup.sh
COPY deploy/packages deploy/packages
COPY deploy/requirements deploy/requirements
COPY frontend frontend
# GPU hosts: --build-arg SYNOPTIC_TORCH_INDEX=<an index with CUDA builds>
ARG SYNOPTIC_TORCH=
ARG SYNOPTIC_TORCH_INDEX=
RUN SYNOPTIC_TORCH="${SYNOPTIC_TORCH:-torch==2.13.0}" SYNOPTIC_TORCH_INDEX="$SYNOPTIC_TORCH_INDEX" \
    deploy/setup.sh run && rm -rf frontend/node_modules /root/.cache /root/.npm
COPY manage.py pyproject.toml ./
COPY apps apps
COPY ml ml
RUN useradd --system --create-home --home-dir /var/lib/synoptic synoptic
USER synoptic
ENV PATH=/opt/synoptic/.venv/bin:$PATH \
    SYNOPTIC_DATA_DIR=/var/lib/synoptic \
    DJANGO_SETTINGS_MODULE=apps.config.settings.prod \
    OMP_WAIT_POLICY=PASSIVE
CMD ["python", "-m", "uvicorn", "apps.config.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--lifespan", "off", "--no-access-log", "--no-server-header", "--ws-max-size", "65536"]
