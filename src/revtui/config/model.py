"""The model of the configuration: every key, its kind, its default and what it does.

The rules it keeps: strict (a number is not text), closed (an unknown key is an error), frozen. Every
key has a reader in the program; every key has a description, from which `docs/configuration.md`
and the JSON schema are made. Keys that must fit each other are checked in `config.consistency`,
because they may come from different layers.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from revtui.config.values import (
    Breakdown,
    Currency,
    Duration,
    GatewayName,
    NumberLevel,
    ShareLevel,
    Switch,
    Text,
    Zone,
)
from revtui.core.durations import DAY, MINUTE, SECOND
from revtui.core.windows import WindowPolicy

_POLICY: Final = WindowPolicy()


class Section(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", serialize_by_alias=True)


class Window(Section):
    """How events are gathered into windows, and how long late ones are waited for.

    The hop divides the length, and horizon ≥ length + lateness + bound.
    """

    length: Annotated[int, Duration(least="1s", most="1d")] = Field(
        default=_POLICY.length, description="Length of a window."
    )
    hop: Annotated[int, Duration(least="1s", most="1d")] = Field(
        default=_POLICY.hop, description="A window ends, and is judged, this often."
    )
    bound: Annotated[int, Duration(least="0s", most="1d")] = Field(
        default=_POLICY.bound, description="Windows close this long after their end, in event time."
    )
    lateness: Annotated[int, Duration(least="0s", most="31d")] = Field(
        default=_POLICY.lateness, description="A closed window is revised by late events for this long."
    )
    horizon: Annotated[int, Duration(least="1s", most="62d")] | None = Field(
        default=None,
        description="An event_id is remembered, to find duplicates, this long."
        " Not set: 1h, or length + lateness + bound where that is longer.",
    )
    users_span: Annotated[int, Duration(least="1s", most="31d")] = Field(
        default=_POLICY.users_span, description="Users count as active for this long."
    )

    def policy(self) -> WindowPolicy:
        """As the engine takes it.

        Raises:
            UsageError: when the values do not fit each other (never after `load`).
        """
        return WindowPolicy(
            length=self.length,
            hop=self.hop,
            bound=self.bound,
            lateness=self.lateness,
            horizon=self.horizon or max(_POLICY.horizon, self.length + self.lateness + self.bound),
            users_span=self.users_span,
        )


class Business(Section):
    """What the business is: its money, its day, and how finely it is watched."""

    currency: Currency = Field(
        default="USD", description="Currency of the revenue, and of events that name none."
    )
    timezone: Zone = Field(
        default="UTC",
        description="Zone of the business day, shown beside UTC; timestamps are read in the zone of their source.",
    )
    breakdown: Breakdown = Field(
        default="gateway_name",
        description="Text column of the events that figures are broken down by; where no event of a source has"
        " it, that is said of the source.",
    )
    latency_sla_ms: int = Field(
        default=1200,
        ge=0,
        le=4_200_000,
        description="An attempt slower than this, in ms, is slow; the contracts' level of p95.",
    )
    max_gateways: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="So many gateways have rows of their own; later ones share `(other)`.",
    )
    max_users: int = Field(
        default=5_000_000,
        ge=1000,
        le=100_000_000,
        description="Up to so many, active users are exact; beyond, an estimate, marked `~`.",
    )


class Guards(Section):
    """What keeps one bad event, or a silent source, from spoiling the whole."""

    max_future_skew: Annotated[int, Duration(least="0s", most="31d")] = Field(
        default=5 * MINUTE,
        description="Live: an event further ahead of the clock is quarantined as `future`.",
    )
    max_jump: Annotated[int, Duration(least="1s")] = Field(
        default=DAY, description="Files: a lone event further ahead is quarantined as `jump`."
    )
    idle_timeout: Annotated[int, Duration(least="1s", most="1d")] = Field(
        default=MINUTE, description="A live source silent for this long is no longer waited for."
    )


Theme = Literal["okabe-dark", "okabe-light", "high-contrast", "mono"]


class Screen(Section):
    """How the monitor looks."""

    theme: Theme = Field(default="okabe-dark", description="Colour theme; `mono` has no colour.")
    ascii: Switch = Field(
        default="auto", description="Plain ASCII glyphs; `auto`: when the locale is not UTF-8."
    )
    mouse: bool = Field(default=True, description="Whether the mouse is used; it hinders selecting text.")
    refresh: Annotated[int, Duration(least="250ms", most="1h")] = Field(
        default=SECOND, description="Time between two pictures."
    )
    history: Annotated[int, Duration(least="1h")] = Field(
        default=2 * DAY,
        description="Live: for so long rows of windows are kept in memory, for charts and tables, and on the screen what"
        " windows of other lengths are made of; files are shown whole. At most 200,000 rows, and some 150 MB of the latter.",
    )


class ShareLevels(Section):
    """Levels of a KPI that is a share."""

    warn: ShareLevel = Field(default=None, description="Level of WARN.")
    crit: ShareLevel = Field(default=None, description="Level of CRIT.")


class NumberLevels(Section):
    """Levels of a KPI that is money (major units), a count, ms or minutes."""

    warn: NumberLevel = Field(default=None, description="Level of WARN.")
    crit: NumberLevel = Field(default=None, description="Level of CRIT.")


class _Terms(Section):
    """What a rule says beside its levels; None leaves the rule's own."""

    fire: Literal["above", "below"] | None = Field(
        default=None,
        description="Side of the level that is bad; unset: the rule's own, else the KPI's worse side.",
    )
    min_volume: int | None = Field(
        default=None,
        ge=0,
        le=10**12,
        description="With fewer observations the rule does not judge; only for shares and latencies, which rest on some.",
    )
    for_: Annotated[int, Duration(least="0s", most="31d")] | None = Field(
        default=None, alias="for", description="A breach must hold this long before it fires."
    )
    clear_ratio: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        allow_inf_nan=False,
        description="An alert recovers beyond level × this (at most 1 above, at least 1 below).",
    )
    keep_firing_for: Annotated[int, Duration(least="0s", most="31d")] | None = Field(
        default=None, description="Time without breach before an alert resolves."
    )
    sla: bool | None = Field(default=None, description="Whether a breach is a breach of the SLA.")


