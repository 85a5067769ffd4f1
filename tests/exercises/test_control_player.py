"""The control-chart player: what Python hands it, and what it shows and says, by mouse, keyboard and in the widget."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from opsbook import exercises, quality
from opsbook.exercises.control_player import ControlPlayer, ControlPlayerWidget
from opsbook.exercises.explorers import MAX_BYTES
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.figures import explorer_figure

from .shown import opened, show

WORDS = {"message": "A shift hides", "description": "Means between limits, and the first outside."}
AT = {"shift": 1, "begins": 10, "size": 4, "rules": 0}


@pytest.fixture(scope="module")
def player() -> ControlPlayer:
    return exercises.play_control_chart(**WORDS, centre=12, sigma=2, unit="min", runs=6)


def means(player: ControlPlayer, run: int, **at: float) -> np.ndarray:
    """Return the means of a set of samples, from what the page gets."""
    noise = np.array(player.common["noise"][run])
    after = np.arange(1, noise.size + 1) > at["begins"]
    return 12 + 2 * (after * at["shift"] + noise / math.sqrt(at["size"]))


# --- What Python hands over ------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [AT, AT | {"rules": 1}, AT | {"shift": 0, "rules": 1}, AT | {"size": 1, "shift": 3}])
def test_the_alarms_are_the_chart_s(player: ControlPlayer, at: dict[str, float]) -> None:
    """Every signal of the library's own chart up to the first after the shift, and none besides."""
    data = player.data(**at)
    for run, alarms in enumerate(data["alarms"]):
        chart = quality.control_chart(
            means(player, run, **at),
            "i-mr",
            centre=12,
            sigma=2 / math.sqrt(at["size"]),
            rules=("limits", "western-electric")[int(at["rules"])],
        )
        signals = sorted({each.sample for each in chart.signals if each.panel == "value"})
        after = [each for each in signals if each > at["begins"]]
        last = after[0] if after and at["shift"] else 40
        assert [sample for sample, _ in alarms] == [each for each in signals if each <= last]
        assert {rule for _, rule in alarms} <= set(player.common["rules"])


def test_the_run_lengths_are_the_library_s(player: ControlPlayer) -> None:
    data = player.data(**AT | {"rules": 1})
    assert data["noticed"] == pytest.approx(quality.average_run_length(1, size=4, rules="western-electric"), abs=0.005)
    assert data["quiet"] == pytest.approx(91.75, abs=0.005)
    words = player.sentence(**AT)
    assert "6.3 samples on average" in words
    assert "370 samples" in words
    assert player.sentence(**AT | {"shift": 0}).startswith("Nothing changes")


def test_the_sets_agree_with_the_run_length() -> None:
    """With many sets, what the player shows takes the promised number of samples on average, within four errors."""
    many = exercises.play_control_chart(**WORDS, runs=800, samples=160, begins=(1, 2), start={"begins": 1})
    data = many.data(shift=1, begins=1, size=4, rules=0)
    took = np.array([alarms[-1][0] - 1 for alarms in data["alarms"] if alarms])
    assert took.size == 800
    assert data["noticed"] == pytest.approx(took.mean(), abs=4 * took.std(ddof=1) / math.sqrt(800))


def test_the_page_gets_every_position_and_the_noise_once(player: ControlPlayer) -> None:
    payload = player.payload
    assert payload["view"] == "ops-control"
    assert len(payload["data"]) == len(payload["sentences"]) == 6 * 3 * 3 * 2
    assert json.dumps(payload).count('"noise"') == 1
    assert len(json.dumps(payload, ensure_ascii=False)) < MAX_BYTES / 2
    stored = player._repr_mimebundle_()
    assert stored[VIEW_MIME_TYPE] == payload
    assert stored["text/plain"] == "[Explorer] A shift hides"
    again = exercises.play_control_chart(**WORDS, centre=12, sigma=2, unit="min", runs=6)
    assert again.payload == payload


