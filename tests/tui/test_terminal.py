"""What the terminal can do, and where the monitor refuses to start."""

import pytest

from revtui.core.errors import UsageError
from revtui.tui.terminal import Capabilities, capabilities, require_terminal, unicode_locale

ALL = {"standard input": True, "standard output": True, "standard error": True}


@pytest.mark.parametrize(
    ("environ", "unicode"),
    [
        ({}, False),
        ({"LANG": "C"}, False),
        ({"LANG": "POSIX"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "C.utf8"}, True),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LC_ALL": "C.UTF-8", "LC_CTYPE": "C"}, True),
        ({"LC_ALL": "", "LANG": "en_US.UTF-8"}, True),
    ],
)
@pytest.mark.fault("F83")
def test_the_first_locale_that_is_set_decides(environ: dict[str, str], *, unicode: bool) -> None:
    assert unicode_locale(environ) is unicode
    assert capabilities(environ).ascii is not unicode


def test_what_the_user_says_goes_before_the_environment() -> None:
    poor = {"LANG": "C", "NO_COLOR": "1"}
    assert capabilities(poor) == Capabilities(ascii=True, colour=False, animation=True)
    assert not capabilities(poor, ascii_only=False).ascii
    assert capabilities({"LANG": "C.UTF-8", "NO_COLOR": ""}).colour


def test_nothing_moves_over_ssh() -> None:
    assert not capabilities({"SSH_TTY": "/dev/pts/1"}).animation
    assert not capabilities({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}).animation


@pytest.mark.fault("M5")
@pytest.mark.parametrize("stream", ALL)
def test_a_stream_that_is_no_terminal_is_named_with_what_to_use_instead(stream: str) -> None:
    with pytest.raises(UsageError, match=stream) as refused:
        require_terminal(terminals=ALL | {stream: False}, environ={"TERM": "xterm"})
    assert "revtui snapshot" in refused.value.hint
    assert "revtui watch" in refused.value.hint
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(term: str) -> None:
    with pytest.raises(UsageError, match="TERM"):
        require_terminal(terminals=ALL, environ={"TERM": term})
    require_terminal(terminals=ALL, environ={"TERM": "xterm-256color"})
