"""The text of the help screen, made from the registries that the program itself uses."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from revtui.core.filters.fields import FIELDS, Field
from revtui.core.filters.syntax import FLAGS, Operator
from revtui.core.kpis import KPIS
from revtui.core.severity import Severity
from revtui.tui.actions import ACTIONS, Group
from revtui.views.lines import Line, wrapped
from revtui.views.palette import Role, glyph, role, word

_FILTERS: Final = (
    ("stripe", "the word stands in the reason, the gateway, the KPI or the rule"),
    ('"do not honor"', "so does the phrase"),
    ("/^fail.*rate/i", "so does the regular expression; i: in any case"),
    ("gw:stripe,adyen", "a field holds one of these; * stands for anything"),
    ("sev>=warn  dur>2m", "a field compared"),
    ("since:30m", "it changed last within 30 minutes"),
    ("open new acked crit", f"bare words: {' '.join(sorted(FLAGS))}"),
    ("!gw:sim  -word  not x", "the opposite"),
    ("a b   a or b   (a or b) c", "and, or, groups"),
)
_SEVERITIES: Final = {
    Severity.CRIT: "money or data is being lost: act now",
    Severity.WARN: "a threshold is crossed: look soon",
    Severity.UNKNOWN: "cannot be judged: no data, or too little",
    Severity.INFO: "worth knowing, or not judged by any rule",
    Severity.OK: "within its thresholds",
}
_KEY_WIDTH: Final = 18
_TERM_WIDTH: Final = 27
_KPI_WIDTH: Final = 14


def guide_lines(width: int) -> Sequence[Line]:
    """Keys by group, the filter language, severities, and what each figure means, in `width` columns."""
    lines: list[Line] = []
    for group in Group:
        terms = [(action.all_keys, Role.STRONG, action.help) for action in ACTIONS if action.group is group]
        lines += [*_section(group.value), *_terms(terms, _KEY_WIDTH, width)]
    filters = [(example, Role.STRONG, meaning) for example, meaning in _FILTERS]
    lines += [*_section("Filter language"), *_terms(filters, _TERM_WIDTH, width)]
    fields = [(f"{field.name}  {_operators(field)}", Role.STRONG, field.help) for field in FIELDS.values()]
    lines += [*_section("Fields, and what may stand behind them"), *_terms(fields, _TERM_WIDTH, width)]
    severities = [
        (f"{glyph(severity)} {word(severity)}", role(severity), meaning)
        for severity, meaning in _SEVERITIES.items()
    ]
    lines += [*_section("Severities, worst first"), *_terms(severities, _KEY_WIDTH, width)]
    figures = [(kpi.label, Role.STRONG, kpi.formula) for kpi in KPIS]
    lines += [*_section("Figures"), *_terms(figures, _KPI_WIDTH, width)]
    return tuple(lines[1:])


def _operators(field: Field) -> str:
    return " ".join(operator for operator in Operator if operator in field.kind.operators)


def _terms(terms: Iterable[tuple[str, Role, str]], indent: int, width: int) -> Iterator[Line]:
    """Terms with their meanings, which go on under themselves where they are long."""
    for term, look, meaning in terms:
        for number, piece in enumerate(wrapped(meaning, max(width - indent - 2, 10))):
            yield ((f"  {'' if number else term:<{indent}}", look), (piece, Role.TEXT))


def _section(title: str) -> list[Line]:
    return [(), ((title, Role.INFO),)]