def test_the_still_picture_ends_with_the_signal(player: ControlPlayer) -> None:
    (rows,) = player.specification["datasets"].values()
    assert [row["signal"] for row in rows][-1] == "signal"
    assert len(rows) == player.data(**AT)["alarms"][0][-1][0]


def test_live_every_move_sends_its_samples(player: ControlPlayer) -> None:
    _heading, shift, *_others, view, words = player.live().children
    assert isinstance(view, ControlPlayerWidget)
    assert view.element == "ops-control"
    assert view.data == {**player.common, **player.data(**AT)}
    shift.value = 3
    assert view.data["shift"] == 3
    assert "shifts by 3 sigma" in words.value


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"samples": 20}, ValueError, "`samples` must exceed every one of `begins`, got 20 and 20"),
        ({"shifts": (-1, 1)}, ValueError, "`shifts` must lie between 0 and 10"),
        ({"sizes": (0, 4)}, ValueError, "`sizes` must be at least 1"),
        ({"runs": 0}, ValueError, "`runs` must be at least 1"),
        ({"sigma": 0}, ValueError, "`sigma` must be above zero"),
        ({"start": {"size": 5}}, ValueError, "must be one of its values"),
    ],
)
def test_what_cannot_be_played(options: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        exercises.play_control_chart(**WORDS, **options)


# --- In a browser ----------------------------------------------------------------------------------------------


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, reduced_motion="no-preference")


def end_of(player: ControlPlayer, run: int = 0) -> int:
    return int(player.data(**AT)["alarms"][run][-1][0])


def test_it_plays_until_the_chart_notices(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    words = page.locator(".ops-view-words")
    expect(words).to_have_text("Nothing seen yet. The process will shift after sample 10.")
    page.get_by_label("Speed").select_option("10")
    page.get_by_role("button", name="Play").click()
    expect(words).to_have_attribute("aria-live", "off")
    end = end_of(player)
    expect(words).to_contain_text(
        f"Sample {end}: mean {means(player, 0, **AT)[end - 1]:.1f} min. It signals", timeout=9000
    )
    expect(words).to_contain_text(f"That is the {end - 10}")
    expect(words).to_contain_text("On average this chart takes 6.3 samples to notice such a shift. In the 6 sets here")
    expect(words).not_to_have_attribute("aria-live", "off")
    assert page.locator(".ops-control-signal").count() == 1
    assert page.locator(".ops-control-point").count() == end - 1
    expect(page.locator(".ops-control-truth")).to_have_count(1)


def test_pausing_holds_the_samples(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".ops-control-point").nth(2)).to_be_attached()
    page.get_by_role("button", name="Pause").click()
    held = page.locator(".ops-control-point").count()
    page.wait_for_timeout(500)
    assert page.locator(".ops-control-point").count() == held
    expect(page.locator(".ops-control-truth")).to_have_count(0)  # not yet


def test_by_keyboard_alone(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    place = page.get_by_role("slider", name="Samples shown")
    place.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(place).to_have_attribute("aria-valuetext", "3 of 40 samples")
    expect(page.locator(".ops-view-words")).to_have_text(
        f"Sample 3: mean {means(player, 0, **AT)[2]:.1f} min, no signal."
    )
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".ops-view-words")).to_contain_text("Sample 4")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".ops-view-words")).to_contain_text("Nothing seen yet")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".ops-view-head")).to_contain_text("Set 2 of 6")
    place.press("End")
    expect(page.locator(".ops-view-words")).to_contain_text(f"Sample {end_of(player, 1)}: ")


