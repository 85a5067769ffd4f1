"""The blueprint editor: what Python works out for every arrangement, and how a reader moves steps, by any means."""

import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import assume, given, settings
from playwright.sync_api import Browser, Locator, Page, expect

from opsbook import blueprint, exercises
from opsbook.blueprint import LANES, Blueprint, Link, Step
from opsbook.errors import BlueprintError, UnknownNameError
from opsbook.exercises.blueprint_editor import BlueprintEditor, BlueprintWidget
from opsbook.exercises.explorers import MAX_BYTES
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.figures import explorer_figure
from tests.test_blueprint import blueprints

from .shown import opened, show

WORDS = {"message": "What moves changes", "description": "Five boxes in three lanes.", "subtitle": "Invented"}
COUNTER = """
name: A counter
resources: {clerk: 1, officer: 1}
steps:
  - {id: ask, name: Hand in the form, lane: customer, mean: 1}
  - {id: hear, name: Take the form, lane: frontstage, mean: 2, resource: clerk, elsewhere: {customer: {mean: 3}}}
  - {id: check, name: Check the form, lane: frontstage, mean: 6, resource: clerk, contact: passive,
     fail_point: Wrong file, poka_yoke: Bar code}
  - {id: decide, name: Decide, lane: frontstage, mean: 4, resource: officer, contact: passive}
  - {id: tell, name: Tell the result, lane: frontstage, mean: 2, resource: clerk}
links:
  - {from: ask, to: hear}
  - {from: hear, to: check}
  - {from: check, to: decide}
  - {from: decide, to: tell}
"""
PLAN = blueprint.load(COUNTER)


@pytest.fixture
def editor() -> BlueprintEditor:
    return exercises.edit_blueprint(PLAN, movable=["hear", "check", "decide", "tell"], job="case", **WORDS)


# --- What Python hands over ------------------------------------------------------------------------------------


def agree(plan: Blueprint, data: dict[str, Any]) -> None:
    """Compare every entry of the page's table with the blueprint that Python makes of the same arrangement."""
    ids = [step.id for step in plan.steps]
    options = [each["lanes"] for each in data["movable"]]
    assert len(data["results"]) == math.prod(map(len, options))
    for places, found in zip(itertools.product(*options), data["results"], strict=True):
        lanes = {ids[each["step"]]: LANES[1 + lane] for each, lane in zip(data["movable"], places, strict=True)}
        if isinstance(found, int):
            with pytest.raises(BlueprintError) as refused:
                plan.rearrange(lanes)
            assert data["reasons"][found] == refused.value.problems[0]
            continue
        arranged = plan.rearrange(lanes)
        contact, flow, ratio, capacity, limit, critical = found
        assert contact == pytest.approx(arranged.contact_time, abs=1e-4)
        assert flow == pytest.approx(arranged.flow_time, abs=1e-4)
        assert (
            ratio is None
            if math.isnan(arranged.contact_ratio)
            else ratio == pytest.approx(arranged.contact_ratio, abs=1e-4)
        )
        assert (
            capacity is None
            if math.isinf(arranged.capacity)
            else capacity == pytest.approx(arranged.capacity, abs=1e-4)
        )
        assert (data["resources"][limit] if limit >= 0 else "none") == arranged.bottleneck
        assert [ids[number] for number in critical] == list(arranged.critical_path().steps)
        if not arranged.exact:
            assert not data["exact"]


def test_the_page_and_python_agree_on_every_arrangement(editor: BlueprintEditor) -> None:
    data = editor.payload["data"][""]
    agree(PLAN, data)
    assert any(isinstance(found, int) for found in data["results"])
    for each in data["movable"]:
        step = PLAN.steps[each["step"]]
        for lane in range(len(LANES) - 1):
            assert (lane in each["lanes"]) == (step.refusal(LANES[1 + lane]) == "")
            assert each["refused"].get(lane, "") == step.refusal(LANES[1 + lane])


@settings(deadline=None, max_examples=15)
@given(blueprints(spread=True))
def test_they_agree_on_any_blueprint(plan: Blueprint) -> None:
    movable = [step.id for step in plan.steps if any(not step.refusal(lane) for lane in LANES[1:] if lane != step.lane)]
    assume(movable)
    data = exercises.edit_blueprint(plan, movable=movable[:3], **WORDS).data()
    agree(plan, data)
    assert json.loads(json.dumps(data, allow_nan=False))["results"] == data["results"]


