"""The only place that builds things together: arguments and configuration into sources and settings.

arguments ──> configuration ──> policy, rules ──> settings ─┐
                   └──> sources (files, stdin, simulator) ──┴──> Plan ──> a finite run, or a pipeline
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, get_args

from revtui.adapters.allocator import keep_freed_memory
from revtui.adapters.clocks import SystemClock
from revtui.adapters.sources.locate import Wanted, open_sources
from revtui.adapters.sources.mapping import FieldSettings, SourceMap, configured_map, load_map
from revtui.cli.arguments import exists
from revtui.cli.options import Evaluation
from revtui.cli.simulation import BUILT_IN, simulator
from revtui.cli.streams import say
from revtui.config.layers import OriginKind
from revtui.config.loading import LoadedConfig, load
from revtui.config.model import RuleSet
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import AdmissionPolicy
from revtui.core.filters import FilterError, parse
from revtui.core.money import exponent
from revtui.engine.engine import EngineSettings
from revtui.engine.monitor import MonitorSettings
from revtui.engine.ports import Source

STDIN: Final = "-"
_FOR_EVER: Final = 1 << 62
_KEYS: Final = {
    "window": "window.length",
    "hop": "window.hop",
    "bound": "window.bound",
    "lateness": "window.lateness",
    "horizon": "window.horizon",
    "currency": "business.currency",
    "timezone": "business.timezone",
    "max_gateways": "business.max_gateways",
    "theme": "screen.theme",
    "rules": "rules.set",
}
"""Option -> the key of the configuration that it goes before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a run needs, opened and checked."""

    loaded: LoadedConfig
    settings: MonitorSettings
    sources: tuple[Source, ...]

    @property
    def live(self) -> bool:
        """Whether any source follows the clock."""
        return self.settings.engine.live

    @property
    def currency(self) -> str:
        """Of the money reported."""
        return self.settings.engine.currency


def load_configuration(evaluation: Evaluation, *, theme: str | None = None) -> LoadedConfig:
    """The configuration in force for these arguments; what is unwise in it is said on stderr.

    Raises:
        ConfigError: with every problem.
        UsageError: when `--rules` names neither a set of rules nor a file.
    """
    rules_set, rules_file = _rules(evaluation.rules)
    typed = asdict(evaluation) | {"theme": theme, "rules": rules_set}
    loaded = load(
        environ=os.environ,
        cwd=Path.cwd(),
        flags={key: typed[option] for option, key in _KEYS.items()},
        flag_names={key: f"--{option.replace('_', '-')}" for option, key in _KEYS.items()},
        config_file=None if evaluation.config is None else Path(evaluation.config),
        rules_file=rules_file,
    )
    for warning in loaded.warnings:
        say(warning)
    return loaded


def refuse_bad_filter(query: str) -> None:
    """Say before anything is read that a filter cannot be understood.

    Raises:
        UsageError: when it cannot; an empty one can.
    """
    if query:
        try:
            parse(query)
        except FilterError as error:
            raise UsageError(f"--filter {query!r}: {error.message}", hint=error.hint) from error


def plan(
    arguments: Sequence[str],
    evaluation: Evaluation,
    loaded: LoadedConfig,
    *,
    follow: bool = False,
    screen: bool = False,
) -> Plan:
    """Open the sources that are named, else those of the configuration, else the built-in simulator.

    Args:
        arguments: The SOURCE arguments.
        evaluation: The options.
        loaded: The configuration that follows from them.
        follow: Whether files are live sources.
        screen: Whether somebody watches: the simulator then follows the clock, and windows of other lengths
            than the configured one can be shown.

    Raises:
        UsageError: for a source that cannot be meant so.
        ConfigError: for a mapping that cannot be used.
        SourceError: for a source that is not there.
    """
    keep_freed_memory()
    clock, business = SystemClock(), loaded.config.business
    wanted = _wanted(arguments, evaluation, loaded, follow=follow)
    if any(one.argument == STDIN for one in wanted):
        _require_stdin()
    opened = open_sources(
        wanted,
        defaults=AdmissionPolicy(currency=business.currency, breakdown=business.breakdown),
        simulator_factory=lambda address: simulator(
            address, clock, live=screen, breakdown=business.breakdown
        ),
    )
    live = any(source.live for source in opened)
    return Plan(
        loaded=loaded,
        settings=settings(loaded, live=live, currency=_currency(loaded, opened), screen=screen),
        sources=tuple(opened),
    )


def _currency(loaded: LoadedConfig, sources: Sequence[Source]) -> str:
    """The currency to report in: that of the configuration, or, when nobody chose one, the sources' own."""
    named = {source.policy.currency for source in sources}
    if len(named) == 1 and loaded.origin("business.currency").kind is OriginKind.DEFAULT:
        return named.pop()
    return loaded.config.business.currency


