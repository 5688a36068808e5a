"""The environment of a run: what the user had set is merged, not replaced."""

import shutil
import subprocess
from pathlib import Path

import certifi
import pytest

from mock_server.intercept import bundles
from mock_server.intercept.bundles import NoBundle, bundle_of, java_store
from mock_server.intercept.environment import CommandVariables, RunFolder
from mock_server.server.certificates import Authority

HOSTS = ("api.toplyne.io", "api.segment.io")


@pytest.fixture(scope="module")
def authority():
    return Authority(HOSTS)


@pytest.fixture
def variables_of(tmp_path, authority):
    """Return a function from a user's environment to what a run sets in it."""
    folder = RunFolder(tmp_path / "run")
    folder.make()

    def all_of(user, *, java=False):
        return CommandVariables(user, folder, authority.pem, HOSTS, 8021).all(
            {"OWN": "x"}, java=java
        )

    return all_of


def test_everything_leads_to_the_gateway(variables_of, tmp_path):
    found = variables_of({})

    assert found["OWN"] == "x"
    assert found["TOPLYNE_SANDBOX_RUN"] == str(tmp_path / "run")
    assert found["HTTPS_PROXY"] == found["http_proxy"] == "http://127.0.0.1:8021"
    assert found["NO_PROXY"] == found["no_proxy"] == "localhost,127.0.0.1,::1"
    assert found["PYTHONPATH"] == str(tmp_path / "run" / "python")
    assert found["NODE_OPTIONS"] == f"--require={tmp_path}/run/preload.cjs"
    assert found["NODE_USE_ENV_PROXY"] == "1"
    assert "JAVA_TOOL_OPTIONS" not in found


def test_the_users_own_stand_beside_ours(variables_of, tmp_path):
    user = {"PYTHONPATH": "/a:/b", "NODE_OPTIONS": "--require /c d", "JAVA_TOOL_OPTIONS": "-Xmx1g"}

    found = variables_of(user, java=True)

    assert found["PYTHONPATH"] == f"{tmp_path}/run/python:/a:/b"
    assert found["NODE_OPTIONS"] == f"--require /c d --require={tmp_path}/run/preload.cjs"
    assert found["JAVA_TOOL_OPTIONS"].startswith("-Xmx1g -Dhttp.proxyHost=127.0.0.1 ")


def test_those_of_a_run_around_this_one_are_taken_out(variables_of, tmp_path):
    user = {
        "TOPLYNE_SANDBOX_RUN": "/outer",
        "PYTHONPATH": "/outer/python:/a",
        "NODE_OPTIONS": "--max-old-space-size=9 --require=/outer/preload.cjs",
    }

    found = variables_of(user)

    assert found["PYTHONPATH"] == f"{tmp_path}/run/python:/a"
    assert found["NODE_OPTIONS"] == (f"--max-old-space-size=9 --require={tmp_path}/run/preload.cjs")


@pytest.mark.parametrize(
    ("theirs", "kept"),
    [
        ("intern.example,10.0.0.0/8", ",intern.example,10.0.0.0/8"),
        ("*", ""),
        ("io,intern.example", ",intern.example"),
        ("api.toplyne.io", ""),
    ],
)
def test_no_proxy_keeps_what_does_not_let_a_caught_host_past_us(variables_of, theirs, kept):
    assert variables_of({"NO_PROXY": theirs})["NO_PROXY"] == f"localhost,127.0.0.1,::1{kept}"


@pytest.mark.parametrize(
    "name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]
)
@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_a_bundle_of_the_users_is_added_to(variables_of, tmp_path, authority, name, is_folder):
    private = Authority().pem
    theirs = tmp_path / "theirs"
    if is_folder:
        theirs.mkdir()
    (theirs / "private.pem" if is_folder else theirs).write_bytes(private)

    found = variables_of({name: str(theirs)})

    assert Path(found[name]).read_bytes() == private.rstrip(b"\n") + b"\n" + authority.pem


def test_the_systems_bundle_is_added_to_where_the_user_has_none(variables_of, authority):
    content = Path(variables_of({})["SSL_CERT_FILE"]).read_bytes()

    assert content.endswith(authority.pem)
    assert content.count(b"BEGIN CERTIFICATE") > 50


def test_no_bundle_at_all_is_said(monkeypatch):
    monkeypatch.setattr(bundles, "PLACES", ())
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: type("No", (), {"cafile": None}))
    monkeypatch.setattr(certifi, "where", lambda: "/nowhere.pem")

    with pytest.raises(NoBundle, match=r"no certificates were found in /nowhere\.pem; name a"):
        bundle_of({}, "SSL_CERT_FILE")


def test_what_is_too_large_for_a_bundle_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(bundles, "MOST_BYTES", 10)
    (tmp_path / "large").write_bytes(bytes(11))

    with pytest.raises(NoBundle, match="large has more than 10 bytes, so it is not a bundle"):
        bundle_of({"SSL_CERT_FILE": str(tmp_path / "large")}, "SSL_CERT_FILE")


@pytest.mark.skipif(shutil.which("keytool") is None, reason="keytool, Java's, is missing here")
def test_java_reads_the_store_made_of_a_bundle(tmp_path, authority):
    (tmp_path / "cacerts").write_bytes(java_store(authority.pem + Authority().pem))

    printed = subprocess.run(
        ["keytool", "-list", "-keystore", tmp_path / "cacerts", "-storepass", "changeit"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "2 entries" in printed.stdout
    assert printed.stdout.count("trustedCertEntry") == 2