def test_all_that_can_move_is_movable_where_nothing_is_said() -> None:
    data = exercises.edit_blueprint(PLAN, **WORDS).data()
    assert [PLAN.steps[each["step"]].id for each in data["movable"]] == ["hear", "check", "decide", "tell"]


def test_the_figure_is_weighed_and_reads_without_a_script(editor: BlueprintEditor) -> None:
    assert len(json.dumps(editor.payload)) < MAX_BYTES
    assert editor.payload["sentences"][""] == (
        "As it is drawn, a case takes 15.0 minutes, and the customer is present for 15.0 of them (100%). "
        "At most 6.0 cases an hour are possible, limited by the clerk."
    )
    html = explorer_figure(editor.payload, static="_static", name="editor").html
    assert "As it is drawn" in html
    assert "Check the form" in html.split("<table")[1]
    stored = editor._repr_mimebundle_()
    assert stored[VIEW_MIME_TYPE] == editor.payload
    assert stored["text/plain"] == repr(editor) == "[Editor] What moves changes"


def test_a_sketch_without_times_or_staff_can_be_rearranged_too() -> None:
    plan = Blueprint("A", [Step("a", "A", "frontstage", contact="passive")])
    made = exercises.edit_blueprint(plan, **WORDS)
    assert made.payload["sentences"][""] == "As it is drawn, a job takes 0.0 minutes."
    agree(plan, made.data())


def test_what_only_staff_may_do_stays_with_them() -> None:
    limited = COUNTER.replace(
        "name: Decide, lane: frontstage,", "name: Decide, lane: frontstage, lanes: [frontstage, backstage],"
    )
    assert limited != COUNTER
    plan = blueprint.load(limited)
    data = exercises.edit_blueprint(plan, movable=["decide"], **WORDS).data()
    (decide,) = data["movable"]
    assert [data["lanes"][lane] for lane in decide["lanes"]] == ["frontstage", "backstage"]
    assert [decide["refused"][data["lanes"].index(lane)] for lane in ("customer", "support")] == [
        "'Decide' is for staff only.",
        "'Decide' may be done in the lane frontstage or backstage only.",
    ]
    agree(plan, data)


def test_what_cannot_be_edited() -> None:
    with pytest.raises(UnknownNameError, match="no step called 'chek'"):
        exercises.edit_blueprint(PLAN, movable=["chek"], **WORDS)
    with pytest.raises(ValueError, match="`movable` must name a step that can be done in another lane"):
        exercises.edit_blueprint(PLAN, movable=["ask"], **WORDS)
    steps = [Step(f"s{n}", f"S {n}", "frontstage", contact="passive") for n in range(9)]
    with pytest.raises(ValueError, match="at most 4096 arrangements, got 262,144; let the reader move fewer"):
        exercises.edit_blueprint(Blueprint("Many", steps, [Link("s0", s.id) for s in steps[1:]]), **WORDS)


def test_in_jupyterlab_the_element_gets_the_same(editor: BlueprintEditor) -> None:
    _, view, words = editor.live().children
    assert isinstance(view, BlueprintWidget)
    assert view.data == editor.payload["data"][""]
    assert "As it is drawn" in words.value


# --- In a browser ----------------------------------------------------------------------------------------------


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, viewport={"width": 800, "height": 1200}, has_touch=True)


def lane(page: Page, name: str) -> list[str]:
    return page.get_by_role("list", name=f"{name}: steps").locator(".ops-bp-name").all_text_contents()


