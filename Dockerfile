# One image for migrations, beat and every worker pool. It brings no database and no broker of its own.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN ["python", "-m", "venv", "/opt/settle"]
WORKDIR /src
# The dependencies are a layer of their own, which a change of the code leaves alone.
COPY requirements-image.lock ./
RUN ["/opt/settle/bin/pip", "install", "--require-hashes", "--no-deps", "-r", "requirements-image.lock"]
COPY pyproject.toml README.md LICENSE ./
COPY settlement ./settlement
COPY worker ./worker
COPY tasks ./tasks
COPY config ./config
COPY interfaces ./interfaces
COPY sandbox ./sandbox
RUN ["/opt/settle/bin/pip", "install", "--no-deps", "--no-build-isolation", "."]

FROM python:3.13-slim
RUN ["useradd", "--system", "--uid", "10001", "--user-group", "--create-home", "--home-dir", "/var/lib/settle", "settle"]
COPY --from=build /opt/settle /opt/settle
ENV PATH=/opt/settle/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SETTLE_STATE_DIR=/var/lib/settle
USER settle
WORKDIR /var/lib/settle
# Exec form throughout: the process itself gets SIGTERM, and has time to finish what it is doing.
STOPSIGNAL SIGTERM
CMD ["settle", "--help"]
