"""Colours: whatever accent a county chooses, text can be read and controls can be seen, in light and in dark."""

import pytest

from app.web import theme

ACCENTS = [theme.DEFAULT_ACCENT, "#000000", "#ffffff", "#ffdd00", "#d4006a", "#7fb800", "#1d4ed8", "#808080"]
KINDS = ["accent", "neutral", "info", "success", "warning", "danger"]
GROUNDS = ["background-default", "background-tinted", "surface-default", "surface-tinted", "surface-hover"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_text_has_contrast_on_every_ground_of_its_own_kind(accent, kind, dark):
    steps = theme.scale(theme.colours(accent)[kind], dark=dark)
    for ground in GROUNDS:
        assert theme.contrast(steps["text-subtle"], steps[ground]) >= 4.5, ground
        assert theme.contrast(steps["text-default"], steps[ground]) >= 7, ground
        assert theme.contrast(steps["border-default"], steps[ground]) >= 3, ground


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_quiet_text_of_every_kind_has_contrast_on_the_page_and_on_cards(accent, dark):
    colours = theme.colours(accent)
    neutral = theme.scale(colours["neutral"], dark=dark)
    tinted = theme.scale(colours["accent"], dark=dark)
    for kind in KINDS:
        text = theme.scale(colours[kind], dark=dark)["text-subtle"]
        for ground in (neutral["background-default"], neutral["surface-default"], tinted["background-tinted"]):
            assert theme.contrast(text, ground) >= 4.5, kind


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_words_on_a_filled_button_have_contrast_in_every_state(accent, kind, dark):
    steps = theme.scale(theme.colours(accent)[kind], dark=dark)
    for state in ("base-default", "base-hover", "base-active"):
        assert theme.contrast(steps["base-contrast-default"], steps[state]) >= 4.5, state


def test_a_colour_survives_being_read_and_written():
    assert theme.parse_colour("#0e5a66").hex() == "#0e5a66"


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "#123456;}", "0e5a66"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match="not a colour"):
        theme.stylesheet(text)


def test_the_style_sheet_sets_every_step_in_both_schemes_and_for_paper():
    css = theme.stylesheet()
    for kind in KINDS:
        assert css.count(f"--ds-color-{kind}-text-default:#") == 3
    assert "prefers-color-scheme:dark" in css
    assert css.count("@media screen") == 2
