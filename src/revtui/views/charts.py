"""Framed line charts through plotext: a `ChartView` becomes lines of segments of an exact size.

The only importer of plotext. Rules learned from it: one figure object per render (the module-level
figure is shared by all threads), the size set before building (else it is clipped to a terminal
that cron does not have), no infinities, own tick labels, at most two points per column. Colours
stay out: plotext is given numbers for colours, and they come back as roles.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from revtui.core.durations import HOUR, MINUTE, SECOND
from revtui.views.model import ChartView, ThresholdLine
from revtui.views.palette import Role, Segment, drawn, glyph, mark
from revtui.views.sparkline import sparkline
from revtui.views.values import minute_text, moment
from revtui.views.widths import fit, plain, to_ascii

MIN_WIDTH: Final = 20
MIN_HEIGHT: Final = 4
REACH: Final = 4.0
"""A threshold further away than this many times the largest value is left out, or the line would lie flat."""
LOW_ROWS: Final = 4
"""Up to this height a chart has no room to give away: its scale ends at the largest value."""
LOW_REACH: Final = 2.0
"""`REACH` of a low chart."""

_LARGEST: Final = 1e150
_LINE_COLOR: Final = 1
_THRESHOLD_COLORS: Final = {2: Role.WARN_LINE, 3: Role.CRIT_LINE}
_COLOR_OF: Final = {role: number for number, role in _THRESHOLD_COLORS.items()}

Cell = tuple[str, Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPicture:
    """A drawn chart: `height` lines of `width` cells each."""

    width: int
    height: int
    lines: tuple[tuple[Segment, ...], ...]

    @property
    def text(self) -> str:
        """The picture without roles."""
        return "\n".join("".join(text for text, _role in line) for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Limits and ticks of a chart."""

    start: float
    end: float
    low: float
    high: float
    ticks: tuple[float, ...]
    today: int
    """A moment of the day whose times need no date."""


def render_chart(
    chart: ChartView,
    width: int,
    height: int,
    *,
    ascii: bool = False,  # noqa: A002 - the front ends' name for it
    blocks: bool = False,
    now: int | None = None,
) -> ChartPicture:
    """Draw `chart` in exactly `width` x `height` cells; safe in any thread.

    Lines are drawn in braille, in quarter blocks with `blocks` (for consoles whose font has no
    braille), in asterisks with `ascii`, where every character is below 0x80. Gaps stay gaps. A live
    chart's axis goes on to `now` (microseconds); times on another day than that carry their date. Below
    20 x 4 cells it is a sparkline.
    """
    width, height = max(width, 0), max(height, 0)
    points = _points(chart)
    if not any(value is not None for _time, value in points):
        return _notice("no data yet", width, height, ascii_only=ascii)
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return _small(chart, width, height, ascii_only=ascii)
    frame = _frame(chart, points, height, now)
    marker = "*" if ascii else "hd" if blocks else "braille"
    cells = _draw(chart, points, frame, (width, height), marker)
    _label_thresholds(cells, chart, frame, ascii_only=ascii)
    _mark_alerts(cells, chart, frame, ascii_only=ascii)
    if ascii:
        cells = [[(plain(sign), role) for sign, role in row] for row in cells]
    return ChartPicture(width=width, height=height, lines=tuple(_merge(row) for row in cells))


def _points(chart: ChartView) -> list[tuple[int, float | None]]:
    """The series; what is no finite number is a gap, and nothing is so large that a range overflows."""
    return [
        (time, max(-_LARGEST, min(_LARGEST, value)) if value is not None and math.isfinite(value) else None)
        for time, value in zip(chart.times, chart.values, strict=True)
    ]


