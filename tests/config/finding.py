"""What a configuration that cannot be loaded is told of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Required, TypedDict, Unpack

from revtui.config.layers import ConfigPaths
from revtui.config.loading import load
from revtui.core.errors import ConfigError


class Arguments(TypedDict, total=False):
    """Those of `load`."""

    environ: Required[Mapping[str, str]]
    cwd: Required[Path]
    flags: Mapping[str, object]
    flag_names: Mapping[str, str]
    paths: ConfigPaths
    config_file: Path
    rules_file: Path


def problems_of(**arguments: Unpack[Arguments]) -> tuple[str, ...]:
    """Every problem that `load` raises, as lines; none when the configuration can be used."""
    try:
        load(**arguments)
    except ConfigError as error:
        return error.problems
    return ()
