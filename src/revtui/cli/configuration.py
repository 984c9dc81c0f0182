"""`revtui config show|check|schema`: what is configured, whether it can be used, what may be."""

import json
from typing import Annotated

from cyclopts import Parameter

from revtui.cli.options import FILE, Output
from revtui.cli.output import output

_ConfigFile = Annotated[FILE, Parameter(help="read this file in place of the usual ones")]


def show(*, config: _ConfigFile = None, file: Output = None) -> None:
    """Print every setting in force as TOML, each with the place it was written in.

    Raises:
        ConfigError: when there is no configuration in force, because of its problems.
    """
    from revtui.cli.build import load_configuration  # noqa: PLC0415 - heavy, and of no use to --help
    from revtui.cli.options import Evaluation  # noqa: PLC0415 - see above
    from revtui.config.display import show as shown  # noqa: PLC0415 - see above

    text = shown(load_configuration(Evaluation(config=config)))
    with output(file) as stream:
        stream.write(text.encode())


def check(*, config: _ConfigFile = None) -> None:
    """Read the configuration, and say every problem and every warning on stderr.

    Raises:
        ConfigError: with all problems; those of expressions in a mapping only when there are no others.
    """
    from revtui.cli.build import (  # noqa: PLC0415 - heavy, and of no use to --help
        configured_maps,
        load_configuration,
    )
    from revtui.cli.options import Evaluation  # noqa: PLC0415 - see above

    configured_maps(load_configuration(Evaluation(config=config)))


def schema(*, file: Output = None) -> None:
    """Print the JSON schema of the configuration file."""
    from revtui.config.reference import schema as described  # noqa: PLC0415 - heavy, and of no use to --help

    with output(file) as stream:
        stream.write((json.dumps(described(), indent=2) + "\n").encode())
