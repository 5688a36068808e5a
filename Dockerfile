# The mock server as an image: not root, a read-only file system but for the volume of --db.
#   docker build -t toplyne-sandbox .
#   docker run --read-only -p 127.0.0.1:8020:8020 -e TOPLYNE_ADMIN_TOKEN=choose-one \
#     -e TOPLYNE_API_KEY=my-token -v toplyne:/data toplyne-sandbox
# docs/container.md has the rest, and says what of this file is tested and how.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE toplyne_sandbox.py ./
COPY sandbox sandbox/
COPY mock_server mock_server/
COPY fixtures fixtures/
RUN python -m venv /opt/toplyne && /opt/toplyne/bin/pip install --no-cache-dir .

FROM python:3.13-slim
COPY --from=build /opt/toplyne /opt/toplyne
ENV PATH=/opt/toplyne/bin:$PATH PYTHONUNBUFFERED=1
# A number, as Kubernetes asks for: it cannot tell that a name is not root.
RUN install -d -o 10001 -g 10001 -m 700 /data
USER 10001:10001
VOLUME /data
EXPOSE 8020
# No curl, and no proxy variable: the exit code is 1 where health is not 200 within 2 seconds.
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["python", "-I", "-c", "from http.client import HTTPConnection as To; to = To('127.0.0.1', 8020, timeout=2); to.request('GET', '/_sandbox/health'); raise SystemExit(to.getresponse().status != 200)"]
ENTRYPOINT ["toplyne-sandbox"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8020", "--db", "/data/toplyne.db"]
