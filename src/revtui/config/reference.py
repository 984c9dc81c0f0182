"""The reference of the configuration, made from the model: a page in Markdown and a JSON schema.

Write the page anew with `python -m revtui.config.reference > docs/configuration.md`.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from revtui.config.model import Config
from revtui.config.values import literal
from revtui.core.durations import format_duration
from revtui.core.kpis import KPIS, Unit

_INTRODUCTION: Final = """\
# Configuration

<!-- Made by `python -m revtui.config.reference > docs/configuration.md`; edit the model instead. -->

revtui runs without any configuration. What is set, is set in these layers; the highest one wins, key
by key (an array, such as the `[[source]]` tables, counts as one value):

| layer | where |
|---|---|
| 1 | the defaults below |
| 2 | `/etc/revtui/config.toml` |
| 3 | the user's file, `~/.config/revtui/config.toml` (or under `$XDG_CONFIG_HOME`) |
| 4 | `revtui.toml` in the folder where revtui is started |
| 5 | environment variables `REVTUI_SECTION__KEY` |
| 6 | a file of rules named by `--rules FILE`, which holds `[rules]` only |
| 7 | flags that were typed |

- `--config FILE` is read in place of layers 2 to 4, and must exist.
- `revtui config show` prints every value in force and where it is from, the thresholds of the rule set and
  what is derived from other values included; `revtui config check` names every problem;
  `revtui config schema` prints the JSON schema.
- A variable is the key in capitals with `__` for each dot: `REVTUI_WINDOW__LENGTH=10m`,
  `REVTUI_RULES__FAIL_RATE__WARN=15%`. Its text is read as a TOML value when it is one, else as text;
  `REVTUI_SOURCE='[{{url = "sim:"}}]'` sets an array. Names in capitals are read as small letters, so a
  gateway whose name has capitals is written with them in the variable, or configured in a file.
- Four variables are no keys of the configuration: `REVTUI_READONLY` (1) opens the monitor read-only, as
  `--readonly` does; `REVTUI_DEBUG` (1) shows where a fault of the program is; `REVTUI_STORE` is passed over,
  since this version keeps no store; `REVTUI_REQUIRE_SERVICES` belongs to the tests.
- An unknown key, a wrong type or a value out of range is an error, in whatever layer, and all errors
  are reported at once. A configuration file that anyone may write to is warned of.
- Durations are text such as `"90s"`, `"5m"`, `"1h30m"`, `"2d"`.
- Thresholds saved from the screen go to the user's file, or to that of `--config`; comments and order
  in it are kept.

## Example

```toml
{example}```
"""

EXAMPLE: Final = """\
[business]
currency = "EUR"
timezone = "Europe/Berlin"

[rules.fail_rate]
warn = "12%"
crit = "25%"
min_volume = 30

[rules.fail_rate.gateways.stripe]
warn = "20%"

[rules.revenue] # below these, in major units, in one window
warn = 500
crit = 200

[[source]]
url = "/var/log/shop/events.jsonl"
follow = true

[source.map]
event_ts = "created"
amount = "quantity * unit_price"
"""
"""Stands in the page, and loads."""

_RULES: Final = """\
| rule set | judges |
|---|---|
| `contracts` | p95 latency above `business.latency_sla_ms`: WARN and a breach of the SLA; fail rate above 15 %: WARN, above 30 %: CRIT, from 20 attempts on; no event for more than 10 minutes: CRIT and a breach of the SLA. All but the last must hold for a minute. There is no floor for revenue until `[rules.revenue]` sets one. |
| `classic` | the conditions of the Operational Revenue Signal Monitor (one of the two systems that revtui unites): p95 latency above 1,200 ms: WARN and a breach of the SLA; fail rate above 30 %: WARN; no event for more than 10 minutes: CRIT and a breach of the SLA; revenue of a window at most 500: WARN, at most 200: CRIT. No minimum volume, nothing is held; p95 and freshness are rounded first. |

