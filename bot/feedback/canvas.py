"""What the pictures are drawn with: a card of its own colours, shapes with smooth edges, text that always fits.

    shapes, at twice the size -> halved -> text on top, at its final size -> PNG

The card brings its own background, so that it reads the same in Discord's dark and light theme and in print. Nothing
depends on a colour: whatever one tells apart also has a pattern or a label. Each colour of text has a contrast of 4.5
or more with what it stands on, each shape 3 or more with the card (WCAG 2.2, criteria 1.4.3 and 1.4.11), also for
people who see fewer colours; the tests reckon it.
"""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Colour = tuple[int, int, int]

CARD: Final[Colour] = (24, 31, 42)
"""What everything stands on."""

EDGE: Final[Colour] = (122, 138, 158)
"""Around the card."""

INK: Final[Colour] = (243, 246, 250)
"""Titles, names, values."""

QUIET: Final[Colour] = (184, 196, 211)
"""Notes and axes."""

TRACK: Final[Colour] = (49, 60, 77)
"""The empty part of a bar, and lines that only guide the eye: no information is in them."""

BLUE: Final[Colour] = (96, 187, 242)
"""The person whom the picture is for."""

AMBER: Final[Colour] = (242, 177, 92)
"""Others."""

DEEP: Final[Colour] = (66, 124, 161)
"""What surrounds a blue dot: from where to where."""

LINE: Final[Colour] = (113, 130, 152)
"""Where something begins."""

GREY: Final[Colour] = (160, 174, 192)
"""Who watched, and pauses."""

Pattern = Literal["solid", "stripes", "dots"]

WIDTH: Final = 1_000
"""Of each picture, in pixels. Discord shows at most 550 of its own, so a text of 24 is read as one of 13."""

MARGIN: Final = 40

PILL: Final = 18
"""Size of what is written in a small label."""

_SCALE: Final = 2
_CORNER: Final = 28
_FONTS: Final = Path(__file__).parent / "fonts"

_ELLIPSIS: Final = "…"

_UNDRAWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
"""Control characters, halves, what changes the direction of a line, and marks that pile up."""

_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
"""Scripts that these fonts hold, but that need shaping to be read."""


@lru_cache(maxsize=32)
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which has Latin and Cyrillic letters, at this size in pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(_FONTS / name), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4_096)
def _drawn(character: str) -> bool:
    """Whether the font has something to draw for it."""
    if character == " ":
        return True
    if unicodedata.category(character) in _UNDRAWN or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return False
    return _dots(character) != _dots("\uffff")


def _dots(character: str) -> bytes:
    image = Image.new("1", (48, 48))
    ImageDraw.Draw(image).text((4, 4), character, 1, font(24))
    return image.tobytes()


def plain(text: str, otherwise: str = "") -> str:
    """*text* as far as it can be drawn: one line, composed, no emoji; *otherwise*, if no letter or digit is left."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    kept = " ".join("".join(c for c in line if _drawn(c)).split())
    return kept if any(c.isalnum() for c in kept) else otherwise


def width_of(text: str, size: int, *, bold: bool = False) -> float:
    """How wide it is drawn, in pixels."""
    return font(size, bold=bold).getlength(text)


def fitted(text: str, room: float, size: int, *, bold: bool = False, smallest: int | None = None) -> tuple[str, int]:
    """*text* and the size at which it is at most *room* wide: down to *smallest* first, then cut with an ellipsis."""
    for smaller in range(size, (smallest or size) - 1, -1):
        if width_of(text, smaller, bold=bold) <= room:
            return text, smaller
        size = smaller
    kept = text
    while kept and width_of(kept.rstrip() + _ELLIPSIS, size, bold=bold) > room:
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS, size


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text on a canvas."""

    x: float
    y: float
    text: str = field(repr=False)
    font: ImageFont.FreeTypeFont
    colour: Colour
    anchor: str

    @property
    def box(self) -> tuple[float, float, float, float]:
        """What it covers: left, top, right, bottom."""
        left, top, right, bottom = self.font.getbbox(self.text, anchor=self.anchor)
        return self.x + left, self.y + top, self.x + right, self.y + bottom


