"""A plot of a drill as SVG: each customer's wait, by level, and when it went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mainstay.drills.figures import PROMISE_S
from mainstay.drills.outcome import Outcome
from mainstay.ports.hearing import Heard

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 28, 40
MOST_POINTS = 2_000
"""More are thinned out evenly: the file stays small."""

COLOURS = ("#1a7f37", "#4c9f70", "#0969da", "#bf8700", "#cf222e")
NAMES = ("level 0", "level 1", "level 2", "level 3", "level 4")


@dataclass(frozen=True, slots=True)
class _Scale:
    """From seconds to places.

    Args:
        span_s: of the whole time.
        top_s: the longest wait shown.
    """

    span_s: float
    top_s: float

    def x(self, at_s: float) -> float:
        """Return the place of a time."""
        return round(LEFT + at_s / self.span_s * (WIDTH - LEFT - RIGHT), 1)

    def y(self, wait_s: float) -> float:
        """Return the place of a wait."""
        room = HEIGHT - TOP - BOTTOM
        return round(HEIGHT - BOTTOM - min(wait_s / self.top_s, 1.0) * room, 1)


def plot(outcome: Outcome) -> str:
    """Return the whole file: across the time of accept, up the wait for a word."""
    turns = [one for one in outcome.turns if one.heard_at_ms is not None]
    zero_ms = min((t.accepted_at_ms for t in outcome.turns), default=outcome.began_ms)
    last_ms = max((t.accepted_at_ms for t in outcome.turns), default=zero_ms)
    waits = [_wait_s(one) for one in turns]
    span_s = max(1.0, (max(last_ms, outcome.ended_ms) - zero_ms) / 1000)
    scale = _Scale(span_s, max(PROMISE_S + 2, *waits, 0.0))
    band = [(at - zero_ms) / 1000 for at in (outcome.began_ms, outcome.ended_ms)]
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="11">'
        ),
        f"<title>{escape(outcome.name)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_band(scale, *band),
        *_axes(scale),
        *(_point(scale, one, zero_ms) for one in _thinned(turns)),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _band(scale: _Scale, began_s: float, ended_s: float) -> list[str]:
    left = scale.x(began_s)
    width = max(1.0, round(scale.x(ended_s) - left, 1))
    room = HEIGHT - TOP - BOTTOM
    return [
        f'<rect x="{left}" y="{TOP}" width="{width}" height="{room}" fill="#ffebe9"/>',
        f'<text x="{left + 3}" y="{TOP + 12}" fill="#82071e">fault</text>',
    ]


def _axes(scale: _Scale) -> list[str]:
    across, floor = f'x1="{LEFT}" x2="{WIDTH - RIGHT}"', scale.y(0)
    lines = [
        f'<line {across} y1="{floor}" y2="{floor}" stroke="#57606a"/>',
        (
            f'<text x="{LEFT}" y="{HEIGHT - 6}">seconds since the first message; '
            "up: seconds until the customer heard</text>"
        ),
    ]
    for wait_s in (0, 10, 20, 30):
        y = scale.y(wait_s)
        dash = "" if wait_s == PROMISE_S else ' stroke-dasharray="2 4"'
        colour = "#cf222e" if wait_s == PROMISE_S else "#d0d7de"
        lines.append(f'<line {across} y1="{y}" y2="{y}" stroke="{colour}"{dash}/>')
        lines.append(
            f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{wait_s}</text>'
        )
    step_s = max(10, round(scale.span_s / 6 / 10) * 10)
    for at_s in range(0, int(scale.span_s) + 1, step_s):
        place = f'x="{scale.x(at_s)}" y="{HEIGHT - BOTTOM + 14}"'
        lines.append(f'<text {place} text-anchor="middle">{at_s}</text>')
    return lines


def _point(scale: _Scale, one: Heard, zero_ms: int) -> str:
    level = 4 if one.level is None else one.level
    x = scale.x((one.accepted_at_ms - zero_ms) / 1000)
    y = scale.y(_wait_s(one))
    return f'<circle cx="{x}" cy="{y}" r="2.5" fill="{COLOURS[level]}"/>'


def _legend() -> list[str]:
    return [
        f'<circle cx="{LEFT + 5 + 80 * n}" cy="14" r="4" fill="{colour}"/>'
        f'<text x="{LEFT + 13 + 80 * n}" y="18">{name}</text>'
        for n, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True))
    ]


def _thinned(turns: Sequence[Heard]) -> Sequence[Heard]:
    return turns[:: 1 + len(turns) // MOST_POINTS]


def _wait_s(one: Heard) -> float:
    heard_at_ms = one.accepted_at_ms if one.heard_at_ms is None else one.heard_at_ms
    return (heard_at_ms - one.accepted_at_ms) / 1000