def settings(loaded: LoadedConfig, *, live: bool, currency: str, screen: bool = False) -> MonitorSettings:
    """What the configuration says to the engine and its surroundings.

    Raises:
        UsageError: for a currency that does not exist.
    """
    config = loaded.config
    # A file is looked at whole; what is live goes on for ever.
    retention = config.screen.history if live else _FOR_EVER
    return MonitorSettings(
        engine=EngineSettings(
            policy=config.window.policy(),
            currency=currency,
            currency_exponent=exponent(currency),
            latency_sla_ms=config.business.latency_sla_ms,
            max_gateways=config.business.max_gateways,
            max_users=config.business.max_users,
            timezone=config.business.timezone,
            rules=loaded.rules(),
            live=live,
            archive=retention if screen else 0,
        ),
        max_jump=config.guards.max_jump,
        max_future_skew=config.guards.max_future_skew,
        idle_timeout=config.guards.idle_timeout,
        retention=retention,
    )


def _wanted(
    arguments: Sequence[str], evaluation: Evaluation, loaded: LoadedConfig, *, follow: bool
) -> list[Wanted]:
    """The sources to open; what is typed goes before what `[[source]]` says, and that before a mapping.

    `--currency` is not among it: what a source says of its money is a fact about its rows, and a wish
    for the report must not turn pounds into euros. They are excluded, in plain sight.
    """
    breakdown = loaded.config.business.breakdown
    typed = FieldSettings(timezone=evaluation.timezone)
    mapping = None
    if evaluation.map is not None:
        mapping = load_map(Path(evaluation.map), breakdown=breakdown)
        typed = typed.over(mapping.settings)
    if not arguments and loaded.config.source:
        return [
            Wanted(
                argument=table.url,
                follow=follow or table.follow,
                mapping=mapping or own,
                settings=typed.over(
                    FieldSettings(
                        timezone=table.timezone, currency=table.currency, epoch_unit=table.epoch_unit
                    )
                ),
            )
            for table, own in zip(loaded.config.source, configured_maps(loaded), strict=True)
        ]
    return [
        Wanted(argument=argument, follow=follow, mapping=mapping, settings=typed)
        for argument in arguments or [BUILT_IN]
    ]


def configured_maps(loaded: LoadedConfig) -> list[SourceMap | None]:
    """The `[source.map]` of each `[[source]]` table; None where there is none.

    Raises:
        ConfigError: for expressions that cannot be used.
    """
    breakdown, origin = loaded.config.business.breakdown, str(loaded.origin("source"))
    return [
        configured_map(table.map, origin=origin, key=f"source[{number}].map", breakdown=breakdown)
        if table.map
        else None
        for number, table in enumerate(loaded.config.source)
    ]


def _rules(name: str | None) -> tuple[str | None, Path | None]:
    """`--rules` as the name of a set, or as a file."""
    sets = get_args(RuleSet)
    if name is None or name in sets:
        return name, None
    if not Path(name).suffix and not exists(name):
        raise UsageError(
            f"--rules {name!r} is neither a set of rules nor a file",
            hint=f"one of {', '.join(sets)}, or a TOML file with [rules] tables",
        )
    return None, Path(name)


def _require_stdin() -> None:
    if sys.stdin is None:
        raise SourceError("standard input is closed", hint="name a file, or pipe something in")
