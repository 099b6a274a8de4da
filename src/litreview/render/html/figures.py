"""Where everything lies on the page's two figures: a timeline by group, a map of the library. No SVG here.

Both are drawn on a canvas 440 units wide. A page shows it at 330 to 620 pixels: a label of 13 units is
legible on a phone and, at 10.5 units, not large on a desk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from litreview.mapping import LibraryMap

from .passages import plain

WIDTH = 440
# Shapes tell groups apart where colours do not; the template draws as many.
SHAPES = 8

_MARGIN = 12
_DOT = 13
_LABEL_HEIGHT = 20
_LANE_GAP = 12
_AXIS_HEIGHT = 24
_MOST_TICKS = 7
_NO_YEAR = 34
_MAP_HEIGHT = 300


class Mark(NamedTuple):
    """One paper on a figure; `shape` counts from 1, 0 is a paper that no claim cites."""

    x: float
    y: float
    shape: int
    title: str


class Lane(NamedTuple):
    """One group on the timeline: its name, where that stands, and the line its papers stand on."""

    name: str
    label_y: float
    line_y: float


class Tick(NamedTuple):
    """A year on the axis."""

    x: float
    label: str


class Timeline(NamedTuple):
    """The papers of an answer by year, a lane a group."""

    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]


class MapFigure(NamedTuple):
    """The library as dots, and on them the papers of an answer."""

    height: float
    dots: tuple[Mark, ...]
    marks: tuple[Mark, ...]


class LaneInput(NamedTuple):
    """What goes into a lane: its name, its shape, and title and year of each paper."""

    name: str
    shape: int
    papers: Sequence[tuple[str, int | None]]


class _Axis(NamedTuple):
    """The years from left to right, each a cell of the same width; papers without a year stand at the end."""

    first: int
    last: int
    undated: bool

    @property
    def cell(self) -> float:
        room = WIDTH - 2 * _MARGIN - (_NO_YEAR if self.undated else 0)
        return room / (self.last - self.first + 1)

    def middle(self, year: int | None) -> float:
        if year is None:
            return WIDTH - _MARGIN - _NO_YEAR / 2
        return _MARGIN + (year - self.first + 0.5) * self.cell

    def ticks(self) -> tuple[Tick, ...]:
        """Years with a round number between them that leaves few enough."""
        span = self.last - self.first + 1
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 500, 10_000) if span <= step * _MOST_TICKS)
        years: list[int | None] = [*range(self.first, self.last + 1, step), *([None] if self.undated else [])]
        return tuple(Tick(round(self.middle(year), 1), str(year or "n.d.")) for year in years)


def shape_of(group: int) -> int:
    """The shape of the group with this number, counted from 0."""
    return group % SHAPES + 1


def timeline_of(lanes: Sequence[LaneInput]) -> Timeline | None:
    """Lay out a timeline; None where no year is known. Papers of one year stand side by side, then stack."""
    years = [year for lane in lanes for _, year in lane.papers if year is not None]
    if not years:
        return None
    axis = _Axis(
        min(years), max(years), undated=any(year is None for lane in lanes for _, year in lane.papers)
    )
    placed: list[Lane] = []
    marks: list[Mark] = []
    top = 0.0
    for lane in lanes:
        columns = _columns(lane, axis.cell)
        rows = max((len(titles) for titles in columns.values()), default=1)
        line = top + _LABEL_HEIGHT + rows * _DOT
        for (year, offset), titles in columns.items():
            marks += [
                Mark(
                    round(axis.middle(year) + offset, 1),
                    round(line - (row + 0.6) * _DOT, 1),
                    lane.shape,
                    title,
                )
                for row, title in enumerate(titles)
            ]
        placed.append(Lane(lane.name, top + _LABEL_HEIGHT - 6, line))
        top = line + _LANE_GAP
    return Timeline(top - _LANE_GAP + _AXIS_HEIGHT, tuple(placed), axis.ticks(), tuple(marks))


def _columns(lane: LaneInput, cell: float) -> dict[tuple[int | None, float], list[str]]:
    """Titles by year and offset from the year's middle, filled row by row."""
    by_year: dict[int | None, list[str]] = defaultdict(list)
    for title, year in lane.papers:
        by_year[year].append(f"{title} ({year or 'n.d.'})")
    columns: dict[tuple[int | None, float], list[str]] = defaultdict(list)
    for year, titles in by_year.items():
        wide = max(1, int((_NO_YEAR if year is None else cell) // _DOT))
        across = min(wide, len(titles))
        for number, title in enumerate(titles):
            columns[year, (number % across - (across - 1) / 2) * _DOT].append(title)
    return columns


def map_figure_of(found: LibraryMap, shapes: Mapping[str, int]) -> MapFigure:
    """Lay out the map as large as fits, both axes to one scale.

    Args:
        found: The map, with at least one dot.
        shapes: The shape of each retrieved paper by key, 0 for those that no claim cites.
    """
    xs, ys = [dot.x for dot in found.dots], [dot.y for dot in found.dots]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    scale = min((WIDTH - 2 * _MARGIN) / max(wide, 0.01), (_MAP_HEIGHT - 2 * _MARGIN) / max(high, 0.01))
    height = round(high * scale) + 2 * _MARGIN
    dots: list[Mark] = []
    marks: list[Mark] = []
    for dot in found.dots:
        x = round(WIDTH / 2 + (dot.x - (max(xs) + min(xs)) / 2) * scale, 1)
        y = round(height / 2 - (dot.y - (max(ys) + min(ys)) / 2) * scale, 1)
        shape = shapes.get(dot.key)
        (dots if shape is None else marks).append(Mark(x, y, shape or 0, plain(dot.title)))
    # What is cited lies on top.
    return MapFigure(height, tuple(dots), tuple(sorted(marks, key=lambda mark: mark.shape > 0)))
