# The mock server for teams without Python:
#   docker build -t toplyne-sandbox .
#   docker run -p 127.0.0.1:8020:8020 -e TOPLYNE_ADMIN_TOKEN=choose-one toplyne-sandbox
# Other containers reach it by its name after `serve --host 0.0.0.0 --port 8020 --allow-host NAME`.
# Nothing in the project's own checks can build an image, so this file is untested.
FROM python:3.12-slim
WORKDIR /app
COPY pyproject.toml README.md LICENSE toplyne_sandbox.py ./
COPY sandbox sandbox
COPY mock_server mock_server
COPY fixtures fixtures
RUN pip install --no-cache-dir .
USER nobody
EXPOSE 8020
ENTRYPOINT ["toplyne-sandbox"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8020"]
