"""The image of the Dockerfile, and a container of it by the kernel's own means, without Docker."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
USER = 10001

# A root of its own on a read-only tmpfs, without /tmp; the volume is all that can be written.
CONTAINED = """
set -e
root=$1 volume=$2 user=$3
shift 3
mount -t tmpfs -o mode=755 tmpfs "$root"
for link in /bin /lib /lib64 /sbin; do [ ! -L $link ] || cp -P $link "$root$link"; done
while [ "$1" != -- ]; do
  place=$root$2
  if [ -d "$1" ]; then mkdir -p "$place"; else mkdir -p "$(dirname "$place")"; : >"$place"; fi
  mount --bind "$1" "$place"
  case $1 in /dev/*) ;; *) mount -o remount,bind,ro "$place" ;; esac
  shift 2
done
shift
mkdir "$root/data" "$root/proc"
mount --bind "$volume" "$root/data"
mount -t proc proc "$root/proc"
mount -o remount,ro "$root"
exec chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
  --bounding-set -all --inh-caps -all "$@"
"""
LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
"""
ASK = """
import http.client, json, sys
method, path, headers, body = json.loads(sys.argv[1])
to = http.client.HTTPConnection("127.0.0.1", 8020, timeout=20)
to.request(method, path, body, headers)
answer = to.getresponse()
print(json.dumps([answer.status, answer.read().decode()]))
"""
IN_NAMESPACES = ("unshare", "--mount", "--pid", "--net", "--fork")


def _can_contain():
    try:
        tried = subprocess.run([*IN_NAMESPACES, "true"], capture_output=True, check=False)
    except OSError:
        return False
    return os.geteuid() == 0 and tried.returncode == 0


needs_containers = pytest.mark.skipif(
    not _can_contain(), reason="only root, where the kernel allows namespaces, can make a container"
)


class Image(NamedTuple):
    """What the last stage of a Dockerfile says of its image."""

    user: str
    volume: str
    port: str
    health: list[str]
    entrypoint: list[str]
    cmd: list[str]


def instructions():
    """Return the Dockerfile's instructions with their arguments, in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def image():
    """Return the image of the last stage."""
    said = dict(instructions())  # the last of each
    health = said["HEALTHCHECK"].partition("CMD ")[2]
    return Image(
        *(said[word] for word in ("USER", "VOLUME", "EXPOSE")),
        *(json.loads(text) for text in (health, said["ENTRYPOINT"], said["CMD"])),
    )


class Container:
    """A running container: PID 1 is what ENTRYPOINT and CMD say."""

    def __init__(self, process, env):
        self.process, self.env = process, env
        self.pid = self._first_child()

    def _first_child(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while self.process.poll() is None:
            if pids := children.read_text().split():
                return int(pids[0])
            time.sleep(0.005)
        raise AssertionError(self.process.communicate())

    def run(self, *command):
        """Run a command in it, as `docker exec` does."""
        inside = ("--mount", "--pid", "--net", "--root", "--wd=/")
        within = ["nsenter", f"--target={self.pid}", *inside, "--"]
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        return subprocess.run(
            [*within, "env", "-i", *self.env, *as_user, *command],
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

    def wait_until_healthy(self):
        """Run HEALTHCHECK until it holds, as Docker does during the start."""
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            if self.run(*image().health).returncode == 0:
                return
            time.sleep(0.1)
        if self.process.poll() is None:
            os.kill(self.pid, 9)
        raise AssertionError(self.process.communicate())

    def ask(self, method, path, *, host="127.0.0.1:8020", token=None, body=None):
        """Return status and JSON of an answer."""
        headers = {"Host": host, "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        asked = json.dumps([method, path, headers, None if body is None else json.dumps(body)])
        done = self.run("python", "-I", "-S", "-c", ASK, asked)
        assert done.returncode == 0, done.stderr
        status, text = json.loads(done.stdout)
        return status, json.loads(text)

    def stop(self):
        """Ask for the end as Docker does; return the exit code, the seconds it took, and stderr."""
        begun = time.monotonic()
        os.kill(self.pid, 15)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, time.monotonic() - begun, err


@contextmanager
def container(folder, *, cmd=None, mounts=None, installed=None, **environment):
    """Run the image with the volume `folder/data`; `mounts` are further {place: file} to read.

    `installed` is the environment it runs; else it is that of the tests, with the source tree.
    """
    volume, root = folder / "data", folder / "root"
    for each in (volume, root):
        each.mkdir(exist_ok=True)
    os.chown(volume, USER, USER)
    ours = [sys.prefix, str(ROOT)] if installed is None else [str(installed)]
    own = ["/usr", "/dev/null", "/dev/urandom", sys.base_prefix, *ours]
    places = {each: each for each in own} | (mounts or {})
    binds = [str(word) for place, file in places.items() for word in (file, place)]
    path = f"{ours[0]}/bin:/usr/bin:/bin"
    env = [f"PATH={path}", *(f"{name}={value}" for name, value in environment.items())]
    command = [*image().entrypoint, *(image().cmd if cmd is None else cmd)]
    begin = f'{shlex.quote(sys.executable)} -I -S -c "$0" && exec sh -c "$@"'
    arguments = [CONTAINED, "sh", root, volume, str(USER), *binds, "--", "env", "-i", *env]
    process = subprocess.Popen(
        [*IN_NAMESPACES, "sh", "-c", begin, LOOPBACK_UP, *arguments, *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    running = Container(process, env)
    try:
        yield running
    finally:
        if process.poll() is None:
            os.kill(running.pid, 9)
            process.communicate()
