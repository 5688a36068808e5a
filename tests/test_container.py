"""The image: what its Dockerfile says holds, as far as it can be seen without Docker."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from mock_server import MockServer
from tests import examples
from tests.image import ROOT, USER, container, image, instructions, needs_containers

KEYS = {"TOPLYNE_ADMIN_TOKEN": "admin-token", "TOPLYNE_API_KEY": "api-token"}
TRACK = {"type": "track", "event": "E", "userId": "u1"}
UPLOAD = {"events": [{"userId": "u1", "eventName": "E", "timestamp": 1795450639}]}


@needs_containers
def test_it_serves_without_root_and_writes_to_its_volume_alone(tmp_path):
    with container(tmp_path, **KEYS) as toplyne:
        toplyne.wait_until_healthy()
        uploaded = toplyne.ask("POST", "/v1/upload/events", token="api-token", body=UPLOAD)
        known = toplyne.ask("GET", "/_sandbox/state/events", token="api-token")
        nobody = toplyne.ask("GET", "/_sandbox/entries")
        reset = toplyne.ask("POST", "/_sandbox/reset", token="api-token")
        status = Path(f"/proc/{toplyne.pid}/status").read_text()
        written = toplyne.run("sh", "-c", "touch /x || touch /tmp/x || touch /usr/x")
        code, seconds, err = toplyne.stop()

    assert uploaded[0] == 202
    assert known[1]["total"] == 1
    assert nobody[0] == 401
    assert reset[0] == 200
    assert re.search(r"^Uid:\s+(\d+)\s", status, re.MULTILINE)[1] == str(USER)
    assert re.search(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)[1] == "1"
    assert re.search(r"^CapBnd:\s+(\w+)$", status, re.MULTILINE)[1].strip("0") == ""
    assert "Read-only file system" in written.stderr
    assert (code, err, seconds < 5) == (0, "", True)
    kept = {path.name: path.stat() for path in (tmp_path / "data").iterdir()}
    assert "toplyne.db" in kept
    assert {(each.st_uid, each.st_mode & 0o77) for each in kept.values()} == {(USER, 0)}


@pytest.mark.examples
@needs_containers
@pytest.mark.parametrize(
    ("kept", "ended", "says"),
    [
        (("--db", "/data/toplyne.db"), 0, "1 message was not delivered; the next start"),
        ((), 1, "1 message was given up"),
    ],
    ids=["a volume", "memory"],
)
def test_it_ends_in_time_with_a_slow_destination(tmp_path, kept, ended, says):
    cmd = ["serve", "--host=0.0.0.0", "--port=8020", "--time-scale=0.001", *kept]
    with container(tmp_path, cmd=cmd, **KEYS) as toplyne:
        toplyne.wait_until_healthy()
        _, answer = toplyne.ask("GET", "/_sandbox/workspace", token="admin-token")
        write_key = answer["workspace"]["sources"][0]["write_key"]
        slow = {"delay": 60, "status": 503, "path": "/v1/upload/events"}
        toplyne.ask("POST", "/_sandbox/faults", token="api-token", body=slow)
        sent = toplyne.ask("POST", "/v1/track", body={**TRACK, "writeKey": write_key})
        code, seconds, err = toplyne.stop()

    assert (sent[0], code, seconds < 10) == (200, ended, True), (seconds, err)
    assert says in err

    if kept:
        with container(tmp_path, cmd=cmd, **KEYS) as toplyne:
            toplyne.wait_until_healthy()
            toplyne.ask("POST", "/_sandbox/flush?timeout=20", token="api-token")
            _, known = toplyne.ask("GET", "/_sandbox/state/events", token="api-token")
        assert [event["eventName"] for event in known["items"]] == ["E"]


@needs_containers
def test_without_an_admin_token_it_does_not_start(tmp_path):
    with container(tmp_path) as toplyne:
        _, err = toplyne.process.communicate(timeout=30)

    assert toplyne.process.returncode == 2
    assert "--host 0.0.0.0 is reachable from other machines. Give --admin-token" in err


def health(port, timeout=30):
    """Return the exit code of the HEALTHCHECK, for a server at a port of this machine."""
    *python, program = image().health
    assert python == ["python", "-I", "-c"]
    there = program.replace("8020", str(port)).replace("timeout=2", f"timeout={timeout}")
    proxied = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    environment = os.environ | proxied
    command = [sys.executable, *python[1:], there]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    return done.returncode


def test_the_health_check_tells_a_server_that_lives_from_one_that_does_not():
    def answer_503(listener):
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    with MockServer() as toplyne:
        assert health(toplyne.port) == 0
    with socket.socket() as bound:  # so that nobody else gets the port
        bound.bind(("127.0.0.1", 0))
        assert health(bound.getsockname()[1]) == 1, "it is dead"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert health(port, timeout=0.3) == 1, "it hangs"
        listener.accept()[0].close()
        threading.Thread(target=answer_503, args=(listener,)).start()
        assert health(port) == 1, "it says 503"


def test_the_port_the_user_and_the_volume_are_the_same_everywhere():
    said = image()

    assert said.user == f"{USER}:{USER}"
    assert said.cmd[said.cmd.index("--port") + 1] == said.port
    assert f", {said.port}, timeout=" in said.health[-1]
    assert said.cmd[said.cmd.index("--db") + 1].startswith(f"{said.volume}/")


def test_what_is_copied_is_what_the_wheel_is_built_from_and_nothing_else_is_sent():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    wanted |= {path.split("/")[0] for path in (*wheel["only-include"], *wheel["force-include"])}
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {each for some in copied for each in some if not each.startswith(("-", "/"))} == wanted
    assert {line[1:] for line in ignored if line.startswith("!")} == wanted


@pytest.mark.examples
def test_dockers_own_parser_reads_the_file_as_these_tests_do():
    dockerfile = pytest.importorskip("dockerfile", reason="`make examples` installs it")

    read = {
        each.cmd.upper(): each.value for each in dockerfile.parse_file(str(ROOT / "Dockerfile"))
    }

    said = image()
    assert list(read["ENTRYPOINT"]) == said.entrypoint
    assert list(read["CMD"]) == said.cmd
    assert list(read["HEALTHCHECK"]) == ["CMD", *said.health]
    assert [read[word] for word in ("USER", "VOLUME", "EXPOSE")] == [
        (said.user,),
        (said.volume,),
        (said.port,),
    ]


def test_both_stages_have_the_same_python():
    bases = [rest.split() for word, rest in instructions() if word == "FROM"]

    assert len({base[0] for base in bases}) == 1
    assert [base[2] if len(base) > 1 else None for base in bases] == ["build", None]


@pytest.mark.examples
@needs_containers
def test_the_compose_file_starts_it_with_the_shops_workspace(tmp_path):
    service = examples.yaml("compose/compose.yaml")["services"]["toplyne"]
    environment = {name: re.sub(r"\$\{.*\}", "x", v) for name, v in service["environment"].items()}
    (volume, (file, place, _)) = [each.split(":") for each in service["volumes"]]
    mounts = {place: examples.FOLDER / "compose" / file}

    with container(tmp_path, cmd=service["command"], mounts=mounts, **environment) as toplyne:
        toplyne.wait_until_healthy()
        identify = {"type": "identify", "userId": "u1", "writeKey": "shop-write-key"}
        sent = toplyne.ask("POST", "/v1/identify", host="toplyne:8020", body=identify)
        foreign = toplyne.ask("POST", "/v1/identify", host="evil.example", body=identify)
        toplyne.ask("POST", "/_sandbox/flush", token="shop-api-token")
        _, known = toplyne.ask("GET", "/_sandbox/state/profiles", token="shop-api-token")

    assert (sent[0], foreign[0], known["total"]) == (200, 403, 1)
    assert volume == ["toplyne", image().volume]
    assert service["read_only"]


@pytest.mark.examples
@needs_containers
def test_kubernetes_starts_it_with_tokens_of_a_secret_and_probes_it_by_its_address(tmp_path):
    _, deployment, service = examples.documents("kubernetes/toplyne.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (run,) = pod["containers"]
    (tokens := tmp_path / "tokens").write_text("team-a=token-a\nteam-b=token-b\n")
    os.chown(tokens, 0, pod["securityContext"]["fsGroup"])
    tokens.chmod(pod["volumes"][1]["secret"]["defaultMode"])
    environment = {each["name"]: each.get("value", "of-a-secret") for each in run["env"]}
    mounts = {environment["TOPLYNE_TOKENS_FILE"]: tokens}
    names = environment["TOPLYNE_ALLOWED_HOSTS"].split()
    probe = run["livenessProbe"]["httpGet"]

    with container(tmp_path, cmd=run["args"], mounts=mounts, **environment) as toplyne:
        toplyne.wait_until_healthy()
        probed = toplyne.ask("GET", probe["path"], host="10.1.2.3:8020")
        asked = {
            name: toplyne.ask("GET", "/v1/auth/me", host=f"{name}:8020", token="token-b")
            for name in (*names, "toplyne.other")
        }

    assert probed[0] == 200
    assert {name: status for name, (status, _) in asked.items()} == {
        **dict.fromkeys(names, 200),
        "toplyne.other": 403,
    }
    assert asked["toplyne"][1]["data"] == "team-b"
    assert {probe["port"], *(each["port"] for each in service["spec"]["ports"])} == {8020}
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    assert pod["terminationGracePeriodSeconds"] > 10


@pytest.mark.examples
@needs_containers
def test_what_the_build_stage_makes_is_all_that_it_runs(tmp_path):
    (source := tmp_path / "src").mkdir()
    for word, rest in instructions():
        *files, into = rest.split()
        for file in files if word == "COPY" and "--from=build" not in files else ():
            if (ROOT / file).is_dir():
                left_out = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / file, source / into, ignore=left_out)
            else:
                shutil.copy(ROOT / file, source / into)
    build = next(rest for word, rest in instructions() if word == "RUN")
    installed = tmp_path / "toplyne"

    built = examples.shell(build.replace("/opt/toplyne", str(installed)), source)
    assert built.returncode == 0, built.stdout
    with container(tmp_path, installed=installed, **KEYS) as toplyne:
        toplyne.wait_until_healthy()
        uploaded = toplyne.ask("POST", "/v1/upload/events", token="api-token", body=UPLOAD)
        document = toplyne.ask("GET", "/_sandbox/openapi.json")

    assert (uploaded[0], document[0]) == (202, 200)