def test_the_slider_stands_where_the_count_says(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    place, end = page.get_by_role("slider", name="Samples shown"), end_of(player)
    assert end < 40
    place.press("End")  # beyond the signal there is nothing to see: it comes back
    expect(place).to_have_value(str(end))
    expect(place).to_have_attribute("max", "40")
    expect(page.locator(".ops-view-head")).to_contain_text(f"{end} of 40")


def test_the_shift_is_marked_once_it_has_passed(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    place, edge = page.get_by_role("slider", name="Samples shown"), page.locator(".ops-control-edge")
    place.fill("10")
    expect(page.locator(".ops-control-point")).to_have_count(10)
    expect(edge).to_have_count(0)
    place.fill("11")
    expect(page.locator("ops-control svg")).to_contain_text("process shifts")
    before, after = (page.locator(".ops-control-point").nth(at).get_attribute("cx") for at in (9, 10))
    assert float(before or 0) < float(edge.get_attribute("x1") or 0) < float(after or 0)
    expect(page.locator(".ops-control-truth")).to_have_count(0)  # by how much is told at the end


def test_a_set_seen_to_its_end_is_compared_at_its_end(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    shift, words = page.get_by_role("slider", name="size of the shift"), page.locator(".ops-view-words")
    shift.press("ArrowRight")
    expect(words).to_contain_text("Nothing seen yet")
    page.get_by_role("slider", name="Samples shown").press("End")
    shift.press("End")
    end = int(player.data(**AT | {"shift": 3})["alarms"][0][-1][0])
    expect(words).to_contain_text(f"Sample {end}: ")
    expect(words).to_contain_text("In each of the 6 sets here it took 1 sample.")
    page.get_by_role("button", name="From the first").click()
    shift.press("Home")
    expect(words).to_have_text("Nothing seen yet. This process will not shift.")


def test_the_words_are_those_of_the_service() -> None:
    hours = exercises.play_control_chart(**WORDS, runs=2, sample="hour")
    words = hours.sentence(shift=3, begins=5, size=9, rules=0)
    assert words.startswith(
        "After hour 5 the mean shifts by 3 sigma. With groups of 9 and limits alone, a chart takes 1 hour"
    )
    assert "samples" not in words
    assert "With single values, limits and run rules" in hours.sentence(shift=1, begins=5, size=1, rules=1)


def test_with_less_motion_it_goes_to_the_end(page: Page, player: ControlPlayer) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, player)
    page.get_by_role("button", name="Play").click()
    assert page.locator(".ops-control-point").count() == end_of(player) - 1
    expect(page.locator(".ops-view-words")).to_contain_text("It signals")


def test_a_process_that_stays_has_only_false_alarms(page: Page, player: ControlPlayer) -> None:
    show(page, player)
    page.get_by_role("slider", name="size of the shift").press("Home")
    page.get_by_role("slider", name="what signals").press("End")
    alarms = [each for each, _ in player.data(**AT | {"shift": 0, "rules": 1})["alarms"][0]]
    page.get_by_role("slider", name="Samples shown").press("End")
    every = sum(len(each) for each in player.data(**AT | {"shift": 0, "rules": 1})["alarms"])
    assert every == 1
    expect(page.locator(".ops-view-words")).to_contain_text(
        "On average such a chart signals once in 92 samples without a reason. "
        "In the 6 sets here, 240 samples, it happened once."
    )
    assert page.locator(".ops-control-false").count() == len(alarms)
    expect(page.locator(".ops-control-signal")).to_have_count(0)
    expect(page.locator(".ops-control-truth")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(page: Page, player: ControlPlayer, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    show(page, player)
    page.get_by_role("slider", name="Samples shown").press("End")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    beyond = page.locator("ops-control svg text").evaluate_all(
        "(all) => all.map((each) => each.getBoundingClientRect().right"
        " - each.closest('svg').getBoundingClientRect().right)"
    )
    assert max(beyond) <= 0


def test_without_a_script_the_picture_stands(browser: Browser, player: ControlPlayer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(f"<main>{explorer_figure(player.payload, static='_static', name='c').html}</main>")
    expect(page.get_by_role("img", name=WORDS["description"]).first).to_be_visible()
    expect(page.locator(".ops-sentence")).to_have_text(player.sentence(**AT))
    context.close()
