"""The windows shown, which may be of another length than the configured one, and what of the rules holds for them.

Alerts go by the configured length, whatever is shown. Windows of another length are judged here, as they
are drawn, by the rules that mean the same for any length.
"""

from revtui.core.rules import FRESHNESS, Rule, Verdict, judge, of_any_length
from revtui.engine.snapshot import Snapshot, newest_rows


def newest_end(snapshot: Snapshot) -> int | None:
    """The end of the newest closed window that is shown; None before the first."""
    ends = snapshot.rows.get_column("window_end")
    return None if ends.is_empty() else ends[-1]


def is_another(snapshot: Snapshot) -> bool:
    """Whether the windows shown are not those that alerts go by."""
    return snapshot.window != snapshot.policy.length


def rules_shown(snapshot: Snapshot) -> tuple[Rule, ...]:
    """The rules that the windows shown can be held to."""
    return of_any_length(snapshot.rules) if is_another(snapshot) else snapshot.rules


def verdicts_shown(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The verdicts on the newest closed window that is shown; freshness is that of the data, whatever is shown."""
    if not is_another(snapshot):
        return snapshot.verdicts
    rules = [rule for rule in rules_shown(snapshot) if rule.kpi != FRESHNESS]
    judged = [
        verdict
        for row in newest_rows(snapshot.rows).iter_rows(named=True)
        for verdict in judge(row, rules, currency_exponent=snapshot.currency_exponent).verdicts
    ]
    return (*judged, *(verdict for verdict in snapshot.verdicts if verdict.kpi == FRESHNESS))
