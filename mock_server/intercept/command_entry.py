"""Command entry: a program that becomes the command of a run, in its own namespaces if asked to.

Its arguments are the number of a Unix socket, or "", and the command. From the socket it reads, as
JSON, which files to mount over others, which folders to empty or to add files to, and which ports
to listen on. It sends back the listening sockets, and starts the command at the next line.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, Final

_NEW_MOUNTS: Final = 0x00020000
_NEW_USER: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000
_BIND: Final = 4096
_ALL_PRIVATE: Final = 16384 | 1 << 18
_SET_FLAGS: Final = 0x8914  # SIOCSIFFLAGS
_UP: Final = 0x1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _enter() -> None:
    """Enter new namespaces. Also enter a user namespace, unless root can do without one."""
    user, group = os.geteuid(), os.getegid()
    if user == 0 and not _libc.unshare(_NEW_MOUNTS | _NEW_NETWORK):
        return
    _check(_libc.unshare(_NEW_USER | _NEW_MOUNTS | _NEW_NETWORK), "unshare")
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user} {user} 1")
    (own / "gid_map").write_text(f"{group} {group} 1")


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    words = [os.fsencode(word) or None for word in (source, target, kind)]
    result = _libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(data) or None)
    _check(result, f"mount {kind} on {target}")


def _lay_out(told: dict[str, Any]) -> None:
    _mount("none", "/", flags=_ALL_PRIVATE)
    for target in told["emptied"]:
        _mount("tmpfs", target, "tmpfs")
    for ours, target in told["merged"]:
        try:
            _mount("overlay", target, "overlay", data=f"lowerdir={ours}:{target}")
        except OSError:  # an older kernel
            whole = shutil.copytree(target, f"{ours}.whole", symlinks=True)
            shutil.copytree(ours, whole, dirs_exist_ok=True)
            _mount(whole, target, flags=_BIND)
    for source, target in told["laid_over"]:
        _mount(source, target, flags=_BIND)


def _listen(ports: list[int]) -> list[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    return [socket.create_server(("127.0.0.1", port)) for port in ports]


def _become(command: list[str]) -> None:
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores these
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the user's own command
    except (OSError, ValueError) as error:  # ValueError: its name is empty
        # with an unreadable folder in PATH, the error of a missing command is "Permission denied"
        hidden = "/" not in command[0] and not shutil.which(command[0], os.F_OK)
        if hidden or isinstance(error, FileNotFoundError):
            reason, code = f"there is no command {command[0]!r}", 127
        else:
            reason, code = f"{command[0]!r} cannot be run: {error.args[-1]}", 126
    sys.stderr.write(f"toplyne-sandbox run: {reason}.\n")
    sys.exit(code)


def _is_isolated(number: int) -> bool:
    """Enter the namespaces. Return whether to start the command in them."""
    with socket.socket(fileno=number) as run, run.makefile("rb") as lines:
        told = json.loads(lines.readline())
        try:
            _enter()
            _lay_out(told)
            listeners = _listen(told["ports"])
        except OSError as error:
            run.sendall(json.dumps({"refused": error.strerror, "number": error.errno}).encode())
            return False
        network = os.readlink("/proc/self/ns/net")  # noqa: PTH115 - no path
        said = json.dumps({"network": network}).encode()
        socket.send_fds(run, [said], [listener.fileno() for listener in listeners])
        return bool(lines.readline())  # empty if the run has ended


def main(number: str, *command: str) -> None:
    """Become the command, in its own namespaces if there is a socket."""
    if not number or _is_isolated(int(number)):
        _become([*command])


if __name__ == "__main__":
    main(*sys.argv[1:])