One table per KPI, each a change to the rule set's own rule:

| table | KPI | levels in | fires by default |
|---|---|---|---|
"""
_UNITS: Final = {
    Unit.COUNT: "events or users",
    Unit.MONEY: "major units",
    Unit.SHARE: "shares",
    Unit.MILLISECONDS: "ms",
    Unit.MINUTES: "minutes",
}
_FIRES: Final = {"up": "below", "down": "above", "neutral": "– (set `fire`)"}
_RULE_TERMS: Final = """
The levels of a KPI that is no share are plain numbers. A level not mentioned stays as the rule set has
it; `"off"` takes it away. CRIT may not be looser than WARN. `clear_ratio` is at most 1 in a rule that
fires above, at least 1 in one that fires below.

A rule judges all events together, `*`, and every gateway. A gateway's level that is not mentioned is that
of the rule. Floors are another matter: what fires below a level of money or of a count (`revenue`,
`net_revenue`, `purchases`, `active_users`, ...) is the floor of the whole business, so it judges `*` alone,
and a gateway only by the levels in its own `[rules.KPI.gateways.NAME]`.
"""


def markdown() -> str:
    """The page `docs/configuration.md`."""
    parts = [_INTRODUCTION.format(example=EXAMPLE)]
    definitions = schema()["$defs"]
    for name in Config.model_fields:
        title = "`[[source]]`" if name == "source" else f"`[{name}]`"
        definition = definitions["Source" if name == "source" else name.title()]
        summary = definition["description"].removeprefix("`[[source]]`: ")
        parts.append(f"\n## {title}\n\n{summary[0].upper()}{summary[1:]}\n\n{_keys(definition)}")
        if name == "rules":
            parts.append(f"\n{_RULES}{''.join(_kpis())}\n{_keys(definitions['ShareRule'])}{_RULE_TERMS}")
    return "".join(parts)


def _keys(definition: Mapping[str, Any]) -> str:
    required = definition.get("required", ())
    rows = "".join(
        _row(name, info, required=name in required)
        for name, info in definition["properties"].items()
        if "$ref" not in info
    )
    return f"| key | default | value | what it does |\n|---|---|---|---|\n{rows}"


def _row(name: str, info: Mapping[str, Any], *, required: bool) -> str:
    default = info.get("default")
    written = "required" if required else "–" if default is None else f"`{literal(default)}`"
    cells = (f"`{name}`", written, _value(info), info["description"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _value(info: Mapping[str, Any]) -> str:
    """What may be written, in words."""
    if "x-kind" in info:
        return str(info["x-kind"])
    if "anyOf" in info:
        return _value(next(one for one in info["anyOf"] if one != {"type": "null"}))
    if "enum" in info:
        return ", ".join(f"`{literal(word)}`" for word in info["enum"])
    words = {"boolean": "`true`, `false`", "integer": "whole number", "number": "number", "object": "table"}
    word = words[info["type"]]
    least = info.get("minimum", info.get("exclusiveMinimum"))
    if least is None:
        return word
    above = "above " if "exclusiveMinimum" in info else ""
    return f"{word}, {above}{least:,} to {info['maximum']:,}"


def _kpis() -> Iterator[str]:
    for kpi in KPIS:
        yield (
            f"| `[rules.{kpi.name}]` | {kpi.formula} | {_UNITS[kpi.unit]} | {_FIRES[kpi.direction.value]} |\n"
        )


def schema() -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors and reviews."""
    document = Config.model_json_schema()
    for definition in document["$defs"].values():
        for info in definition["properties"].values():
            info.pop("title", None)
            if str(info.get("x-kind", "")).startswith("duration") and isinstance(info.get("default"), int):
                info["default"] = format_duration(info["default"])
            elif isinstance(info.get("default"), dict):
                del info["default"]  # a table's defaults stand at its keys
    for info in document["properties"].values():
        info.pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


if __name__ == "__main__":
    sys.stdout.write(markdown())
