"""The moving queue: what Python hands it, what it shows and says in a browser, by mouse, keyboard and in the widget."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from opsbook import exercises
from opsbook.exercises.animation import QueueAnimation, QueueWidget
from opsbook.exercises.explorers import MAX_BYTES
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.figures import explorer_figure

from .shown import opened, show

# Two clerks; the third customer waits 4 minutes, the fourth gives up after 3, the fifth waits 12.
ARRIVE = [0, 1, 4, 6, 9]
START = [0, 1, 8, np.nan, 21]
END = [8, 21, 40, 9, 30]
SERVER = [0, 1, 0, -1, 1]
MINUTES = 30


def path(**changed: Any) -> dict[str, Any]:
    records = {"arrival": ARRIVE, "start": START, "end": END, "server": SERVER} | changed
    return exercises.queue_path(records, servers=2, minutes=MINUTES, server="clerk")


def model(clerks: float) -> dict[str, Any]:
    return path() | ({} if clerks == 2 else {"servers": 3})


@pytest.fixture
def animation() -> QueueAnimation:
    return exercises.animate_queue(
        model,
        sliders={"clerks": exercises.Slider("Clerks", [2, 3], 2)},
        sentence=lambda clerks: f"{clerks} clerks, <b>one</b> line.",
        message="A line of two",
        description="A step line of those who wait.",
        subtitle="Simulated",
    )


def waiting(at: float) -> int:
    left = [end if math.isnan(start) else start for start, end in zip(START, END, strict=True)]
    return sum(arrived <= at < gone for arrived, gone in zip(ARRIVE, left, strict=True))


# --- What Python hands over ------------------------------------------------------------------------------------


def test_a_path_is_plain_numbers_in_order_of_arrival() -> None:
    shuffled = [3, 1, 4, 0, 2]
    columns = {"arrival": ARRIVE, "start": START, "end": END, "server": SERVER}
    made = path(**{name: [values[each] for each in shuffled] for name, values in columns.items()})
    assert made == path()
    assert made["start"] == [0, 1, 8, None, 21]
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_who_comes_after_the_stretch_is_left_out() -> None:
    assert path(arrival=[0, 1, 4, 6, 30])["arrive"] == [0, 1, 4, 6]


@pytest.mark.parametrize(
    ("minutes", "says"),
    [(0, "`minutes` must be above zero"), (math.nan, "`minutes` must be finite"), (0.5, "must hold an arrival before")],
)
def test_a_stretch_has_length_and_customers(minutes: float, says: str) -> None:
    records = {"arrival": [2, 3], "start": [2, 3], "end": [3, 4], "server": [0, 0]}
    with pytest.raises(ValueError, match=says):
        exercises.queue_path(records, servers=1, minutes=minutes)


def test_the_still_picture_counts_who_waits(animation: QueueAnimation) -> None:
    (rows,) = animation.specification["datasets"].values()
    counted = {round(60 * row["hour"] - 540, 2): row["waiting"] for row in rows}
    assert set(counted) == {0, 1, 4, 6, 8, 9, 21, 30}
    assert counted == {at: waiting(at) for at in counted}


def test_the_page_gets_every_position(animation: QueueAnimation) -> None:
    payload = animation.payload
    assert payload["view"] == "ops-queue"
    assert payload["data"] == {"2": model(2), "3": model(3)}
    assert payload["sentences"]["3"] == "3 clerks, <b>one</b> line."
    stored = animation._repr_mimebundle_()
    assert stored[VIEW_MIME_TYPE] == payload
    assert stored["text/plain"] == repr(animation) == "[Animation] A line of two"


def test_paths_that_weigh_too_much_are_refused() -> None:
    many = 2000
    long = exercises.queue_path(
        {"arrival": np.arange(many) * 0.37, "start": np.arange(many) * 0.37, "end": np.arange(many) * 0.37 + 1.11}
        | {"server": np.zeros(many)},
        servers=1,
        minutes=many,
    )
    shown = exercises.animate_queue(
        lambda day: long,  # noqa: ARG005 - called with it
        sliders={"day": exercises.Slider("Day", [1, 2, 3, 4, 5], 1)},
        sentence=lambda day: f"Day {day}.",
        message="M",
        description="D",
    )
    with pytest.raises(ValueError, match=rf"must stay under {MAX_BYTES} bytes.*shorter stretch"):
        shown.payload  # noqa: B018 - the access is the test


def test_live_every_move_simulates_anew(animation: QueueAnimation) -> None:
    heading, slider, view, words = animation.live().children
    assert "A line of two" in heading.value
    assert isinstance(view, QueueWidget)
    assert view.data == model(2)
    slider.value = 3
    assert view.data == model(3)
    assert "3 clerks, &lt;b&gt;one&lt;/b&gt; line." in words.value


# --- In a browser ----------------------------------------------------------------------------------------------


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, reduced_motion="no-preference")


def numbers(page: Page, kind: str = "") -> list[str]:
    """Return the minutes written into the customers that are seen, in the line or at a desk."""
    return page.locator(f".ops-queue-customer{kind} text").all_text_contents()


def clock(page: Page, minutes: float) -> None:
    page.get_by_role("slider", name="Time of day").fill(str(minutes))


@pytest.mark.parametrize(
    ("at", "scene", "says"),
    [
        (
            0,
            ([], ["0"]),
            "09:00: 1 of 2 clerks busy, nobody waiting. 0 served; so far a wait of 0.0 minutes on average.",
        ),
        (5, (["1"], ["0", "0"]), "09:05: 2 of 2 clerks busy, 1 waiting, the first for 1 minute. 0 served"),
        (7, (["3", "1"], ["0", "0"]), "09:07: 2 of 2 clerks busy, 2 waiting, the first for 3 minutes. 0 served"),
        (8, (["2"], ["4", "0"]), "1 waiting, the first for 2 minutes. 1 served; so far a wait of 1.3 minutes"),
        (20, (["11"], ["4", "0"]), "1 waiting, the first for 11 minutes. 1 served, 1 gave up"),
        (
            30,
            ([], ["4"]),
            "3 served, 1 gave up; so far a wait of 4.0 minutes on average. The stretch ends here.",
        ),
    ],
)
def test_the_scene_at_a_moment(
    page: Page, animation: QueueAnimation, at: float, scene: tuple[list[str], list[str]], says: str
) -> None:
    line, desks = scene
    show(page, animation)
    clock(page, at)
    assert numbers(page, ".ops-queue-waiting") == line
    assert sorted(numbers(page, ":not(.ops-queue-waiting)")) == sorted(desks)
    expect(page.locator(".ops-view-words")).to_contain_text(says)
    assert len(line) == waiting(at)
    rings = page.locator(".ops-queue-ring[visibility=visible]").count()
    assert rings == sum(int(minutes) >= 10 for minutes in line + desks)


def test_by_keyboard_alone(page: Page, animation: QueueAnimation) -> None:
    show(page, animation)
    time = page.get_by_role("slider", name="Time of day")
    time.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(time).to_have_attribute("aria-valuetext", "09:05, 1 waiting")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the next event: the fourth customer arrives
    expect(page.locator(".ops-view-words")).to_contain_text("09:06: 2 of 2 clerks busy, 2 waiting")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".ops-view-words")).to_contain_text("09:00")


def test_it_plays_pauses_and_ends(page: Page, animation: QueueAnimation) -> None:
    show(page, animation)
    words = page.locator(".ops-view-words")
    page.get_by_role("button", name="Play").click()
    expect(words).to_have_attribute("aria-live", "off")
    expect(words).not_to_contain_text("09:00")
    page.get_by_role("button", name="Pause").click()
    expect(words).not_to_have_attribute("aria-live", "off")
    held = words.text_content()
    page.wait_for_timeout(400)
    assert words.text_content() == held
    page.get_by_label("Speed").select_option("20")
    page.get_by_role("button", name="Play").click()
    expect(words).to_contain_text("The stretch ends here.")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    expect(words).not_to_contain_text("The stretch ends here.")


def test_with_less_motion_nothing_glides(page: Page, animation: QueueAnimation) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, animation)
    places = "() => [...document.querySelectorAll('.ops-queue-customer')].map((each) => each.getAttribute('transform'))"
    page.get_by_label("Speed").select_option("1")
    page.get_by_role("button", name="Play").click()
    seen = set()
    for _ in range(20):
        seen.add(json.dumps(page.evaluate(places)))
        page.wait_for_timeout(110)
    # In two seconds it shows the opening and one scene a second after it, and nothing between them.
    assert 1 <= len(seen) <= 4


def test_a_slider_brings_another_path(page: Page, animation: QueueAnimation) -> None:
    show(page, animation)
    clock(page, 7)
    page.get_by_role("slider", name="Clerks").press("ArrowRight")
    expect(page.locator(".ops-queue-desk")).to_have_count(3)
    expect(page.locator(".ops-view-words")).to_contain_text("09:00: 1 of 3 clerks busy")
    expect(page.locator(".ops-sentence")).to_have_text("3 clerks, <b>one</b> line.")
    page.get_by_role("button", name="Back to the start").click()
    expect(page.locator(".ops-queue-desk")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(page: Page, animation: QueueAnimation, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    show(page, animation)
    clock(page, 7)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    names = page.locator(".ops-queue-floor text").evaluate_all(
        "(all) => { const end = (part) => part.getBoundingClientRect().right;"
        " return all.map((each) => end(each) - end(each.closest('svg'))); }"
    )
    assert max(names) <= 0


def test_without_a_script_the_picture_stands(browser: Browser, animation: QueueAnimation) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    html = explorer_figure(animation.payload, static="_static", name="queue").html
    page.set_content(f"<main>{html}</main>")
    expect(page.get_by_role("img", name="A step line of those who wait.").first).to_be_visible()
    expect(page.locator(".ops-sentence")).to_have_text("2 clerks, <b>one</b> line.")
    context.close()
