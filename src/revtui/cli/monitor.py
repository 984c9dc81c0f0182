"""`revtui`: the monitor. Refusals in order: arguments (2), terminal (2), source (3)."""

import os
from collections.abc import Mapping
from typing import Annotated, Final

from cyclopts import Parameter

from revtui.cli.commands import refuse_unknown_command
from revtui.cli.options import FLAG, NAME, READING, SCREEN, Evaluation, Metavar
from revtui.core.durations import SECOND
from revtui.tui.actions import TABS

_USUAL: Final = Evaluation()


def monitor(
    *sources: str,
    follow: Annotated[
        bool, FLAG, Parameter(group=READING, help="files are still being written: wait for what comes")
    ] = False,
    ephemeral: Annotated[
        bool, FLAG, Parameter(group=READING, help="keep nothing for the next start (this version never does)")
    ] = False,
    tab: Annotated[str, Parameter(group=SCREEN, choices=TABS, help="shown first (overview)")] = TABS[0],
    filter_: Annotated[
        str,
        Metavar("QUERY"),
        Parameter(name="--filter", group=SCREEN, help="alerts to show: sev>=warn gw:stripe"),
    ] = "",
    theme: Annotated[NAME, Parameter(group=SCREEN, help="colours; mono has none")] = None,
    ascii_: Annotated[bool, FLAG, Parameter(name="--ascii", group=SCREEN, help="plain ASCII glyphs")] = False,
    readonly: Annotated[
        bool, FLAG, Parameter(group=SCREEN, help="refuse to acknowledge and to set (or REVTUI_READONLY=1)")
    ] = False,
    evaluation: Evaluation = _USUAL,
) -> int:
    """Run the monitor until somebody ends it; the exit status.

    Raises:
        UsageError: for arguments that do not fit, or without a terminal.
        SourceError: for a source that is not there.
    """
    del ephemeral  # nothing outlives a run
    refuse_unknown_command(sources)
    from revtui.adapters.clocks import SystemClock  # noqa: PLC0415 - heavy, and of no use to --help
    from revtui.cli import build  # noqa: PLC0415 - see above
    from revtui.cli.saving import ThresholdFile  # noqa: PLC0415 - see above
    from revtui.engine.runtime import Pipeline  # noqa: PLC0415 - see above
    from revtui.tui.launch import Wishes, check_terminal, run_monitor  # noqa: PLC0415 - see above

    loaded = build.load_configuration(evaluation, theme=theme)
    build.refuse_bad_filter(filter_)
    check_terminal(os.environ)
    plan = build.plan(sources, evaluation, loaded, follow=follow, screen=True)
    screen = loaded.config.screen
    wishes = Wishes(
        theme=screen.theme,
        tab=tab,
        query=filter_,
        ascii_only=True if ascii_ else None if screen.ascii == "auto" else screen.ascii,
        mouse=screen.mouse,
        readonly=readonly or readonly_by(os.environ),
    )
    pipeline = Pipeline(plan.sources, plan.settings, SystemClock(), refresh=screen.refresh / SECOND)
    file = ThresholdFile(loaded.save_to, loaded.rules())
    return run_monitor(pipeline, wishes, environ=os.environ, save_rules=file.save)


def readonly_by(environ: Mapping[str, str]) -> bool:
    """Whether `REVTUI_READONLY` is set, to anything but 0."""
    return environ.get("REVTUI_READONLY", "") not in {"", "0"}
