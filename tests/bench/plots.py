"""The figures as drawings: SVG that a screen reader can read and a printer can print, made from points alone."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from msgspec import Struct

from tests.bench.costs import Share
from tests.bench.row import Point

WIDTH, HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 172, 56, 56
_STROKES: Final = (("#0b5394", ""), ("#a33c00", "7 4"), ("#38761d", "2 4"))
"""Colour and dashes of each line: told apart in grey, too."""


class Line(Struct, frozen=True):
    """One line of a chart.

    Attributes:
        name: Written at its end.
        points: In order of `at`.
    """

    name: str
    points: Sequence[Point]


class Axes(Struct, frozen=True):
    """What a chart shows.

    Attributes:
        title: Above it.
        across: Below it: what `at` counts.
        up: What the values count.
    """

    title: str
    across: str
    up: str


def chart(axes: Axes, lines: Sequence[Line]) -> str:
    """Lines over a logarithmic scale of `at`; values begin at zero."""
    ats = sorted({point.at for line in lines for point in line.points})
    top = nice(max(point.value for line in lines for point in line.points))
    told = "; ".join(
        f"{line.name}: " + ", ".join(f"{point.value:g} at {point.at:,.0f}" for point in line.points) for line in lines
    )
    parts = [_opened(axes.title, f"{axes.up} by {axes.across}. {told}.", HEIGHT), _grid(axes, ats, top)]
    ends = spread([_y(line.points[-1].value, top) for line in lines], 16)
    for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
        colour, dashes = _STROKES[number % len(_STROKES)]
        path = " ".join(f"{_x(point.at, ats):.1f},{_y(point.value, top):.1f}" for point in line.points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>'
        )
        parts += [
            f'<circle cx="{_x(point.at, ats):.1f}" cy="{_y(point.value, top):.1f}" r="3.5" fill="{colour}"/>'
            for point in line.points
        ]
        parts.append(_text(WIDTH - _RIGHT + 12, end + 4, line.name, f'fill="{colour}"'))
    return "\n".join([*parts, "</svg>\n"])


def bars(title: str, shares: Sequence[Share]) -> str:
    """Parts of a whole as bars, largest first, each with its number."""
    height = _TOP + 30 * len(shares) + 24
    most, room = max(share.us for share in shares), WIDTH - 230 - 90
    told = ", ".join(f"{share.part} {share.us:g} microseconds" for share in shares)
    parts = [_opened(title, f"{told}.", height)]
    for number, share in enumerate(shares):
        y, width = _TOP + 30 * number, max(1.0, room * share.us / most)
        parts.append(_text(222, y + 15, share.part, 'text-anchor="end"'))
        parts.append(f'<rect x="230" y="{y}" width="{width:.1f}" height="20" fill="#0b5394"/>')
        parts.append(_text(236 + width, y + 15, f"{share.us:,.10g} µs"))
    return "\n".join([*parts, "</svg>\n"])


def nice(value: float) -> float:
    """The next larger of 1, 2, 2.5, 4, 5, 8 and 10 times a power of ten: the top of a scale that ends in quarters."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= value * (1 - 1e-9))


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """Heights of labels, moved down where they would touch."""
    found = dict[int, float]()
    below = -math.inf
    for number in sorted(range(len(wanted)), key=wanted.__getitem__):
        below = found[number] = max(wanted[number], below + apart)
    return [found[number] for number in range(len(wanted))]


def _x(at: float, ats: Sequence[float]) -> float:
    room, span = WIDTH - _LEFT - _RIGHT, math.log(ats[-1] / ats[0]) or 1.0
    return _LEFT + room * math.log(at / ats[0]) / span


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _grid(axes: Axes, ats: Sequence[float], top: float) -> str:
    parts = [_text(_LEFT, _TOP - 12, axes.up, 'fill="#444"')]
    for step in range(5):
        value = top * step / 4
        y = _y(value, top)
        stroke = "#444" if step == 0 else "#ddd"
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" stroke="{stroke}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{value:,.10g}", 'text-anchor="end" fill="#444"'))
    low, centred = HEIGHT - _BOTTOM + 20, 'text-anchor="middle" fill="#444"'
    parts += [_text(_x(at, ats), low, f"{at:,.0f}", centred) for at in ats]
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(_text(middle, HEIGHT - 12, axes.across, centred))
    return "\n".join(parts)


def _opened(title: str, told: str, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title told" font-family="sans-serif" font-size="13">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="told">{escape(told)}</desc>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        + _text(24, 26, title, 'font-size="16" font-weight="bold"')
    )


def _text(x: float, y: float, words: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
