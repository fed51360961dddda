"""
The colours: a light and a dark scale for every kind of colour, made from one accent colour.

Names are those of Designsystemet (`--ds-color-<kind>-<step>`), so that its components take them on. Lightness is that
of OKLCH, and each step that carries text or marks a control is moved until its contrast (WCAG 2.1, 1.4.3 and 1.4.11)
is met on the grounds where it may stand. A county sets its accent; the contrast follows by itself.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_ACCENT = "#0e5a66"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_TEXT_CONTRAST = 4.7
_STRONG_TEXT_CONTRAST = 9.5
_CONTROL_CONTRAST = 3.15


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in OKLCH: lightness 0 to 1, chroma from 0, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    def at(self, lightness: float, *, chroma: float | None = None) -> Colour:
        """Return the same hue at another lightness."""
        return Colour(lightness, self.chroma if chroma is None else chroma, self.hue)

    def channels(self) -> tuple[float, float, float]:
        """Return linear red, green and blue, chroma lowered until the colour can be shown."""
        chroma = self.chroma
        while True:
            linear = _linear_from_oklch(self.lightness, chroma, self.hue)
            if chroma <= 0 or all(-0.0005 <= channel <= 1.0005 for channel in linear):
                red, green, blue = (min(1.0, max(0.0, channel)) for channel in linear)
                return red, green, blue
            chroma = max(0.0, chroma - 0.004)

    def luminance(self) -> float:
        """Return the relative luminance of WCAG 2.1, of the colour as it is written in hex."""
        red, green, blue = (_linear(round(_gamma(channel) * 255) / 255) for channel in self.channels())
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def hex(self) -> str:
        """Return the colour as #rrggbb."""
        return "#" + "".join(f"{round(_gamma(channel) * 255):02x}" for channel in self.channels())


