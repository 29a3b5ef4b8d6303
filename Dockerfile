# byhand's server in a container; docs/serving.md says how it is run, and tests/test_container.py runs these steps.
FROM python:3.11-slim AS build
WORKDIR /opt/byhand/source
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY src ./src
COPY docs/byhand.1 ./docs/
RUN python -m venv /opt/byhand/venv \
 && /opt/byhand/venv/bin/python -m pip install --no-cache-dir --constraint requirements.lock ".[read,web]"

# Loops are compiled now and not at the first start. They fit processors as the one that builds; on others they are
# compiled once more. A training makes ready all that a training in the page takes, with its pictures.
ENV NUMBA_CACHE_DIR=/opt/byhand/cache/numba MPLCONFIGDIR=/opt/byhand/cache/matplotlib
WORKDIR /opt/byhand/work
RUN /opt/byhand/venv/bin/python -c "import byhand; byhand.Model.load().compile()" \
 && /opt/byhand/venv/bin/byhand train --limit 300 --epochs 1 --out warm \
 && /opt/byhand/venv/bin/byhand train --limit 300 --epochs 1 --batch-size 32 --rotation 10 --out warm --force \
 && rm -r warm

FROM python:3.11-slim
COPY --from=build /opt/byhand/venv /opt/byhand/venv
COPY --from=build /opt/byhand/cache /opt/byhand/cache
COPY --from=build --chown=10001:10001 /opt/byhand/work /opt/byhand/work
ENV PATH=/opt/byhand/venv/bin:$PATH \
    HOME=/opt/byhand/work \
    NUMBA_CACHE_DIR=/opt/byhand/cache/numba \
    MPLCONFIGDIR=/opt/byhand/cache/matplotlib \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/byhand/work
USER 10001:10001
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/healthz', timeout=4)"]
ENTRYPOINT ["byhand"]
CMD ["serve", "--host", "0.0.0.0", "--log-level", "info"]
