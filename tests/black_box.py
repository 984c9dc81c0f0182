"""revtui as its users have it: a process with an exit status, bytes on stdout and lines on stderr."""

import array
import fcntl
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from patience import RUN_SECONDS
from program import PLACE, REVTUI, environment
from revtui.cli.main import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


def revtui(
    *arguments: str,
    stdin: bytes = b"",
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = REVTUI,
) -> Outcome:
    """Run to the end, in a session of its own: whatever terminal the tests run in is out of reach."""
    done = subprocess.run(
        [*command, *arguments],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=environment() if env is None else PLACE | dict(env),
        timeout=RUN_SECONDS,
        start_new_session=True,
        check=False,
    )
    return Outcome(status=done.returncode, out=done.stdout, err=done.stderr.decode())


def inside(capsys: pytest.CaptureFixture[bytes], *arguments: str) -> Outcome:
    """The same within this process, for the many cases that need no process of their own."""
    capsys.readouterr()
    status = run(arguments)
    captured = capsys.readouterr()
    return Outcome(status=status, out=captured.out, err=captured.err.decode())


def shell(script: str, *, folder: Path | None = None) -> Outcome:
    """Run a line of bash in which `revtui` is the program."""
    program = f'revtui() {{ "{sys.executable}" -m revtui "$@"; }}; '
    return revtui("-c", program + script, folder=folder, command=("bash",))


def unread_bytes(pipe: int) -> int:
    """How much of what was written to a pipe nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]
