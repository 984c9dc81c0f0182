"""Thresholds: how the `[rules]` of the configuration change a set of rules.

What the configuration does not mention stays as the rule has it. The laws: applying an empty
configuration changes nothing; applying a configuration twice is applying it once. Whether levels
make sense is judged by `core.rules.Rule` alone; here its refusals get the keys they come from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from revtui.config.keys import KeyPath, dotted, leaves
from revtui.config.model import Config, LevelsChange, RuleChange
from revtui.config.values import OFF
from revtui.core.contracts import classic, contracts
from revtui.core.errors import ConfigError, UsageError
from revtui.core.kpis import KPI_BY_NAME, Direction
from revtui.core.rules import Comparison, Levels, Rule, is_floor

_SIDES: Final = {"above": Comparison.ABOVE, "below": Comparison.BELOW}
_NO_LEVELS: Final = (None, None)

Pair = tuple[float | None, float | None]
"""WARN and CRIT, before it is known whether they make a `Levels`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Keys that do not fit each other, or the rule they change."""

    keys: tuple[KeyPath, ...]
    """The keys involved that the configuration mentions."""
    message: str

    def __str__(self) -> str:
        return f"{', '.join(dotted(key) for key in self.keys)}: {self.message}"


def rule_set(config: Config) -> tuple[Rule, ...]:
    """The rules that `rules.set` names, before they are changed; the contracts when it names none."""
    if config.rules.set_ == "classic":
        return classic()
    return contracts(latency_sla_ms=config.business.latency_sla_ms)


def apply_rules(base: Sequence[Rule], config: Config) -> tuple[Rule, ...]:
    """`base` with the changes of the configuration, then a rule for each KPI that had none.

    A rule whose levels were all switched off is left out.

    Args:
        base: A rule set of `core.contracts`, usually `rule_set(config)`.
        config: Its `rules` are applied to the rules of the same KPI; its `rules.set` is not looked at.

    Raises:
        ConfigError: when changes and rules do not fit, such as a CRIT looser than its WARN; never for
            `rule_set(config)` after `load`.
    """
    rules, clashes = merge_rules(base, config)
    if clashes:
        raise ConfigError([str(clash) for clash in clashes])
    return rules


def merge_rules(base: Sequence[Rule], config: Config) -> tuple[tuple[Rule, ...], tuple[Clash, ...]]:
    """The rules that could be made, and everything that stood in the way of others."""
    changes = config.rules.changes()
    covered = {rule.kpi for rule in base}
    rules: list[Rule | None] = []
    clashes: list[Clash] = []
    for kpi, rule in (
        *((one.kpi, one) for one in base),
        *((kpi, None) for kpi in changes if kpi not in covered),
    ):
        if kpi not in changes:
            rules.append(rule)
            continue
        merge = _Merge(kpi=kpi, rule=rule, change=changes[kpi])
        found = tuple(merge.clashes())
        clashes += found
        rules.append(None if found else merge.outcome())
    return tuple(rule for rule in rules if rule is not None), tuple(dict.fromkeys(clashes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """One rule and what is changed of it; no rule when the KPI has none yet."""

    kpi: str
    rule: Rule | None
    change: RuleChange

    @property
    def comparison(self) -> Comparison:
        """The rule's own while it already fires on that side, so that `>=` does not become `>`."""
        fire = self.change.fire
        if self.rule is not None and (fire is None or self.rule.comparison.upward == (fire == "above")):
            return self.rule.comparison
        worse = "below" if KPI_BY_NAME[self.kpi].direction is Direction.UP else "above"
        return _SIDES[fire or worse]

    @property
    def pair(self) -> Pair:
        """The levels for all events."""
        return _pair(_pair_of(self.rule.levels) if self.rule else _NO_LEVELS, self.change)

    @property
    def gateway_pairs(self) -> dict[str, Pair]:
        """A gateway's level: its own, else the rule set's for this gateway, else the rule's if it is no floor."""
        usual = _NO_LEVELS if is_floor(KPI_BY_NAME[self.kpi], self.comparison) else self.pair
        old = {name: _pair_of(levels) for name, levels in self.rule.per_gateway.items()} if self.rule else {}
        own = {name: _pair(old.get(name, usual), gateway) for name, gateway in self.change.gateways.items()}
        return old | own

    @property
    def clear_ratio(self) -> float:
        """The rule's own is meant for the side it fires on."""
        if self.change.clear_ratio is not None:
            return self.change.clear_ratio
        if self.rule is not None and self.rule.comparison.upward == self.comparison.upward:
            return self.rule.clear_ratio
        return 1.0

    def outcome(self) -> Rule | None:
        """The merged rule; None when it has no level left."""
        if self.pair == _NO_LEVELS:
            return None
        change = self.change
        terms: dict[str, Any] = {
            "min_volume": change.min_volume,
            "for_": change.for_,
            "keep_firing_for": change.keep_firing_for,
            "sla": change.sla,
        }
        return replace(
            self.rule or self._bare(self.pair),
            comparison=self.comparison,
            levels=_levels(self.pair),
            per_gateway={name: _levels(pair) for name, pair in self.gateway_pairs.items()},
            clear_ratio=self.clear_ratio,
            **{name: value for name, value in terms.items() if value is not None},
        )

    def _bare(self, pair: Pair, **terms: Any) -> Rule:
        return Rule(name=self.kpi, kpi=self.kpi, comparison=self.comparison, levels=_levels(pair), **terms)

    def clashes(self) -> Iterator[Clash]:
        """Everything that keeps the rule from being made."""
        if self.pair == _NO_LEVELS:
            if any(pair != _NO_LEVELS for pair in self.gateway_pairs.values()):
                yield Clash(
                    keys=self._said(), message="levels for gateways need a warn or crit for all events"
                )
            return
        neutral = KPI_BY_NAME[self.kpi].direction is Direction.NEUTRAL
        if self.rule is None and self.change.fire is None and neutral:
            yield Clash(keys=self._said(), message='needs fire = "above" or "below": neither side is worse')
        yield from self._refusals((), self.pair)
        for name in self.change.gateways:
            yield from self._refusals(("gateways", name), self.gateway_pairs[name])

    def _refusals(self, within: KeyPath, pair: Pair) -> Iterator[Clash]:
        """What `Rule` says against levels, the recovery level they give, and the volume; each once."""
        own = ((*within, "warn"), (*within, "crit"))
        levels = (*own, ("warn",), ("crit",), ("fire",)) if within else (*own, ("fire",))
        trials: tuple[tuple[tuple[KeyPath, ...], dict[str, Any]], ...] = (
            (levels, {}),
            ((("clear_ratio",), *levels), {"clear_ratio": self.clear_ratio}),
            ((("min_volume",),), {} if within else {"min_volume": self.change.min_volume or 0}),
        )
        told: set[str] = set()
        for keys, terms in trials:
            try:
                self._bare(pair, **terms)
            except UsageError as error:
                if error.message not in told:
                    yield Clash(keys=self._said(*keys), message=_reason(error))
                told.add(error.message)

    def _said(self, *candidates: KeyPath) -> tuple[KeyPath, ...]:
        """Those of the keys that the configuration mentions; the rule's table when it mentions none."""
        said = {path for path, _ in leaves(self.change.model_dump(exclude_none=True))}
        table = ("rules", self.kpi)
        return tuple((*table, *path) for path in candidates if path in said) or (table,)


def _reason(error: UsageError) -> str:
    """The line's key already names the rule."""
    text = error.message.partition(": ")[2] if error.message.startswith("rule ") else error.message
    return f"{text} ({error.hint})" if error.hint else text


def _levels(pair: Pair) -> Levels:
    return Levels(warn=pair[0], crit=pair[1])


def _pair_of(levels: Levels) -> Pair:
    return levels.warn, levels.crit


def _pair(old: Pair, change: LevelsChange) -> Pair:
    return _level(old[0], change.warn), _level(old[1], change.crit)


def _level(old: float | None, change: float | str | None) -> float | None:
    if change is None:
        return old
    return None if change == OFF else float(change)
