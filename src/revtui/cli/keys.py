"""`revtui keys`: the monitor's keys, from the registry that the monitor itself uses."""

import json
from typing import Annotated, Literal

from cyclopts import Parameter

from revtui.cli.options import OUTPUT, Output
from revtui.cli.output import output
from revtui.tui.actions import ACTIONS, Group


def keys(
    *,
    form: Annotated[
        Literal["text", "json"], Parameter(name="--format", group=OUTPUT, help="default: text")
    ] = "text",
    file: Output = None,
) -> None:
    """Print the keys of the monitor and what they do."""
    text = _as_json() if form == "json" else _as_text()
    with output(file) as stream:
        stream.write(text.encode())


def _as_json() -> str:
    rows = [
        {"id": action.id, "keys": list(action.keys), "group": action.group.value, "help": action.help}
        for action in ACTIONS
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _as_text() -> str:
    width = max(len(action.all_keys) for action in ACTIONS)
    sections = [
        f"{group.value}\n"
        + "".join(
            f"  {action.all_keys:<{width}}  {action.help}\n" for action in ACTIONS if action.group is group
        )
        for group in Group
    ]
    return "\n".join(sections)
