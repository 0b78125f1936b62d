"""Small charts as SVG made on the server: no script, no style attribute, colours from the CSS.

Every chart is `role=img` with a label in words; pages put a table of the
numbers beside it. Sizes are in the SVG's own units, scaled by the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

SPARK_WIDTH, SPARK_HEIGHT = 96, 28
WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 14, 30
TICKS = 4
BAR_SHARE = 0.36


def sparkline(values: Sequence[float], label: str) -> Markup:
    """A line without axes, the last value marked."""
    if not values:
        return Markup("")
    top = max(*values, 1) if len(values) > 1 else max(values[0], 1)
    step = (SPARK_WIDTH - 8) / max(len(values) - 1, 1)
    points = [
        (4 + index * step, 4 + (SPARK_HEIGHT - 8) * (1 - value / top))
        for index, value in enumerate(values)
    ]
    line = _points(points)
    end_x, end_y = points[-1]
    area = f"4,{SPARK_HEIGHT - 4} {line} {end_x:.1f},{SPARK_HEIGHT - 4}"
    return Markup(
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" role="img" '
        f'aria-label="{escape(label)}" width="{SPARK_WIDTH}" height="{SPARK_HEIGHT}">'
        f'<polygon class="spark-area" points="{area}"/>'
        f'<polyline class="spark-line" points="{line}" fill="none"/>'
        f'<circle class="spark-end" cx="{end_x:.1f}" cy="{end_y:.1f}" r="2.5"/></svg>'
    )


def bars(
    labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], label: str
) -> Markup:
    """Groups of bars over `labels`, one bar a series. `series` has names and values."""
    top = _round_up(max((max(values, default=0) for _, values in series), default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = min(slot * BAR_SHARE, 22)
    parts = [_grid(top)]
    for number, (name, values) in enumerate(series):
        for index, value in enumerate(values):
            middle = LEFT + slot * (index + 0.5)
            x = middle + (number - len(series) / 2) * (width + 2) + 1
            height = _height(value, top)
            parts.append(
                f'<rect class="series-{number + 1}" x="{x:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" '
                f'width="{width:.1f}" height="{height:.1f}" rx="2">'
                f"<title>{escape(labels[index])}: {escape(name)} {value:g}</title></rect>"
            )
    parts.append(_names(labels, slot))
    return _chart("".join(parts), label)


def line(labels: Sequence[str], values: Sequence[float | None], label: str) -> Markup:
    """A line over `labels`; None is a gap in it."""
    top = _round_up(max((value for value in values if value is not None), default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    points = [
        (LEFT + slot * (index + 0.5), HEIGHT - BOTTOM - _height(value, top), value, labels[index])
        for index, value in enumerate(values)
        if value is not None
    ]
    drawn = _points([(x, y) for x, y, _, _ in points])
    dots = "".join(
        f'<circle class="series-1" cx="{x:.1f}" cy="{y:.1f}" r="4">'
        f"<title>{escape(name)}: {value:g}</title></circle>"
        for x, y, value, name in points
    )
    path = f'<polyline class="line-1" points="{drawn}" fill="none"/>'
    return _chart(_grid(top) + path + dots + _names(labels, slot), label)


def share(value: float, label: str) -> Markup:
    """A thin bar, filled to `value`, 0 to 1."""
    width = 100 * min(max(value, 0.0), 1.0)
    return Markup(
        f'<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}"><rect class="share-all" width="100" height="6"/>'
        f'<rect class="share-part" width="{width:.1f}" height="6"/></svg>'
    )


def _chart(inside: str, label: str) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{inside}</svg>'
    )


def _grid(top: float) -> str:
    parts = []
    for tick in range(TICKS + 1):
        value = top * tick / TICKS
        y = HEIGHT - BOTTOM - _height(value, top)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="axis" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    return "".join(parts)


def _names(labels: Sequence[str], slot: float) -> str:
    every = max(1, -(-len(labels) // 8))
    return "".join(
        f'<text class="axis" x="{LEFT + slot * (index + 0.5):.1f}" y="{HEIGHT - 8}" '
        f'text-anchor="middle">{escape(name)}</text>'
        for index, name in enumerate(labels)
        if index % every == 0
    )


def _height(value: float, top: float) -> float:
    return (HEIGHT - TOP - BOTTOM) * value / top


def _round_up(value: float) -> float:
    """The next number that divides well into the grid's lines."""
    size = float(TICKS)
    while size < value:
        for factor in (1.5, 2.0, 2.5, 5.0):
            if size * factor >= value and (size * factor) % TICKS == 0:
                return size * factor
        size *= 5
    return size


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