def parse_colour(text: str) -> Colour:
    """
    Return the colour written as #rrggbb.

    :raises ValueError: the text is no such colour
    """
    if not _HEX.fullmatch(text):
        raise ValueError(f"not a colour of the form #rrggbb: {text!r}")
    red, green, blue = (_linear(int(text[start : start + 2], 16) / 255) for start in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Colour(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    light, dark = sorted((one.luminance(), other.luminance()), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def scale(colour: Colour, *, dark: bool) -> dict[str, Colour]:
    """Return the sixteen steps of a colour on light or dark ground, by Designsystemet's names."""
    return _dark_scale(colour) if dark else _light_scale(colour)


def _light_scale(colour: Colour) -> dict[str, Colour]:
    tint = min(colour.chroma, 0.13)
    white = Colour(1.0, 0.0, colour.hue)
    hover = colour.at(0.925, chroma=tint * 0.34)
    base = _readable(colour.at(min(colour.lightness, 0.56)), on=(white,), ratio=_TEXT_CONTRAST)
    return {
        "background-default": colour.at(0.984, chroma=tint * 0.04),
        "background-tinted": colour.at(0.966, chroma=tint * 0.12),
        "surface-default": white,
        "surface-tinted": colour.at(0.95, chroma=tint * 0.22),
        "surface-hover": hover,
        "surface-active": colour.at(0.895, chroma=tint * 0.42),
        "border-subtle": colour.at(0.875, chroma=tint * 0.3),
        "border-default": _readable(colour.at(0.62, chroma=tint * 0.7), on=(hover,), ratio=_CONTROL_CONTRAST),
        "border-strong": _readable(colour.at(0.5, chroma=tint), on=(hover,), ratio=_TEXT_CONTRAST),
        "text-subtle": _readable(colour.at(0.5, chroma=tint), on=(hover,), ratio=_TEXT_CONTRAST),
        "text-default": _readable(colour.at(0.34, chroma=tint * 0.65), on=(hover,), ratio=_STRONG_TEXT_CONTRAST),
        "base-default": base,
        "base-hover": base.at(base.lightness - 0.06),
        "base-active": base.at(base.lightness - 0.11),
        "base-contrast-subtle": colour.at(0.96, chroma=tint * 0.2),
        "base-contrast-default": white,
    }


def _dark_scale(colour: Colour) -> dict[str, Colour]:
    tint = min(colour.chroma, 0.12)
    # the grounds of grey lean to the accent as much as the accent's own, or the two would look like two papers
    ground = min(tint, 0.013)
    hover = colour.at(0.315, chroma=tint * 0.42)
    ink = Colour(0.16, 0.01, colour.hue)
    base = _readable(colour.at(0.74, chroma=tint * 0.95), on=(ink,), ratio=_TEXT_CONTRAST)
    return {
        "background-default": colour.at(0.195, chroma=max(tint * 0.16, ground)),
        "background-tinted": colour.at(0.175, chroma=max(tint * 0.16, ground)),
        "surface-default": colour.at(0.235, chroma=max(tint * 0.2, ground)),
        "surface-tinted": colour.at(0.275, chroma=tint * 0.34),
        "surface-hover": hover,
        "surface-active": colour.at(0.36, chroma=tint * 0.48),
        "border-subtle": colour.at(0.345, chroma=tint * 0.3),
        "border-default": _readable(colour.at(0.6, chroma=tint * 0.5), on=(hover,), ratio=_CONTROL_CONTRAST),
        "border-strong": _readable(colour.at(0.74, chroma=tint * 0.6), on=(hover,), ratio=_TEXT_CONTRAST),
        "text-subtle": _readable(colour.at(0.77, chroma=tint * 0.6), on=(hover,), ratio=_TEXT_CONTRAST),
        "text-default": _readable(colour.at(0.945, chroma=tint * 0.12), on=(hover,), ratio=_STRONG_TEXT_CONTRAST),
        "base-default": base,
        "base-hover": base.at(base.lightness + 0.05),
        "base-active": base.at(base.lightness + 0.1),
        "base-contrast-subtle": ink,
        "base-contrast-default": ink,
    }


def colours(accent: str = DEFAULT_ACCENT) -> dict[str, Colour]:
    """Return the colour of each kind: the county's accent, a grey that leans to it, and four that mean something."""
    chosen = parse_colour(accent)
    return {
        "accent": chosen,
        "neutral": Colour(0.4, 0.018, chosen.hue),
        "info": Colour(0.5, 0.105, 250),
        "success": Colour(0.47, 0.1, 155),
        "warning": Colour(0.56, 0.115, 68),
        "danger": Colour(0.5, 0.16, 25),
    }


def stylesheet(accent: str = DEFAULT_ACCENT) -> str:
    """
    Return the style sheet that sets all colours.

    :raises ValueError: the accent is not of the form #rrggbb
    """
    kinds = colours(accent)
    light = ";".join((*_declarations(kinds, dark=False), "color-scheme:light"))
    dark = ";".join((*_declarations(kinds, dark=True), "color-scheme:dark"))
    return "\n".join(
        (
            "@layer ds.theme.color-scheme{",
            f":root,[data-color-scheme=light]{{{light}}}",
            f"@media screen and (prefers-color-scheme:dark){{[data-color-scheme=auto]{{{dark}}}}}",
            f"@media screen{{[data-color-scheme=dark]{{{dark}}}}}",
            "}",
            "@layer ds.theme.color{",
            f":root,[data-color-scheme],[data-color=accent]{{{_alias('accent')}}}",
            *(
                f"[data-color-scheme][data-color={kind}],[data-color={kind}]{{{_alias(kind)}}}"
                for kind in kinds
                if kind != "accent"
            ),
            "}",
        )
    )


def content_hash(css: str) -> str:
    """Return the short name of a style sheet's content, for its address."""
    return hashlib.sha256(css.encode()).hexdigest()[:10]


def _declarations(kinds: dict[str, Colour], *, dark: bool) -> Iterator[str]:
    for kind, colour in kinds.items():
        for step, value in scale(colour, dark=dark).items():
            yield f"--ds-color-{kind}-{step}:{value.hex()}"
    neutral = scale(kinds["neutral"], dark=dark)
    yield f"--ds-color-focus-inner:{neutral['surface-default'].hex()}"
    yield f"--ds-color-focus-outer:{neutral['text-default'].hex()}"
    yield f"--ds-link-color-visited:{scale(Colour(0.45, 0.12, 305), dark=dark)['text-subtle'].hex()}"


def _alias(kind: str) -> str:
    steps = _light_scale(Colour(0.5, 0.0, 0.0))
    return ";".join(f"--ds-color-{step}:var(--ds-color-{kind}-{step})" for step in steps)


def _readable(colour: Colour, *, on: tuple[Colour, ...], ratio: float) -> Colour:
    """Return the colour moved away from the grounds, no more than needed, until its contrast on each is met."""
    away = -0.005 if all(ground.lightness > 0.6 for ground in on) else 0.005
    if on[0].lightness < 0.2:
        away = 0.005
    while any(contrast(colour, ground) < ratio for ground in on) and 0.0 < colour.lightness < 1.0:
        colour = colour.at(min(1.0, max(0.0, colour.lightness + away)))
    return colour


def _linear_from_oklch(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