def task(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def results(page: Page) -> list[list[str]]:
    """Return the cells of the table: at first, now, change."""
    rows = page.locator(".ops-bp-results tbody tr")
    return [row.locator("td").all_text_contents() for row in rows.all()]


BEFORE = [
    ["15.0 min", "15.0 min", "no change"],
    ["15.0 min", "15.0 min", "no change"],
    ["100%", "100%", "no change"],
    ["6.0 cases/h", "6.0 cases/h", "no change"],
    ["clerk", "clerk", "no change"],
]


def test_at_first_nothing_is_moved(page: Page, editor: BlueprintEditor) -> None:
    show(page, editor)
    assert lane(page, "customer") == ["1 Hand in the form"]
    assert lane(page, "frontstage") == ["2 Take the form", "3 Check the form", "4 Decide", "5 Tell the result"]
    assert results(page) == BEFORE
    expect(page.get_by_role("button", name="Hand in the form")).to_have_count(0)
    expect(page.get_by_text("Fail point: Wrong file")).to_be_visible()
    expect(page.get_by_role("figure").get_by_role("button", name="Back to the start")).to_have_count(1)
    expect(page.locator(".ops-view-words")).to_have_text("Nothing is moved yet.")


def test_by_keyboard_alone(page: Page, editor: BlueprintEditor) -> None:
    show(page, editor)
    check = task(page, "3 Check the form")
    check.focus()
    page.keyboard.press("ArrowDown")
    assert lane(page, "backstage") == ["3 Check the form"]
    expect(check).to_be_focused()
    expect(page.locator(".ops-view-words")).to_have_text(
        "Check the form: from frontstage to backstage. Customer present 9.0 min (at first 15.0 min); "
        "flow time, capacity and bottleneck as at first."
    )
    assert results(page)[0] == ["15.0 min", "9.0 min", "−6.0 min"]
    assert results(page)[2] == ["100%", "60%", "−40 points"]
    widths = [float(bar.get_attribute("width") or 0) for bar in page.locator(".ops-bp-bars rect").all()]
    assert [width / widths[0] for width in widths] == pytest.approx([1, 1, 1, 0.6])
    page.keyboard.press("ArrowUp")
    assert results(page) == BEFORE
    page.keyboard.press("ArrowUp")
    expect(page.locator(".ops-view-words")).to_contain_text("Check the form: from frontstage to customer.")
    page.get_by_role("button", name="Undo").press("Enter")
    assert lane(page, "customer") == ["1 Hand in the form"]
    expect(page.locator(".ops-view-words")).to_contain_text("Undone.")
    expect(page.locator(".ops-view-words")).to_contain_text(
        "Customer present, flow time, capacity and bottleneck as at"
    )
    # What "Back to the start" undoes can be had again, and all of it be undone one by one.
    check.press("ArrowDown")
    page.get_by_role("button", name="Back to the start").press("Enter")
    assert results(page) == BEFORE
    page.get_by_role("button", name="Undo").press("Enter")
    assert lane(page, "backstage") == ["3 Check the form"]
    for _ in range(3):
        page.get_by_role("button", name="Undo").press("Enter")
    assert results(page) == BEFORE
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".ops-view-words")).to_have_text("There is nothing to undo.")


def test_buttons_name_where_they_lead_and_a_refusal_says_why(page: Page, editor: BlueprintEditor) -> None:
    show(page, editor)
    page.get_by_role("button", name="Move “Take the form” up to customer").click()
    assert lane(page, "customer") == ["1 Hand in the form", "2 Take the form"]
    assert results(page)[3] == ["6.0 cases/h", "7.5 cases/h", "+1.5/h"]
    assert results(page)[1] == ["15.0 min", "16.0 min", "+1.0 min"]
    page.get_by_role("button", name="Move “Tell the result” down").click(force=True)
    words = page.locator(".ops-view-words")
    expect(words).to_contain_text("Not moved to backstage. 'Tell the result' needs the customer to take part")
    # With the form taken by customers themselves, checking it backstage would skip the front.
    page.get_by_role("button", name="Move “Check the form” down").click(force=True)
    expect(words).to_contain_text("Not moved to backstage. The link from 'Take the form' (customer) to")
    expect(words).to_contain_text("skips frontstage")
    assert lane(page, "backstage") == []
    task(page, "4 Decide").click()
    expect(words).to_contain_text("Decide: frontstage. It can move to customer or backstage. Not to support:")
    task(page, "5 Tell the result").click()
    expect(words).to_contain_text("It can move to customer. Not to backstage or support: 'Tell the result' needs")
    page.get_by_text("1 Hand in the form").click()
    expect(words).to_have_text("Hand in the form stays where it is here.")


def drag(page: Page, grip: Locator, target: Locator) -> None:
    start, end = grip.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, end["y"] + end["height"] / 2, steps=6)


