"""What the terminal can do, decided once from the environment that is passed in.

* Characters: the codeset of LC_ALL, LC_CTYPE, LANG (the first that is set); Python's own standard
  output is UTF-8 even under LC_ALL=C and says nothing.
* Colours: NO_COLOR means none at all.
* Animation: none over SSH, where every frame costs bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from revtui.core.errors import UsageError

_REFUSAL_HINT = "use `revtui snapshot` for one frame, or `revtui watch` for plain lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """How to draw."""

    ascii: bool = False
    """Only bytes below 0x80."""
    colour: bool = True
    """False: no colour sequences at all; severity is glyph, word, bold and reverse."""
    animation: bool = False


def unicode_locale(environ: Mapping[str, str]) -> bool:
    """Whether the locale's codeset is UTF-8.

    >>> unicode_locale({"LC_ALL": "C", "LANG": "en_US.UTF-8"}), unicode_locale({"LANG": "C.utf8"})
    (False, True)
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environ.get(name):
            return "utf8" in value.lower().replace("-", "")
    return False


def capabilities(environ: Mapping[str, str], *, ascii_only: bool | None = None) -> Capabilities:
    """What holds for a terminal session in this environment.

    Args:
        environ: The process environment.
        ascii_only: Asked for by the user; None leaves it to the locale.
    """
    remote = any(environ.get(name) for name in ("SSH_TTY", "SSH_CONNECTION"))
    return Capabilities(
        ascii=not unicode_locale(environ) if ascii_only is None else ascii_only,
        colour=not environ.get("NO_COLOR"),
        animation=not remote,
    )


def require_terminal(*, terminals: Mapping[str, bool], environ: Mapping[str, str]) -> None:
    """Refuse to start where a full screen cannot be drawn.

    Args:
        terminals: Standard stream -> whether it is a terminal.
        environ: The process environment.

    Raises:
        UsageError: naming the stream or TERM, and what to use instead.
    """
    for stream, is_terminal in terminals.items():
        if not is_terminal:
            raise UsageError(f"the monitor needs a terminal, but {stream} is none", hint=_REFUSAL_HINT)
    if environ.get("TERM", "") in {"", "dumb", "unknown"}:
        raise UsageError(
            f"the monitor cannot draw on TERM={environ.get('TERM', '') or '(unset)'}", hint=_REFUSAL_HINT
        )