class ShareRule(_Terms, ShareLevels):
    """Changes to the rule of a KPI that is a share."""

    gateways: Mapping[GatewayName, ShareLevels] = Field(
        default_factory=dict, description="`[rules.KPI.gateways.NAME]`: levels for one gateway."
    )


class NumberRule(_Terms, NumberLevels):
    """Changes to the rule of a KPI that is a number."""

    gateways: Mapping[GatewayName, NumberLevels] = Field(
        default_factory=dict, description="`[rules.KPI.gateways.NAME]`: levels for one gateway."
    )


RuleSet = Literal["contracts", "classic", "adaptive"]
RuleChange = ShareRule | NumberRule
LevelsChange = ShareLevels | NumberLevels


class Rules(Section):
    """Which rules judge the windows, and what is changed of them: one table per KPI.

    What a table does not mention stays as the rule set has it; a KPI without a rule gets one.
    """

    set_: RuleSet | None = Field(
        default=None,
        alias="set",
        description="Rule set; unset: the contracts. `adaptive` is not in this version: the contracts judge.",
    )
    revenue: NumberRule = NumberRule()
    fail_rate: ShareRule = ShareRule()
    p95_latency: NumberRule = NumberRule()
    purchases: NumberRule = NumberRule()
    active_users: NumberRule = NumberRule()
    freshness: NumberRule = NumberRule()
    events: NumberRule = NumberRule()
    failed: NumberRule = NumberRule()
    refunds: NumberRule = NumberRule()
    net_revenue: NumberRule = NumberRule()
    avg_latency: NumberRule = NumberRule()
    slow_share: ShareRule = ShareRule()

    def changes(self) -> dict[str, RuleChange]:
        """KPI -> what is changed of its rule; KPIs of which nothing is said are left out."""
        rules = {kpi: rule for kpi, rule in self if isinstance(rule, RuleChange)}
        return {kpi: rule for kpi, rule in rules.items() if rule != type(rule)()}


class Source(Section):
    """`[[source]]`: where events come from when no SOURCE is given."""

    url: Text = Field(description="Path, glob, `-` or URL, as SOURCE on the command line.")
    follow: bool = Field(default=False, description="Follow a growing file, as `--follow` does.")
    timezone: Zone | None = Field(
        default=None, description="Zone of timestamps that carry none; unset: the mapping's, else UTC."
    )
    currency: Currency | None = Field(
        default=None,
        description="Currency of rows that name none; unset: the mapping's, else `business.currency`.",
    )
    epoch_unit: Literal["s", "ms", "us", "ns"] | None = Field(
        default=None,
        description="Unit of timestamps that are numbers; unset: the mapping's; without any they are rejected.",
    )
    map: Mapping[Text, Text] = Field(
        default_factory=dict,
        description="`[source.map]`: column of an event = polars SQL expression over the file's columns;"
        " without it `NAME.map.toml` beside `NAME.csv` is taken.",
    )


class Config(Section):
    """The whole configuration."""

    window: Window = Window()
    business: Business = Business()
    guards: Guards = Guards()
    screen: Screen = Screen()
    rules: Rules = Rules()
    source: Annotated[tuple[Source, ...], Field(strict=False)] = ()
