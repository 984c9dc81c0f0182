"""Keys that must fit each other, judged on the final values, whichever layers they came from."""

from collections.abc import Callable, Iterator

from revtui.config.keys import KeyPath, suggestion
from revtui.config.model import Config, Window
from revtui.config.thresholds import Clash, merge_rules, rule_set
from revtui.config.values import shown
from revtui.core.errors import UsageError
from revtui.core.events import RAW_COLUMNS


def clashes(config: Config, *, spoilt: Callable[[KeyPath], bool]) -> Iterator[Clash]:
    """Everything that does not fit; nothing is said of tables that are `spoilt` by another problem."""
    if not spoilt(("window",)):
        yield from _windows(config.window)
    if not spoilt(("source",)) and not spoilt(("business", "breakdown")):
        yield from _columns(config)
    if not spoilt(("rules", "set")) and not spoilt(("business", "latency_sla_ms")):
        _, found = merge_rules(rule_set(config), config)
        yield from (clash for clash in found if not spoilt(clash.keys[0][:2]))


def _windows(window: Window) -> Iterator[Clash]:
    """Each law of `WindowPolicy` by itself, since it stops at the first that is broken."""
    laws = (
        (("length", "hop"), window.model_copy(update={"horizon": 1 << 62})),
        (("length", "lateness", "bound", "horizon"), window.model_copy(update={"hop": window.length})),
    )
    for names, probe in laws:
        try:
            probe.policy()
        except UsageError as error:
            keys = tuple(("window", name) for name in names)
            yield Clash(keys=keys, message=f"{error.message} ({error.hint})")


def _columns(config: Config) -> Iterator[Clash]:
    """A mapped column that no event has is a misspelling."""
    known = (*RAW_COLUMNS, config.business.breakdown)
    for number, source in enumerate(config.source):
        for column in source.map:
            if column not in known:
                yield Clash(
                    keys=(("source",),),
                    message=f"[source.map] of source {number + 1}: events have no column"
                    f" {shown(column)}{suggestion(column, known)}",
                )
