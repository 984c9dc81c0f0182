"""From text to a query, by recursive descent; nothing is guessed.

query = or ; or = and {"or" and} ; and = term {["and"] term} ; term = ["!"|"not"|"-"] (atom | "(" or ")")
atom  = field op value{,value} | /regex/[i] | "phrase" | word | flag
"""

import re
from collections.abc import Callable
from typing import Final

from revtui.core.filters.fields import ALIASES, FIELDS, NOT_YET, Field, Kind
from revtui.core.filters.patterns import complaint_about
from revtui.core.filters.syntax import (
    FIELD_AND_OPERATOR,
    FLAGS,
    All,
    Any,
    Compare,
    FilterError,
    Flag,
    Operator,
    Pattern,
    Query,
    Search,
    Text,
    Value,
    joined,
    negated,
)
from revtui.core.filters.values import Unreadable, near, read_moment, read_quantity

LONGEST_QUERY: Final = 1000
LONGEST_REGEX: Final = 200
DEEPEST: Final = 40
"""Parentheses and negations within each other."""

_KEYWORD: Final = re.compile(r"(and|or|not)(?=[\s()\"!]|$)", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s()\"]+")
_BARE_VALUE: Final = re.compile(r"[^\s()\",]+")
_OPERATOR: Final = re.compile(r"!=|!~|>=|<=|[:=><~]")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_DELIMITED: Final = re.compile(r"/((?:[^/\\]|\\.)*)/([A-Za-z]*)", re.DOTALL)
_LISTS: Final = frozenset(
    {Operator.HAS, Operator.EQUAL, Operator.NOT_EQUAL, Operator.MATCHES, Operator.MATCHES_NOT}
)
_WORDS_TOO: Final = frozenset({"region", "code", "user"})
"""Of what is not there yet, those that are fields: as bare words they are searched for like any other."""
_FIELDS_HINT: Final = f"fields: {' '.join(FIELDS)}"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parse(text: str) -> Query:
    """The query that a text asks; of an empty text the one that selects every row.

    Raises:
        FilterError: when it is none, with the position at which it went wrong.

    >>> parse("crit").name
    'crit'
    """
    if len(text) > LONGEST_QUERY:
        raise FilterError(f"a filter may have {LONGEST_QUERY} characters, not {len(text)}", LONGEST_QUERY)
    if (broken := _SURROGATE.search(text)) is not None:
        raise FilterError("this is no readable character", broken.start())
    return _Parser(text).query()