class Canvas:
    """A card of *height* pixels to draw on, `WIDTH` wide. Places are pixels from the upper left corner.

    Attributes:
        texts: What is written on it.
    """

    def __init__(self, height: float) -> None:
        self._height = round(height)
        self._image = Image.new("RGB", (WIDTH * _SCALE, self._height * _SCALE), CARD)
        self._draw = ImageDraw.Draw(self._image)
        self.texts: list[Text] = []

    def bar(
        self,
        box: Sequence[float],
        colour: Colour,
        *,
        radius: float = 4,
        pattern: Pattern = "solid",
    ) -> None:
        """A bar: left, top, right, bottom."""
        x0, y0, x1, y1 = box
        self.bars([(x0, x1)], y0, y1, colour, radius=radius, pattern=pattern)

    def bars(
        self,
        spans: Iterable[tuple[float, float]],
        top: float,
        bottom: float,
        colour: Colour,
        *,
        radius: float = 4,
        pattern: Pattern = "solid",
    ) -> None:
        """Bars beside each other, each from left to right."""
        boxes = [(round(left * _SCALE), round(right * _SCALE)) for left, right in spans]
        if not boxes:
            return
        first, last = min(box[0] for box in boxes), max(box[1] for box in boxes)
        mask = Image.new("L", (last - first, round((bottom - top) * _SCALE)))
        draw = ImageDraw.Draw(mask)
        for left, right in boxes:
            corner = min(radius * _SCALE, (right - left) / 2)
            draw.rounded_rectangle((left - first, 0, right - first - 1, mask.height - 1), corner, fill=255)
        self._image.paste(_patterned(mask.width, mask.height, colour, pattern), (first, round(top * _SCALE)), mask)

    def frame(self, box: Sequence[float], colour: Colour, *, radius: float = 4) -> None:
        """An empty bar with a dashed line around it."""
        x0, y0, x1, y1 = box
        inset = radius
        for y in (y0, y1):
            self.line((x0 + inset, y), (x1 - inset, y), colour, dashed=True)
        for x in (x0, x1):
            self.line((x, y0 + inset), (x, y1 - inset), colour, dashed=True)

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: Colour,
        *,
        width: float = 2,
        dashed: bool = False,
    ) -> None:
        """A line; dashed ones are upright or level."""
        if not dashed:
            self._draw.line(_scaled((*start, *end)), colour, round(width * _SCALE))
            return
        (x0, y0), (x1, y1) = start, end
        length = max(abs(x1 - x0), abs(y1 - y0))
        at = 0.0
        while at < length:
            a, b = at / length, min(length, at + 7) / length
            piece = (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)
            self._draw.line(_scaled(piece), colour, round(width * _SCALE))
            at += 13

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A dot with a rim that sets it off."""
        self._draw.ellipse(_scaled((x - radius - 2, y - radius - 2, x + radius + 2, y + radius + 2)), fill=CARD)
        self._draw.ellipse(_scaled((x - radius, y - radius, x + radius, y + radius)), fill=colour)

    def pill(self, x: float, y: float, text: str, size: int = PILL) -> None:
        """A small label with its own background, its middle at *x*, *y*."""
        half = pill_width(text, size) / 2
        self._draw.rounded_rectangle(_scaled((x - half, y - 14, x + half, y + 14)), 14 * _SCALE, fill=INK)
        self.text(x, y, text, size, colour=CARD, bold=True, anchor="mm")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int,
        *,
        colour: Colour = INK,
        bold: bool = False,
        anchor: str = "ls",
    ) -> None:
        """A line of text; *anchor* as Pillow's, by default the left end of the line it stands on."""
        self.texts.append(Text(x, y, text, font(size, bold=bold), colour, anchor))

    @property
    def size(self) -> tuple[int, int]:
        """Pixels."""
        return WIDTH, self._height

    def png(self) -> bytes:
        """The picture, rounded at its corners, without anything about who made it or when."""
        image = self._image.reduce(_SCALE)
        draw = ImageDraw.Draw(image)
        for text in self.texts:
            draw.text((text.x, text.y), text.text, text.colour, text.font, anchor=text.anchor)
        shape = Image.new("L", (WIDTH * _SCALE, self._height * _SCALE))
        whole = (0, 0, shape.width - 1, shape.height - 1)
        ImageDraw.Draw(shape).rounded_rectangle(whole, _CORNER * _SCALE, fill=255)
        rim = Image.new("L", shape.size)
        ImageDraw.Draw(rim).rounded_rectangle(whole, _CORNER * _SCALE, outline=255, width=2 * _SCALE)
        image.paste(Image.new("RGB", image.size, EDGE), mask=rim.reduce(_SCALE))
        image.putalpha(shape.reduce(_SCALE))
        data = io.BytesIO()
        image.save(data, "PNG", compress_level=6)
        return data.getvalue()


def pill_width(text: str, size: int = PILL) -> float:
    """How wide `Canvas.pill` draws it."""
    return max(28.0, width_of(text, size, bold=True) + 14)


def _scaled(numbers: Sequence[float]) -> list[int]:
    return [round(number * _SCALE) for number in numbers]


def _patterned(width: int, height: int, colour: Colour, pattern: Pattern) -> Image.Image:
    """A strip of it; the second colour of a pattern is halfway to the card."""
    strip = Image.new("RGB", (width, height), colour)
    if pattern == "solid":
        return strip
    dim = tuple((2 * part + 3 * card) // 5 for part, card in zip(colour, CARD, strict=True))
    draw = ImageDraw.Draw(strip)
    if pattern == "stripes":
        for x in range(-height, width + height, 12 * _SCALE):
            draw.line((x, height, x + height, 0), dim, 4 * _SCALE)
    else:
        draw.rectangle((0, 0, width, height), fill=dim)
        radius = 2.5 * _SCALE
        for row, y in enumerate(range(4 * _SCALE, height, 8 * _SCALE)):
            for x in range((row % 2) * 5 * _SCALE, width, 10 * _SCALE):
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return strip
