"""The only place that builds things together: arguments and configuration into sources and settings.

arguments ──> configuration ──> policy, rules ──> settings ─┐
                   └──> sources (files, stdin, simulator) ──┴──> Plan ──> a finite run, or a pipeline
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from revtui.adapters.allocator import keep_freed_memory
from revtui.adapters.clocks import SystemClock
from revtui.adapters.sources.locate import open_sources
from revtui.adapters.sources.mapping import SourceMap, load_map
from revtui.cli.options import Evaluation
from revtui.cli.simulation import BUILT_IN, simulator
from revtui.cli.streams import say
from revtui.config.layers import OriginKind
from revtui.config.loading import LoadedConfig, load
from revtui.config.model import Source as SourceTable
from revtui.core.errors import SourceError, UsageError
from revtui.core.events import AdmissionPolicy
from revtui.core.filters import FilterError, parse
from revtui.core.money import exponent
from revtui.engine.engine import EngineSettings
from revtui.engine.monitor import MonitorSettings
from revtui.engine.ports import Source
from revtui.views.palette import PALETTES

RULE_SETS: Final = ("contracts", "classic", "adaptive")
STDIN: Final = "-"
_FOR_EVER: Final = 1 << 62
_FLAGS: Final = {
    "window.length": "--window",
    "window.hop": "--hop",
    "window.bound": "--bound",
    "window.lateness": "--lateness",
    "window.horizon": "--horizon",
    "business.currency": "--currency",
    "business.timezone": "--timezone",
    "business.max_gateways": "--max-gateways",
    "screen.theme": "--theme",
    "rules.set": "--rules",
}
"""Key of the configuration -> the option that goes before it."""


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
    loaded = load(
        environ=os.environ,
        cwd=Path.cwd(),
        flags={
            "window.length": evaluation.window,
            "window.hop": evaluation.hop,
            "window.bound": evaluation.bound,
            "window.lateness": evaluation.lateness,
            "window.horizon": evaluation.horizon,
            "business.currency": evaluation.currency,
            "business.timezone": evaluation.timezone,
            "business.max_gateways": evaluation.max_gateways,
            "screen.theme": theme,
            "rules.set": rules_set,
        },
        flag_names=_FLAGS,
        config_file=None if evaluation.config is None else Path(evaluation.config),
        rules_file=rules_file,
    )
    for warning in loaded.warnings:
        say(warning)
    return loaded


def refuse_bad_look(loaded: LoadedConfig, query: str) -> None:
    """Say before anything is read what could not be shown.

    Raises:
        UsageError: for a filter that cannot be understood, or an unknown theme.
    """
    if query:
        try:
            parse(query)
        except FilterError as error:
            raise UsageError(f"--filter {query!r}: {error.message}", hint=error.hint) from error
    theme = loaded.config.screen.theme
    if theme not in PALETTES:
        origin = loaded.origin("screen.theme")
        raise UsageError(f"{origin}: unknown theme {theme!r}", hint=f"one of {', '.join(PALETTES)}")


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
        screen: Whether somebody watches: the simulator then follows the clock.

    Raises:
        UsageError: for a source that cannot be meant so.
        ConfigError: for a mapping that cannot be used.
        SourceError: for a source that is not there.
    """
    keep_freed_memory()
    clock = SystemClock()

    def simulated(address: str) -> Source:
        return simulator(address, clock, live=screen)

    defaults = AdmissionPolicy(
        timezone=evaluation.timezone or "UTC",
        currency=loaded.config.business.currency,
        breakdown=loaded.config.business.breakdown,
    )
    mapping = None if evaluation.map is None else load_map(Path(evaluation.map), breakdown=defaults.breakdown)
    tables = loaded.config.source if not arguments else ()
    wanted = [(table.url, follow or table.follow, mapping or _mapping(table)) for table in tables]
    wanted = wanted or [(argument, follow, mapping) for argument in arguments or [BUILT_IN]]
    if any(address == STDIN for address, _, _ in wanted):
        _require_stdin()
    opened = [
        source
        for address, followed, mapped in wanted
        for source in open_sources(
            [address],
            follow=followed,
            mapping=mapped,
            defaults=defaults,
            simulator_factory=simulated,
        )
    ]
    names = [source.name for source in opened]
    for name in (name for name in names if names.count(name) > 1):
        raise UsageError(f"{name}: named twice", hint="name every source once: its rows would count twice")
    live = any(source.live for source in opened)
    return Plan(
        loaded=loaded,
        settings=settings(loaded, live=live, currency=_currency(loaded, opened)),
        sources=tuple(opened),
    )


def _currency(loaded: LoadedConfig, sources: Sequence[Source]) -> str:
    """The currency to report in: that of the configuration, or, when nobody chose one, the sources' own."""
    named = {source.policy.currency for source in sources}
    if len(named) == 1 and loaded.origin("business.currency").kind is OriginKind.DEFAULT:
        return named.pop()
    return loaded.config.business.currency


def settings(loaded: LoadedConfig, *, live: bool, currency: str) -> MonitorSettings:
    """What the configuration says to the engine and its surroundings.

    Raises:
        UsageError: for a currency that does not exist.
    """
    config = loaded.config
    return MonitorSettings(
        engine=EngineSettings(
            policy=config.window.policy(),
            currency=currency,
            currency_exponent=exponent(currency),
            latency_sla_ms=config.business.latency_sla_ms,
            max_gateways=config.business.max_gateways,
            timezone=config.business.timezone,
            rules=loaded.rules(),
            live=live,
        ),
        timezone=config.business.timezone,
        max_jump=config.guards.max_jump,
        max_future_skew=config.guards.max_future_skew,
        idle_timeout=config.guards.idle_timeout,
        # A file is looked at whole; what is live goes on for ever.
        retention=config.screen.history if live else _FOR_EVER,
    )


def _rules(name: str | None) -> tuple[str | None, Path | None]:
    """`--rules` as the name of a set, or as a file."""
    if name is None or name in RULE_SETS:
        return name, None
    path = Path(name)
    if not path.suffix and not path.exists():
        raise UsageError(
            f"--rules {name!r} is neither a set of rules nor a file",
            hint=f"one of {', '.join(RULE_SETS)}, or a TOML file with [rules] tables",
        )
    return None, path


def _mapping(table: SourceTable) -> SourceMap | None:
    """What a `[[source]]` table says of its fields; None: nothing, so that a file's own mapping is taken."""
    said = (table.map, table.timezone != "UTC", table.currency, table.epoch_unit)
    if not any(said):
        return None
    return SourceMap(
        expressions=MappingProxyType(dict(table.map)),
        timezone=table.timezone,
        currency=table.currency,
        epoch_unit=table.epoch_unit,
    )


def _require_stdin() -> None:
    if sys.stdin is None:
        raise SourceError("standard input is closed", hint="name a file, or pipe something in")