def _notice(text: str, width: int, height: int, *, ascii_only: bool) -> ChartPicture:
    """A picture that says something instead of drawing."""
    blank: tuple[Segment, ...] = ((" " * width, Role.DIM),)
    said: tuple[Segment, ...] = ((fit(text.center(width), width, ascii_only=ascii_only), Role.DIM),)
    lines = tuple(said if row == height // 2 else blank for row in range(height))
    return ChartPicture(width=width, height=height, lines=lines)


def _small(chart: ChartView, width: int, height: int, *, ascii_only: bool) -> ChartPicture:
    """A sparkline on the bottom row, where there is no room for a frame."""
    blank: tuple[Segment, ...] = ((" " * width, Role.DIM),)
    spark: tuple[Segment, ...] = ((sparkline(chart.values, width, ascii=ascii_only), Role.LINE),)
    lines = tuple(spark if row == height - 1 else blank for row in range(height))
    return ChartPicture(width=width, height=height, lines=lines)


def _frame(
    chart: ChartView, points: Sequence[tuple[int, float | None]], height: int, now: int | None
) -> _Frame:
    """Limits: zero, all values, and the thresholds within reach."""
    known = [value for _time, value in points if value is not None]
    rows = height - 2
    top = max(abs(value) for value in known) * (REACH if rows > LOW_ROWS else LOW_REACH)
    near = [line.value for line in chart.thresholds if _within(line.value, top)]
    low, high = min(0.0, *known, *near), max(0.0, *known, *near)
    ticks = _nice_ticks(low, high, max(2, rows // 2)) if rows > LOW_ROWS else _tight_ticks(low, high)
    start, end = points[0][0], points[-1][0]
    if chart.live and now is not None:
        end = max(end, now)
    if start == end:
        start, end = start - MINUTE, end + MINUTE
    today = (
        now if now is not None else points[-1][0] - 1
    )  # a window that ends at midnight is of the day before
    return _Frame(start=start, end=end, low=ticks[0], high=ticks[-1], ticks=ticks, today=today)


def _within(level: float, reach: float) -> bool:
    """Whether a threshold is near enough to the values to be drawn."""
    return math.isfinite(level) and (abs(level) <= reach or reach == 0)


def _tight_ticks(low: float, high: float) -> tuple[float, ...]:
    """Where a scale begins and ends, and no more: outwards from the values to two digits.

    >>> _tight_ticks(0.0, 71_980.0), _tight_ticks(-0.34, 0.0)
    ((0.0, 72000.0), (-0.34, 0.0))
    """
    if low == high:
        high = low + 1.0
    return -_rounded_up(-low) if low < 0 else 0.0, _rounded_up(high) if high > 0 else 0.0


def _rounded_up(value: float) -> float:
    """The least number of two digits that is not below a positive one."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step - 1e-9) * step:.6g}") if step > 0 else value


def _nice_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Round numbers from at or below `low` to at or above `high`, at most `most` + 2 of them."""
    if low == high:
        high = low + 1.0
    raw = (high / 2 - low / 2) / max(most - 1, 1) * 2
    scale = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(m * scale for m in (1, 2, 2.5, 5, 10) if m * scale >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(index * step for index in range(first, last + 1))


def tick_label(value: float) -> str:
    """A tick in few characters.

    >>> [tick_label(v) for v in (0, 0.25, 7.5, 1500, 60_000, -2_500_000, 3e9, 1e15)]
    ['0', '0.25', '7.5', '1.5k', '60k', '-2.5M', '3B', '1e+15']
    """
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-3:
        return f"{value:.1e}".replace(".0e", "e")
    for unit, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{value / unit:.4g}{suffix}"
    return f"{value:.4g}"


def _draw(
    chart: ChartView,
    points: Sequence[tuple[int, float | None]],
    frame: _Frame,
    size: tuple[int, int],
    marker: str,
) -> list[list[Cell]]:
    """Let plotext draw into a figure of its own, and read its cells back, top row first."""
    # Loaded by the first chart, in its thread: the first figures on the screen need not wait for it.
    from plotext._figure import (  # noqa: PLC0415 - see above; there is no other way to a figure of one's own
        _figure_class,
    )

    width, height = size
    figure: Any = _figure_class()
    figure._set_size(width, height)  # noqa: SLF001 - plot_size would clip to the terminal
    figure.clear_color()
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    labels = [tick_label(tick) for tick in frame.ticks]
    widest = max(map(len, labels))
    figure.yticks(list(frame.ticks), [label.rjust(widest) for label in labels])
    times = _time_ticks(frame, width - widest - 1)
    figure.xticks(times, [_time_label(time, frame) for time in times])
    figure.xlim(frame.start, frame.end)
    figure.ylim(frame.low, frame.high)
    for line in _drawn_thresholds(chart, frame, height - 2):
        figure.horizontal_line(line.value, color=_COLOR_OF.get(drawn(line.severity), _LINE_COLOR))
    for run in _runs(points, frame, width - widest - 1):
        plot = figure.plot if len(run) > 1 else figure.scatter
        plot(
            [time for time, _value in run], [value for _time, value in run], marker=marker, color=_LINE_COLOR
        )
    figure.build()
    matrix = figure.monitor.matrix
    rows = zip(reversed(matrix.marker), reversed(matrix.fullground), strict=True)
    return [[_cell(sign, color) for sign, color in zip(*row, strict=True)] for row in rows]


def _cell(sign: str, color: object) -> Cell:
    """One of plotext's cells with the role that its colour number stands for."""
    if color == _LINE_COLOR:
        return sign, Role.LINE
    if isinstance(color, int) and color in _THRESHOLD_COLORS:
        return ("╌" if sign == "─" else sign), _THRESHOLD_COLORS[color]
    return sign, Role.AXIS


def _drawn_thresholds(chart: ChartView, frame: _Frame, rows: int) -> Iterator[ThresholdLine]:
    """The thresholds that lie within the frame, least severe first so that the worst is on top.

    One that would fall into the bottom row is left out: it would pass for the axis.
    """
    for line in sorted(chart.thresholds, key=lambda line: line.severity):
        if frame.low <= line.value <= frame.high and _row_of(line.value, frame, rows) < rows - 1:
            yield line


def _time_ticks(frame: _Frame, columns: int) -> list[float]:
    """Evenly spaced times, a label's width and some air apart."""
    room = max(len(_time_label(time, frame)) for time in (frame.start, frame.end))
    count = max(2, min(7, columns // (room + 8) + 1))
    return [frame.start + (frame.end - frame.start) * index / (count - 1) for index in range(count)]


def _runs(
    points: Sequence[tuple[int, float | None]], frame: _Frame, columns: int
) -> Iterator[list[tuple[float, float]]]:
    """Stretches without a gap, thinned to the least and the greatest value of each column."""
    for known, group in groupby(points, key=lambda point: point[1] is not None):
        if known:
            run = [(float(time), value) for time, value in group if value is not None]
            yield run if len(points) <= 2 * columns else list(_thinned(run, frame, columns))


def _thinned(
    run: Sequence[tuple[float, float]], frame: _Frame, columns: int
) -> Iterator[tuple[float, float]]:
    """At most two points per column, in order of time; extremes are never lost."""
    for _column, group in groupby(run, key=lambda point: _column_of(point[0], frame, columns)):
        bucket = list(group)
        least, most = min(bucket, key=lambda p: p[1]), max(bucket, key=lambda p: p[1])
        yield from sorted({least, most})


def _time_label(time: float, frame: _Frame) -> str:
    """The time of a tick, as finely as the whole chart asks for: seconds, minutes, or days."""
    span = frame.end - frame.start
    if span > 72 * HOUR:
        return f"{moment(int(time)):%b %d}"
    step = SECOND if span < 5 * MINUTE else MINUTE
    return minute_text(int(time // step * step), now=frame.today)


def _column_of(time: float, frame: _Frame, columns: int) -> int:
    """The column of the canvas in which plotext shows `time`."""
    return _nearest((time - frame.start) / (frame.end - frame.start) * (columns - 1))


def _row_of(value: float, frame: _Frame, rows: int) -> int:
    """The row of the canvas, from the top, in which plotext shows `value`."""
    return rows - 1 - _nearest((value - frame.low) / (frame.high - frame.low) * (rows - 1))


def _nearest(place: float) -> int:
    """Rounded as plotext does: halves upwards, and a hair below a half is a half."""
    return math.floor(round(place + 0.5, 8))


def _label_thresholds(cells: list[list[Cell]], chart: ChartView, frame: _Frame, *, ascii_only: bool) -> None:
    """Write each threshold's label over the longest free stretch of its dashes; never over the line."""
    rows = len(cells) - 2
    for line in _drawn_thresholds(chart, frame, rows):
        row = cells[_row_of(line.value, frame, rows)]
        part = drawn(line.severity)
        free = [
            (len(run := list(group)), run[0][0])
            for dashed, group in groupby(enumerate(row), key=lambda item: item[1] == ("╌", part))
            if dashed
        ]
        length, first = max(free, default=(0, 0))
        label = f" {to_ascii(line.label) if ascii_only else line.label} "
        if len(label) + 2 <= length:
            start = first + (length - len(label)) * 2 // 3
            row[start : start + len(label)] = [(sign, part) for sign in label]


def _mark_alerts(cells: list[list[Cell]], chart: ChartView, frame: _Frame, *, ascii_only: bool) -> None:
    """Put a glyph on the time axis where an alert began, the worst where several did."""
    axis = cells[-2]
    corner = next((i for i, (sign, _role) in enumerate(axis) if sign == "└"), None)
    if corner is None:
        return
    columns = len(axis) - corner - 1
    for time, severity in sorted(chart.markers, key=lambda marker: marker[1]):
        if frame.start <= time <= frame.end:
            column = corner + 1 + _column_of(time, frame, columns)
            axis[column] = (glyph(severity, ascii_only=ascii_only), mark(severity))


def _merge(row: Sequence[Cell]) -> tuple[Segment, ...]:
    """Neighbouring cells of one role as one segment."""
    return tuple(
        ("".join(sign for sign, _role in group), part)
        for part, group in groupby(row, key=lambda cell: cell[1])
    )
