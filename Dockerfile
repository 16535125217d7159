# Chat and API in one image; compose.yaml shows how it is meant to run.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
# The environment has no pip of its own, so that none is left in the image.
RUN python -m venv --without-pip /opt/assistant
COPY constraints.txt ./
# torch comes first and from its CPU index: PyPI's build brings gigabytes of CUDA along.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/assistant/bin/python install --no-deps \
    --index-url https://download.pytorch.org/whl/cpu torch==2.13.0
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/assistant/bin/python install --constraint constraints.txt \
    --only-binary :all: '.[llm,otel,redis]'

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin assistant \
    && install --directory --owner=assistant /data/index /data/models /data/feedback \
    && pip uninstall --yes --root-user-action=ignore pip setuptools wheel
COPY --from=build /opt/assistant /opt/assistant
COPY corpus /data/corpus
# What is written goes to the three volumes and to /tmp, so the root file system can be read-only.
ENV PATH=/opt/assistant/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HOME=/data/models \
    GRADIO_TEMP_DIR=/tmp/gradio \
    MPLCONFIGDIR=/tmp/matplotlib \
    ASSISTANT_HOST=0.0.0.0 \
    ASSISTANT_CORPUS=/data/corpus \
    ASSISTANT_INDEX=/data/index \
    ASSISTANT_FEEDBACK=/data/feedback/feedback.jsonl
VOLUME ["/data/index", "/data/models", "/data/feedback"]
WORKDIR /data
USER 10001
EXPOSE 7860
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"ASSISTANT_PORT\", 7860)}/readyz', timeout=9)"]
ENTRYPOINT ["assistant"]
CMD ["serve"]
