"""Loading: layers in, the configuration with the origin of every value out, or every problem at once.

Everything comes in as arguments (variables, folders, flags), so that nothing but files is looked at.
The laws: of the layers that set a key the highest wins, key by key (an array counts as one value); a
layer that is wrong is an error also where a higher one would have covered it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from revtui.config import consistency
from revtui.config.keys import KeyPath, dotted, leaves, put
from revtui.config.layers import (
    DEFAULT,
    ConfigPaths,
    Findings,
    Layer,
    Origin,
    read_document,
    read_environment,
    read_file,
    read_files,
    read_flags,
)
from revtui.config.model import Config
from revtui.config.problems import Judged, judge
from revtui.config.thresholds import Clash, apply_rules, rule_set
from revtui.core.errors import ConfigError
from revtui.core.rules import Rule

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """The configuration in force, and where it came from."""

    config: Config
    origins: Mapping[str, Origin]
    """Dotted key -> the place its value was written in, for every key that has a value; `source` is
    one value, whatever it holds."""
    warnings: tuple[str, ...]
    """What is not wrong but unwise, such as a file that anyone may write to; complete lines."""
    save_to: Path
    """The file that thresholds are saved to: the one named by `--config`, else the user's."""

    def origin(self, key: str) -> Origin:
        """Where the value of a dotted key came from; the default when nothing set it."""
        return self.origins.get(key, DEFAULT)

    def rules(self) -> tuple[Rule, ...]:
        """The rules in force: those of `rules.set`, with the changes of the configuration."""
        return apply_rules(rule_set(self.config), self.config)


def load(
    *,
    environ: Mapping[str, str],
    cwd: Path,
    flags: Mapping[str, object] = _NO_NAMES,
    flag_names: Mapping[str, str] = _NO_NAMES,
    paths: ConfigPaths | None = None,
    config_file: Path | None = None,
    rules_file: Path | None = None,
) -> LoadedConfig:
    """Read all layers, lowest first: files, variables, `rules_file`, flags.

    Args:
        environ: The variables; only those that begin with `REVTUI_` are looked at.
        cwd: Folder of `revtui.toml`, and of relative paths.
        flags: Dotted key -> value as TOML would have it (durations as text); None: not typed.
        flag_names: Dotted key -> how the flag is spelled (`--window`); else `--` and the key.
        paths: The files read without being named; default: /etc and the user's XDG folder.
        config_file: Read in place of all three standard files; it must exist.
        rules_file: Holds nothing but `[rules]`; it must exist.

    Raises:
        ConfigError: with every problem of every layer, each naming its place and key.
    """
    paths = paths or ConfigPaths()
    findings = (
        read_files(cwd=cwd, paths=paths, config_file=config_file)
        + read_environment(environ)
        + _read_rules(cwd, rules_file)
        + read_flags(flags, flag_names)
    )
    judged = [judge(layer) for layer in findings.layers]
    config, origins = _merge(list(zip(findings.layers, judged, strict=True)))
    problems = list(findings.problems)
    problems += [line for one in judged for line in one.problems]
    problems += [_line(clash, origins) for clash in _clashes(config, judged)]
    if problems:
        raise ConfigError(problems, hint="revtui config schema describes every key")
    return LoadedConfig(
        config=config,
        origins=MappingProxyType(origins),
        warnings=(*findings.warnings, *_missing_rules(config, origins)),
        save_to=paths.user if config_file is None else cwd / config_file,
    )


def _missing_rules(config: Config, origins: Mapping[str, Origin]) -> Iterator[str]:
    if config.rules.set_ == "adaptive":
        yield f"{origins['rules.set']}: this version has no adaptive rules; the contracts judge"


def check_document(raw: bytes, origin: Origin) -> tuple[str, ...]:
    """Every problem of one TOML document taken by itself, over the defaults."""
    findings = read_document(raw, origin)
    judged = [judge(layer) for layer in findings.layers]
    config, origins = _merge(list(zip(findings.layers, judged, strict=True)))
    lines = [line for one in judged for line in one.problems]
    return (*findings.problems, *lines, *(_line(clash, origins) for clash in _clashes(config, judged)))


def _read_rules(cwd: Path, rules_file: Path | None) -> Findings:
    if rules_file is None:
        return Findings()
    findings = read_file(cwd / rules_file, required=True)
    strangers = [
        f"{layer.origin}: {dotted((key,))}: does not belong in a file of rules, which holds [rules] only"
        for layer in findings.layers
        for key in layer.data
        if key != "rules"
    ]
    layers = tuple(
        Layer(origin=layer.origin, data={key: value for key, value in layer.data.items() if key == "rules"})
        for layer in findings.layers
    )
    return Findings(layers=layers, problems=(*findings.problems, *strangers), warnings=findings.warnings)


def _merge(layers: Sequence[tuple[Layer, Judged]]) -> tuple[Config, dict[str, Origin]]:
    """The values of the highest layers, and where each is from."""
    data: dict[str, Any] = {}
    places: dict[KeyPath, Origin] = {}
    for layer, judged in layers:
        for path, value in leaves(judged.data):
            put(data, path, value)
            places[path] = layer.origin
    config = Config.model_validate(data)
    values = leaves(config.model_dump(exclude_none=True))
    return config, {dotted(path): places.get(path, DEFAULT) for path, _ in values}


def _clashes(config: Config, judged: Sequence[Judged]) -> tuple[Clash, ...]:
    broken = [path for one in judged for path in one.broken]

    def spoilt(table: KeyPath) -> bool:
        return any(path[: len(table)] == table or table[: len(path)] == path for path in broken)

    return tuple(consistency.clashes(config, spoilt=spoilt))


def _line(clash: Clash, origins: Mapping[str, Origin]) -> str:
    """`PLACE: KEY, KEY; PLACE: KEY: what is wrong`; defaults are named only when nothing else is."""
    by_place: dict[Origin, list[str]] = {}
    for key in map(dotted, clash.keys):
        places = [origins[name] for name in origins if name == key or name.startswith(f"{key}.")]
        place = next((one for one in reversed(places) if one != DEFAULT), DEFAULT)
        by_place.setdefault(place, []).append(key)
    written = {place: keys for place, keys in by_place.items() if place != DEFAULT} or by_place
    return "; ".join(f"{place}: {', '.join(keys)}" for place, keys in written.items()) + f": {clash.message}"
