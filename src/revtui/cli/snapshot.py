"""`revtui snapshot`: one frame of the monitor, without a terminal."""

import re
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from revtui.cli.narration import where_rows_went
from revtui.cli.options import FLAG, NAME, OUTPUT, READING, TIME, Evaluation, Metavar, Output
from revtui.cli.output import output, refuse_unwritable
from revtui.core.durations import SECOND, parse_duration
from revtui.core.errors import NoDataError, UsageError
from revtui.core.severity import Severity
from revtui.tui.actions import TABS

Form = Literal["text", "ansi", "svg", "png", "html", "json", "md", "csv"]

FAIL_ON_MET: Final = 4
_SIZE: Final = re.compile(r"(\d{1,4})x(\d{1,4})", re.ASCII)
_SMALLEST, _LARGEST = (20, 5), (1000, 1000)
_USUAL: Final = Evaluation()


def snapshot(
    *sources: str,
    form: Annotated[Form, Parameter(name="--format", group=OUTPUT, help="default: text")] = "text",
    file: Output = None,
    size: Annotated[
        str, Metavar("COLSxROWS"), Parameter(group=OUTPUT, help="of text and pictures (120x40)")
    ] = "120x40",
    tab: Annotated[str, Parameter(group=OUTPUT, choices=TABS, help="default: overview")] = TABS[0],
    theme: Annotated[NAME, Parameter(group=OUTPUT, help="colours; mono has none")] = None,
    ascii_: Annotated[bool, FLAG, Parameter(name="--ascii", group=OUTPUT, help="plain ASCII glyphs")] = False,
    filter_: Annotated[
        str,
        Metavar("QUERY"),
        Parameter(name="--filter", group=OUTPUT, help="alerts to show: sev>=warn gw:stripe"),
    ] = "",
    fail_on: Annotated[
        Literal["warn", "crit"] | None,
        Parameter(group=OUTPUT, help="exit with 4 when it is this bad, or worse"),
    ] = None,
    at: Annotated[TIME, Parameter(group=READING, help="as it was then; finite sources only")] = None,
    follow: Annotated[bool, FLAG, Parameter(group=READING, help="files are still being written")] = False,
    wait: Annotated[
        str,
        Metavar("DURATION"),
        Parameter(group=READING, help="for a live source's first window, at most (10s)"),
    ] = "10s",
    evaluation: Evaluation = _USUAL,
) -> int:
    """Write one frame; 4 when `--fail-on` is met.

    Raises:
        NoDataError: when no event counted; the frame that says so is written.
    """
    dimensions = read_size(size)
    refuse_unwritable(file)
    from revtui.adapters.clocks import SystemClock  # noqa: PLC0415 - heavy, and of no use to --help
    from revtui.cli import build, rendering, taking  # noqa: PLC0415 - see above
    from revtui.core.times import parse_instant  # noqa: PLC0415 - see above

    rendering.refuse_missing_extra(form)
    wait_seconds = read_wait(wait)
    stop_at = None if at is None else parse_instant(at, now=SystemClock().now())
    loaded = build.load_configuration(evaluation, theme=theme)
    build.refuse_bad_filter(filter_)
    plan = build.plan(sources, evaluation, loaded, follow=follow)
    taken = taking.take(plan, at=stop_at, wait_seconds=wait_seconds)
    look = rendering.Look(
        size=dimensions,
        tab=tab,
        theme=loaded.config.screen.theme,
        query=filter_,
        ascii_only=ascii_ or loaded.config.screen.ascii is True,
    )
    data = rendering.render(taken, form, look)
    with output(file) as stream:
        stream.write(data)
    accounting = taken.snapshot.accounting
    if not accounting.counted:
        until = "" if at is None else f" up to {at}"
        raise NoDataError(f"no event counted{until}", hint=where_rows_went(accounting))
    met = fail_on is not None and taken.snapshot.severity >= Severity[fail_on.upper()]
    return FAIL_ON_MET if met else 0


def read_wait(text: str) -> float:
    """Seconds of `--wait`.

    Raises:
        UsageError: when it is no duration, or negative.
    """
    seconds = parse_duration(text) / SECOND
    if seconds < 0:
        raise UsageError(f"--wait must not be negative, not {text}")
    return seconds


def read_size(text: str) -> tuple[int, int]:
    """Columns and rows of `120x40`.

    Raises:
        UsageError: when it is no size, or one that cannot be drawn.
    """
    match = _SIZE.fullmatch(text)
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(low <= value <= high for low, value, high in zip(_SMALLEST, size, _LARGEST, strict=True)):
        raise UsageError(
            f"not a size: {text!r}", hint="write it like 120x40; at least 20x5, at most 1000x1000"
        )
    return size
