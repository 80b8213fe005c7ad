"""A line in the terminal, drawn in braille dots. Here alone numbers of rates become floats: a screen has no more digits."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import plotille

MARGIN = 26
"""Columns beside the plot: the axis, its numbers and the arrow."""

LEAST_WIDTH, MOST_WIDTH, HEIGHT = 20, 160, 16
_DIGITS = 5


def plot(title: str, points: Sequence[tuple[date, str]], *, columns: int) -> str:
    """A line through the points, oldest first.

    Args:
        title: Names the vertical axis.
        points: Days and values; at least one.
        columns: Of the terminal.
    """
    figure = plotille.Figure()
    figure.width = max(LEAST_WIDTH, min(MOST_WIDTH, columns - MARGIN))
    figure.height = HEIGHT
    figure.origin = False
    figure.with_colors = False
    figure.x_label, figure.y_label = "session", title
    days = [datetime.combine(day, time()) for day, _value in points]
    values = [float(value) for _day, value in points]
    low, high = min(values), max(values)
    room = (high - low) * 0.05 or high * 0.01
    places = max(0, _DIGITS - 1 - Decimal(points[-1][1]).adjusted())
    figure.set_y_limits(low - room, high + room)
    figure.set_x_limits(days[0], max(days[-1], days[0] + timedelta(days=1)))

    def number(value: float, chars: int, delta: float, left: bool = False) -> str:
        del delta
        text = f"{value:.{places}f}"
        return text.ljust(chars) if left else text.rjust(chars)

    named = set[str]()

    def day(value: datetime, chars: int, delta: float, left: bool = False) -> str:
        del chars, delta, left
        # Of few sessions several places of the axis are of one day.
        text = f"{value:%Y-%m-%d}"
        shown = " " * len(text) if text in named else text
        named.add(text)
        return shown

    figure.register_label_formatter(float, number)
    figure.register_label_formatter(datetime, day)
    figure.plot(days, values)
    shown: str = figure.show()
    return shown
