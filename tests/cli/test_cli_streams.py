"""What is said on stderr cannot harm a terminal, nor fail the program."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.cli.streams import say
from revtui.core.text import sanitise


def test_a_message_and_its_hint_are_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    say("two\nproblems", hint="do this")
    assert capsys.readouterr().err == "revtui: two\nrevtui: problems\n  hint: do this\n"


@pytest.mark.fault("S01")
@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_steers_the_terminal(text: str) -> None:
    shown = sanitise(text)
    assert not any(
        character in shown for character in "\x00\x07\x1b\x7f\x9b\u061c\u200e\u202e\u2028\u2069\ud800"
    )


def test_text_without_controls_is_left_alone() -> None:
    assert sanitise("Zahlung übers Netz: 5 €, C:\\x") == "Zahlung übers Netz: 5 €, C:\\x"


def test_a_closed_stderr_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    say("unheard")


def test_an_encoding_that_lacks_a_letter_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace"))
    say("5 €")
    assert raw.getvalue() == b"revtui: 5 \\u20ac\n"
