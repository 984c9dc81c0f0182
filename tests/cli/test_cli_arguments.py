"""The grammar of the command line, without any command behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revtui.cli.arguments import OptionName, normalise, wants_help, with_nearest
from revtui.core.errors import UsageError

NAMES = [
    OptionName(spelling="--output", canonical="--output", takes_value=True),
    OptionName(spelling="-o", canonical="--output", takes_value=True),
    OptionName(spelling="--start", canonical="--start", takes_value=True),
    OptionName(spelling="--follow", canonical="--follow", takes_value=False),
    OptionName(spelling="-f", canonical="--follow", takes_value=False),
    OptionName(spelling="--quiet", canonical="--quiet", takes_value=False),
    OptionName(spelling="-q", canonical="--quiet", takes_value=False),
]


def plain(*words: str) -> list[str]:
    return normalise(words, NAMES, command="revtui x")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a.csv", "b.csv"], ["--", "a.csv", "b.csv"]),
        (["-"], ["--", "-"]),
        (["a", "--start", "-2h"], ["--start=-2h", "--", "a"]),
        (["--start", "-1h30m"], ["--start=-1h30m", "--"]),
        (["--start", "-1.5D"], ["--start=-1.5D", "--"]),
        (["--start=--odd"], ["--start=--odd", "--"]),
        (["--start="], ["--start=", "--"]),
        (["-o", "-", "-"], ["--output=-", "--", "-"]),
        (["-ofile"], ["--output=file", "--"]),
        (["-o=file"], ["--output=file", "--"]),
        (["-fq"], ["--follow", "--quiet", "--"]),
        (["-fqo", "x"], ["--follow", "--quiet", "--output=x", "--"]),
        (["--follow", "a"], ["--follow", "--", "a"]),
        (["--", "-x", "--follow"], ["--", "-x", "--follow"]),
        (["a", "--", "--"], ["--", "a", "--"]),
        ([], ["--"]),
    ],
)
def test_words_get_one_unambiguous_form(words: list[str], expected: list[str]) -> None:
    assert plain(*words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-x"], "unknown option '-x'"),
        (["-fx"], "unknown option '-fx'"),
        (["-5"], "unknown option '-5'"),
        (["-2h"], "unknown option '-2h'"),
        (["--nope"], "unknown option '--nope'"),
        (["--nope=1"], "unknown option '--nope'"),
        (["--"[:1] + "-folow"], "unknown option '--folow'"),
        (["--start"], "--start needs a value"),
        (["-o"], "-o needs a value"),
        (["--start", "-x"], "--start needs a value, not '-x'"),
        (["--start", "-5"], "--start needs a value, not '-5'"),
        (["--start", "--follow"], "--start needs a value, not '--follow'"),
        (["--start", "--"], "--start needs a value, not '--'"),
        (["--follow=yes"], "--follow takes no value"),
    ],
)
def test_whatever_else_begins_with_a_hyphen_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        plain(*words)
    assert refusal.value.message == message
    assert refusal.value.hint


def test_a_misspelt_option_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as refusal:
        plain("--folow")
    assert "did you mean --follow?" in refusal.value.hint


def test_nothing_near_suggests_nothing() -> None:
    assert with_nearest("zzz", ["windows"], "see") == "see"


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["--help"], True), (["a", "-h"], True), (["--", "--help"], False), (["help"], False), ([], False)],
)
def test_help_is_asked_for_only_before_the_separator(words: list[str], expected: bool) -> None:
    assert wants_help(words) is expected


@given(st.lists(st.text(alphabet="-ofqx=2h.", max_size=6), max_size=5))
def test_every_line_is_either_refused_or_keeps_its_arguments_behind_one_separator(words: list[str]) -> None:
    try:
        result = plain(*words)
    except UsageError:
        return
    at = result.index("--")
    assert all(word.startswith("--") for word in result[:at])
    assert plain(*result) == result
