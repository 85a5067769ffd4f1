"""No page breaks WCAG 2.2 AA or axe's best practices: in light and wide, in dark at 320 px, folded and opened."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from opsbook import exercises

from .place import CHAPTER, EXAM, EXERCISES, PROGRESS, needs_exam

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Rules of these criteria that run only when asked for by name.
NAMED = ("target-size", "label-content-name-mismatch", "td-has-header")
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {name: {"enabled": True} for name in NAMED}}
# What rests on colours, and on room. Each run takes axe a second or two to read the page, so these two share one.
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
NARROW_AND_DARK = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
WITH_QUESTIONS = (CHAPTER, EXERCISES)

# Opens what is folded, and answers each question wrongly, or with nothing, so that its feedback is there to see.
OPEN_ALL = """() => {
    for (const question of document.querySelectorAll("ops-question:not([data-kind=withheld])")) {
        for (const group of question.querySelectorAll("fieldset")) {
            group.querySelector("input[type=radio], input[type=checkbox]")?.click();
        }
        for (const field of question.querySelectorAll("input[type=text], textarea")) field.value = "123456.7";
        question.querySelector(".ops-move[aria-disabled=false]")?.click();
        const check = question.querySelector(".ops-check");
        if (!check.hidden) check.click();
        const hint = question.querySelector(".ops-hint");
        while (!hint.hidden && hint.getAttribute("aria-disabled") === "false") hint.click();
        question.querySelector(".ops-solve").click();
    }
    for (const fold of document.querySelectorAll("details")) fold.open = true;
}"""
# Marks the texts whose contrast axe is to judge, which takes it longer than all its other rules together. What is set
# alike on the same ground has the same contrast: three of a kind are judged, the first, the middle and the last one.
# Whatever is a control, drawn, or placed out of the flow, and so perhaps on another ground, is a kind by itself.
SAMPLE_TEXTS = """() => {
    const alone = "button, input, select, textarea, label, svg, [aria-disabled]";
    const unpainted = "rgba(0, 0, 0, 0),none,1,none,normal";
    const grounds = new Map([[null, ""]]);
    const ground = (element) => {
        if (!grounds.has(element)) {
            const style = getComputedStyle(element);
            const painted = ["backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode"];
            const paint = painted.map((name) => style[name]).join();
            const flows = [style.position, style.float, style.transform].join() === "static,none,none";
            const place = flows && !style.margin.includes("-") ? "" : grounds.size;
            const own = (paint === unpainted ? "" : paint) + place;
            grounds.set(element, own ? `${ground(element.parentElement)}|${own}` : ground(element.parentElement));
        }
        return grounds.get(element);
    };
    const alike = new Map();
    for (const element of document.querySelectorAll("body, body *")) {
        delete element.dataset.judged;
        const text = [...element.childNodes].map((node) => (node.nodeType === 3 ? node.data : "")).join("").trim();
        // A single sign is never a fault to axe.
        if (text.length < 2 && !element.matches("input, select, textarea")) continue;
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
        const words = /[a-z0-9]{2}/i.test(text);
        const kind = element.closest(alone)
            ? alike.size
            : [ground(element), color, fontSize, fontWeight, textShadow, words].join();
        alike.set(kind, [...(alike.get(kind) || []), element]);
    }
    for (const each of alike.values()) {
        for (const place of [0, each.length >> 1, each.length - 1]) each[place].dataset.judged = "";
    }
    axe.configure({ rules: [{ id: "color-contrast", selector: "[data-judged]" }] });
}"""
# Answers each question of an exam, as a person does, and goes on to the next, up to the review.
ANSWER_ALL = """() => {
    const stage = document.querySelector("ops-exam");
    const press = (name) => {
        const buttons = [...stage.querySelectorAll(".ops-exam-actions button")];
        const button = buttons.find((each) => each.textContent === name);
        button?.click();
        return Boolean(button);
    };
    do {
        const question = stage.querySelector("ops-question");
        for (const field of question.querySelectorAll("input[type=text]")) {
            field.value = "123456.7";
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        for (const group of question.querySelectorAll("fieldset")) {
            group.querySelector("input[type=radio], input[type=checkbox]")?.click();
        }
    } while (press("Next"));
    press("Review and finish");
}"""
# What reaches beyond the right edge although it does not stand in a box that scrolls by itself.
TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const scrolls = (each) => each && each !== document.body && each !== root
        && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement));
    const reaches = (each) => each.getBoundingClientRect().right > root.clientWidth + 0.5;
    return [...document.querySelectorAll("body *")]
        .filter((each) => reaches(each) && !reaches(each.parentElement) && !scrolls(each.parentElement))
        .map((each) => each.outerHTML.slice(0, 100));
}"""

Open = Callable[..., Page]


def violations(page: Page, options: dict[str, Any], *expected: str) -> list[str]:
    """Return what axe finds, one entry for each kind of fault; `expected` names rules that must have run."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.evaluate(SAMPLE_TEXTS)
    response = page.evaluate("(options) => axe.run(options)", {**options, "resultTypes": ["violations"]})
    ran = {rule["id"] for kind in ("violations", "passes", "incomplete", "inapplicable") for rule in response[kind]}
    assert set(expected) <= ran, ran
    found: dict[tuple[str, str], list[str]] = {}
    for rule in response["violations"]:
        for node in rule["nodes"]:
            summary = " ".join(node["failureSummary"].split())
            found.setdefault((rule["id"], summary), []).append(" ".join(map(str, node["target"])))
    return [f"{rule}: {summary}\n    {len(where)} × {where[:3]}" for (rule, summary), where in found.items()]


def look(page: Page) -> list[str]:
    """Return every fault of the page as it stands: wide in light, and at 320 px in dark."""
    # Under the header that stays in view, axe would take a button for hidden.
    page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
    found = [f"light: {fault}" for fault in violations(page, EVERYTHING, "color-contrast", "region", *NAMED)]
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 800})
    found += [f"320 px, dark: {each}" for each in violations(page, NARROW_AND_DARK, "color-contrast", "target-size")]
    found += [f"320 px, too wide: {fault}" for fault in page.evaluate(TOO_WIDE)]
    assert found or page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(color_scheme="light")
    return found


def hold(faults: dict[str, list[str]]) -> None:
    """Fail with a list of the faults, each with the pages that share it."""
    pages: dict[str, list[str]] = {}
    for page, found in faults.items():
        for fault in found:
            pages.setdefault(fault, []).append(page)
    if pages:
        told = (f"{fault}\n    on {', '.join(sorted(set(where)))}" for fault, where in pages.items())
        pytest.fail("\n\n".join(told), pytrace=False)


def test_every_page(pages: list[str], open_page: Open) -> None:
    faults = {}
    for name in pages:
        page = open_page(name, color_scheme="light")
        page.wait_for_load_state("networkidle")
        faults[name] = look(page)
        page.context.close()
    assert len(faults) >= 11
    hold(faults)


@pytest.mark.parametrize("name", WITH_QUESTIONS)
def test_pages_with_everything_opened_and_answered(name: str, open_page: Open) -> None:
    page = open_page(name, color_scheme="light")
    page.evaluate(OPEN_ALL)
    # Explorers come alive when they near the screen.
    for explorer in page.locator(".ops-explorer").all():
        explorer.scroll_into_view_if_needed()
        explorer.locator(".ops-live svg").first.wait_for()
    page.wait_for_load_state("networkidle")
    # The contents beside a wide page are made alike on all; in dark they are seen here.
    page.emulate_media(color_scheme="dark")
    faults = [f"wide, dark: {fault}" for fault in violations(page, CONTRAST, "color-contrast")]
    page.emulate_media(color_scheme="light")
    hold({name: faults + look(page)})


def test_progress_with_answers(open_page: Open) -> None:
    page = open_page(WITH_QUESTIONS[1], color_scheme="light")
    page.evaluate(OPEN_ALL)
    page.goto(page.url.replace(WITH_QUESTIONS[1], PROGRESS))
    page.locator(".ops-bar").first.wait_for()
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    hold({PROGRESS: look(page)})


@needs_exam
def test_an_exam_at_every_stage(open_page: Open) -> None:
    everything = sum("exam" in each.pool and each.kind not in {"reflect", "code"} for each in exercises.bank())
    page = open_page(f"{EXAM}?seed=3&n={everything}&minutes=30", color_scheme="light")
    page.get_by_role("button", name="Start the exam").click()
    faults = {}
    first = {each.kind: place for place, each in reversed([*enumerate(exercises.draw_exam(everything, seed=3), 1)])}
    assert len(first) == 5
    for kind, place in first.items():
        page.get_by_role("button", name=re.compile(f"^Question {place}:")).click()
        page.get_by_role("heading", name=f"Question {place} of {everything}").wait_for()
        assert page.locator("ops-question").get_attribute("data-kind") == kind
        faults[f"an exam's {kind}"] = look(page)
        page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name=re.compile("^Question 1:")).click()
    page.evaluate(ANSWER_ALL)
    page.get_by_role("heading", name="Review").wait_for()
    faults["the review"] = look(page)
    page.get_by_role("button", name="Finish the exam").click()
    page.get_by_role("heading", name="Result").wait_for()
    faults["the result"] = look(page)
    hold(faults)


def test_search_results(open_page: Open) -> None:
    page = open_page("search.html?q=contact", color_scheme="light")
    page.locator("#search-results a").first.wait_for()
    hold({"search.html": look(page)})


def test_no_page_is_too_wide_without_script(pages: list[str], open_page: Open) -> None:
    page = open_page(pages[0], java_script_enabled=False, viewport={"width": 320, "height": 800})
    home = page.url.removesuffix(pages[0])
    faults = {}
    for name in pages:
        page.goto(home + name)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        faults[name] = page.evaluate(TOO_WIDE)
    hold(faults)