class _Parser:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        if not self._text.strip():
            return All()
        found = self._either()
        if self._at < len(self._text):
            raise FilterError("this parenthesis was never opened", self._at)
        return found

    def _either(self) -> Query:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return joined(Any, parts)

    def _both(self) -> Query:
        parts = [self._term()]
        while self._takes("and") or not self._at_end_of_terms():
            parts.append(self._term())
        return joined(All, parts)

    def _term(self) -> Query:
        ended = self._at_end_of_terms()
        start = self._at
        if ended or self._keyword() == "and":
            raise self._nothing_here()
        if self._text[start] == "(":
            self._at += 1
            found = self._deeper(self._either, start)
            if self._at == len(self._text):
                raise FilterError("this parenthesis is never closed", start)
            self._at += 1
            return found
        if self._text[start] in "!-":
            self._at += 1
            return negated(self._deeper(self._term, start))
        if self._takes("not"):
            return negated(self._deeper(self._term, start))
        return self._atom()

    def _deeper(self, read: Callable[[], Query], start: int) -> Query:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError(f"more than {DEEPEST} parentheses or negations within each other", start)
        found = read()
        self._depth -= 1
        return found

    def _atom(self) -> Query:
        start = self._at
        if self._text[start] == '"':
            return Search(value=Text(text=self._quoted()))
        if self._text[start] == "/":
            return Search(value=self._delimited())
        if (comparison := FIELD_AND_OPERATOR.match(self._text, start)) is not None:
            return self._compare(comparison)
        if (operator := _OPERATOR.match(self._text, start)) is not None:
            raise FilterError(f"a field is missing before '{operator[0]}'", start, hint=_FIELDS_HINT)
        word = self._run(_WORD)
        if (missing := NOT_YET.get(word.lower())) is not None and word.lower() not in _WORDS_TOO:
            raise FilterError(missing, start, hint="put the word in quotes to search for it")
        if word.lower() in FLAGS:
            return Flag(name=word.lower())
        return Search(value=Text(text=word, glob="*" in word))

    def _compare(self, comparison: re.Match[str]) -> Query:
        field = _field(comparison)
        operator = Operator(comparison[2])
        if operator not in field.kind.operators:
            fitting = " ".join(each for each in Operator if each in field.kind.operators)
            raise FilterError(f"{field.name} takes {fitting}, not {operator}", comparison.start(2))
        self._at = comparison.end()
        values = [self._value(field, operator)]
        while self._text.startswith(",", self._at):
            if operator not in _LISTS or field.kind in {Kind.SINCE, Kind.UNTIL}:
                raise FilterError(f"only one value may follow {comparison[0]}", self._at)
            self._at += 1
            values.append(self._value(field, operator))
        return Compare(field=field.name, operator=operator, values=tuple(values))

    def _value(self, field: Field, operator: Operator) -> Value:
        start = self._at
        first = self._text[start : start + 1]
        if operator in {Operator.MATCHES, Operator.MATCHES_NOT}:
            return self._regex(first)
        text = self._quoted() if first == '"' else self._run(_BARE_VALUE)
        try:
            match field.kind:
                case Kind.TEXT:
                    return Text(text=text, glob=first != '"' and "*" in text)
                case Kind.SINCE | Kind.UNTIL:
                    return read_moment(text.strip())
                case _:
                    return read_quantity(field.kind, text.strip())
        except Unreadable as refused:
            raise FilterError(refused.message, start, hint=refused.hint) from None

    def _regex(self, first: str) -> Pattern:
        """The value of `~`: delimited, quoted, or up to a blank or a parenthesis that it did not open."""
        start = self._at
        if first == "/":
            return self._delimited()
        if first == '"':
            return _pattern(self._quoted(), start)
        depth = 0
        while self._at < len(self._text) and not self._text[self._at].isspace():
            character = self._text[self._at]
            depth += (character == "(") - (character == ")")
            if depth < 0:
                break
            self._at += 2 if character == "\\" else 1
        self._at = min(self._at, len(self._text))
        return _pattern(self._text[start : self._at], start)

    def _delimited(self) -> Pattern:
        start = self._at
        found = _DELIMITED.match(self._text, start)
        if found is None:
            raise FilterError("this regex is never closed by /", start)
        if found[2] not in {"", "i"}:
            raise FilterError(
                f"after a regex only i may stand, not {found[2]!r}",
                found.start(2),
                hint="put a text with slashes in quotes",
            )
        self._at = found.end()
        return _pattern(found[1], start, ignore_case=found[2] == "i")

    def _quoted(self) -> str:
        found = _QUOTED.match(self._text, self._at)
        if found is None:
            raise FilterError("this quotation is never closed", self._at)
        self._at = found.end()
        return re.sub(r"\\([\"\\])", r"\1", found[1])

    def _run(self, shape: re.Pattern[str]) -> str:
        found = shape.match(self._text, self._at)
        if found is None:
            raise FilterError("a value is missing here", self._at)
        self._at = found.end()
        return found[0]

    def _keyword(self) -> str:
        found = _KEYWORD.match(self._text, self._at)
        return "" if found is None else found[0].lower()

    def _takes(self, keyword: str) -> bool:
        """Step over blanks, and over the keyword when it is what follows."""
        self._skip_space()
        found = self._keyword() == keyword
        self._at += len(keyword) if found else 0
        return found

    def _skip_space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _at_end_of_terms(self) -> bool:
        self._skip_space()
        return self._at == len(self._text) or self._text[self._at] == ")" or self._keyword() == "or"

    def _nothing_here(self) -> FilterError:
        if self._at == len(self._text):
            return FilterError("something is missing at the end", self._at)
        found = self._keyword() or ")"
        return FilterError(f"something is missing before this '{found}'", self._at)


def _field(comparison: re.Match[str]) -> Field:
    name = comparison[1].lower()
    field = FIELDS.get(ALIASES.get(name, name))
    if field is None and (missing := NOT_YET.get(name)) is not None:
        raise FilterError(missing, comparison.start(), hint=_FIELDS_HINT)
    if field is None:
        raise FilterError(
            f"unknown field {comparison[1]!r}{near(name, FIELDS)}",
            comparison.start(),
            hint=f"{_FIELDS_HINT}; put other text in quotes",
        )
    return field


def _pattern(source: str, start: int, *, ignore_case: bool = False) -> Pattern:
    """A regex that the engine accepts, with plain slashes."""
    if not source:
        raise FilterError("a regex is missing here", start)
    if len(source) > LONGEST_REGEX:
        raise FilterError(f"a regex may have {LONGEST_REGEX} characters, not {len(source)}", start)
    pattern = Pattern(
        source=re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], source, flags=re.DOTALL),
        ignore_case=ignore_case,
    )
    if (complaint := complaint_about(pattern)) is not None:
        raise FilterError(f"not a regex: {complaint}", start)
    return pattern