def test_by_mouse(page: Page, editor: BlueprintEditor) -> None:
    show(page, editor)
    rows = page.locator(".ops-bp-lane")
    drag(page, task(page, "4 Decide"), rows.nth(2))
    expect(rows.nth(2)).to_have_class("ops-bp-lane ops-bp-open")
    page.mouse.up()
    assert lane(page, "backstage") == ["4 Decide"]
    assert results(page)[0] == ["15.0 min", "11.0 min", "−4.0 min"]
    drag(page, page.locator(".ops-bp-handle").first, rows.nth(3))
    expect(rows.nth(3)).to_have_class("ops-bp-lane ops-bp-shut")
    page.mouse.up()
    expect(page.locator(".ops-view-words")).to_contain_text("Not moved to support. 'Take the form' needs the customer")
    expect(page.locator(".ops-bp-held, .ops-bp-shut, .ops-bp-open")).to_have_count(0)
    drag(page, task(page, "3 Check the form"), page.get_by_role("heading", name="V"))
    page.mouse.up()
    expect(page.locator(".ops-view-words")).to_have_text("Not moved. Drop it on a lane, or use its arrow buttons.")
    drag(page, task(page, "3 Check the form"), rows.nth(2))
    page.keyboard.press("Escape")
    page.mouse.up()
    assert lane(page, "backstage") == ["4 Decide"]


def test_by_touch_the_handle_drags_and_the_rest_scrolls(page: Page, editor: BlueprintEditor) -> None:
    page.set_viewport_size({"width": 390, "height": 1000})
    show(page, editor)
    session = page.context.new_cdp_session(page)

    def swipe(grip: Locator, target: Locator) -> None:
        start, end = grip.bounding_box(), target.bounding_box()
        assert start is not None
        assert end is not None
        x, y, goal = start["x"] + 12, start["y"] + start["height"] / 2, end["y"] + end["height"] / 2
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 9):
            point = {"x": x + part, "y": y + (goal - y) * part / 8}
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    card = page.locator(".ops-bp-movable", has=task(page, "4 Decide"))
    card.scroll_into_view_if_needed()
    swipe(card.locator(".ops-bp-words"), page.locator(".ops-bp-lane").nth(2))
    assert lane(page, "backstage") == []
    card.scroll_into_view_if_needed()
    page.locator(".ops-bp-lane").nth(2).scroll_into_view_if_needed()
    swipe(card.locator(".ops-bp-handle"), page.locator(".ops-bp-lane").nth(2))
    assert lane(page, "backstage") == ["4 Decide"]


def test_a_step_held_at_an_edge_scrolls_the_page(page: Page, editor: BlueprintEditor) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    show(page, editor)
    grip = page.locator(".ops-bp-handle").first
    grip.scroll_into_view_if_needed()
    box, words = grip.bounding_box(), page.locator(".ops-view-words").bounding_box()
    assert box is not None
    assert words is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, words["y"] - 20, steps=4)
    # It stops when the last lane is in sight above the words.
    page.wait_for_function(
        """() => document.querySelectorAll(".ops-bp-lane")[3].getBoundingClientRect().bottom
            <= document.querySelector(".ops-view-words").getBoundingClientRect().top + 1"""
    )
    held = page.locator(".ops-bp-held .ops-bp-handle").bounding_box()
    assert held is not None
    assert abs(held["y"] + 10 - (words["y"] - 20)) < 12
    page.mouse.move(box["x"] + 10, 70, steps=4)
    page.wait_for_function("() => document.querySelector('.ops-bp-lane').getBoundingClientRect().top >= 60")
    page.keyboard.press("Escape")
    expect(page.locator(".ops-bp-held")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_axe_finds_nothing(page: Page, editor: BlueprintEditor, scheme: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    show(page, editor)
    task(page, "3 Check the form").press("ArrowDown")
    page.get_by_role("button", name="Move “Tell the result” down").click(force=True)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    low = "(all) => all.filter((each) => each.offsetWidth && Math.min(each.offsetHeight, each.offsetWidth) < 32).length"
    assert page.locator("ops-blueprint button").evaluate_all(low) == 0


def test_without_a_script_the_picture_stands(browser: Browser, editor: BlueprintEditor) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    html = explorer_figure(editor.payload, static="_static", name="editor").html
    page.set_content(f"<main>{html}</main>")
    expect(page.get_by_role("img", name="Five boxes in three lanes.").first).to_be_visible()
    expect(page.locator(".ops-sentence")).to_contain_text("As it is drawn, a case takes 15.0 minutes")
    expect(page.get_by_text("Check the form").first).to_be_attached()
    context.close()
