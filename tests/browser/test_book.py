"""The built book in a real browser: it opens anywhere, answers to a keyboard, and keeps to itself."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
import yaml
from playwright.sync_api import Page, Route, expect

from opsbook import exercises

from .asked import Asked, comments, questions_in, right, wrong
from .markup import Markup, squeezed, words_of
from .place import CHAPTER, EXEMPLAR, EXERCISES, LANDING, for_learners

CHART = "application/vnd.vegalite.v5+json"
EXPLORER = "application/vnd.opsbook.explorer.v1+json"
KEPT_BACK = {"solution", "instructor"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# The controls of the text that lie upon one another.
COVERED = """() => {
    const controls = [...document.querySelectorAll("main :is(a, button, summary, input)")]
        .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
    // A link that breaks over two lines has a rectangle on each.
    const boxes = controls.flatMap((each) => [...each.getClientRects()].map((box) => [each, box]));
    const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 4
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
    const found = [];
    boxes.forEach(([one, a], place) => boxes.slice(place + 1).forEach(([other, b]) => {
        if (overlap(a, b) && !one.contains(other) && !other.contains(one)) {
            found.push(`${one.textContent.trim()} / ${other.textContent.trim()}`);
        }
    }));
    return found;
}"""
OPEN_ALL = "for (const fold of document.querySelectorAll('details')) fold.open = true"

Open = Callable[..., Page]


# --- Reading pages and notebooks -------------------------------------------------------------------------------


def outputs(notebook: Path, *kinds: str) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return [bundle[kind] for bundle in bundles for kind in kinds if kind in bundle]


@pytest.fixture(scope="session")
def markups(site: Path, pages: list[str]) -> dict[str, Markup]:
    return {name: Markup((site / name).read_text(encoding="utf-8")) for name in pages}


@pytest.fixture(scope="session")
def figures(root: Path) -> list[dict[str, Any]]:
    """Return what the chapter's notebook says of each figure, in the order of the page."""
    stored = outputs(root / "chapters" / f"{EXEMPLAR}.ipynb", EXPLORER, CHART)
    return [each.get("spec", each) for each in stored]


@pytest.fixture(scope="session")
def explorers(root: Path) -> list[dict[str, Any]]:
    return outputs(root / "chapters" / f"{EXEMPLAR}.ipynb", EXPLORER)


@pytest.fixture(scope="session")
def questions(root: Path) -> list[Any]:
    """Return the chapter's questions in the order of the page."""
    return questions_in(root / "chapters" / f"{EXEMPLAR}.ipynb")


@dataclass(frozen=True)
class Sought:
    """What one may look for in the search: a word that the chapter explains, and the title of the chapter."""

    term: str
    title: str


@pytest.fixture(scope="session")
def sought(markups: dict[str, Markup]) -> Sought:
    explained = [each["data-term"] for each in markups[CHAPTER].all("a") if "data-term" in each]
    heading = re.search(r'<h1>(?:<span class="section-number">.*?</span>)?([^<]+)', markups[CHAPTER].html)
    assert heading is not None
    return Sought(next(term for term in explained if term.isalpha()), unescape(heading[1]).strip())


def to_the_end(page: Page) -> None:
    """Scroll through the page as a reader does, a screen at a time."""
    page.evaluate(
        """async () => {
            const pause = () => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 60));
            for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
                window.scrollTo({ top: y, behavior: "instant" });
                await pause();
            }
        }"""
    )
    page.wait_for_load_state("networkidle")


# --- Every page ------------------------------------------------------------------------------------------------


class TestEveryPage:
    @pytest.mark.whole_book  # an edition hands out no _toc.yml; that its pages are those planned, its own tests say
    def test_is_there(self, root: Path, pages: list[str]) -> None:
        toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
        chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
        listed = [toc["root"], *(each["file"] for top in chapters for each in (top, *top.get("sections", [])))]
        assert sorted(pages) == sorted(f"{name}.html" for name in [*listed, "search"])

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_keeps_to_itself_and_has_nothing_to_complain_of(self, pages: list[str], over: str, open_page: Open) -> None:
        # What is heard on the way, `open_page` holds against this test. A tall window sees a page in few steps.
        page = open_page(pages[0], over=over, viewport={"width": 1280, "height": 3200})
        home = page.url.removesuffix(pages[0])
        if over == "http":  # a file may do less than a host's page, so of pages made alike this one sees every sixth
            pages = [name for name in pages if "/" not in name] + [name for name in pages if "/" in name][::6]
        for name in pages:
            page.goto(home + name)
            page.evaluate(OPEN_ALL)
            to_the_end(page)
            assert page.evaluate("document.fonts.ready.then((fonts) => fonts.size)") > 0

    def test_names_no_other_host_except_in_links(self, markups: dict[str, Markup]) -> None:
        named = {
            (page, tag, address)
            for page, markup in markups.items()
            for tag, attributes in markup.elements
            for name in ("src", "href", "action", "data", "poster", "srcset", "formaction", "ping")
            for address in [attributes.get(name, "")]
            if tag != "a" and urlsplit(address).netloc
        }
        assert named == set()

    def test_leads_nowhere_that_is_not_there(self, site: Path, markups: dict[str, Markup]) -> None:
        broken, followed = [], 0
        for page, markup in markups.items():
            for attributes in markup.all("a", "link", "script", "img", "source"):
                address = attributes.get("href", attributes.get("src", ""))
                if not address or urlsplit(address).scheme:
                    continue
                path, anchor = urldefrag(urljoin(page, address))
                path, anchor = unquote(path), unquote(anchor)
                followed += 1
                if not (site / path).is_file() or (anchor and anchor not in markups[path].ids):
                    broken.append((page, address))
        assert broken == []
        assert followed > 100

    def test_says_what_it_is(self, markups: dict[str, Markup]) -> None:
        faults = []
        for page, markup in markups.items():
            title = re.search(r"<title>(.*?)</title>", markup.html, re.DOTALL)
            description = [each["content"] for each in markup.all("meta") if each.get("name") == "description"]
            for what, holds in {
                "language": markup.all("html")[0].get("lang") == "en",
                "title": title is not None and len(title[1].strip()) > 5,
                "description": len(description) == 1 and 20 < len(description[0]) <= 160,
                "h1": len(markup.all("h1")) == 1,
                "ids": sum("id" in attributes for _, attributes in markup.elements) == len(markup.ids),
            }.items():
                if not holds:
                    faults.append((page, what))
        titles = [re.search(r"<title>(.*?)</title>", markup.html)[1] for markup in markups.values()]
        assert len(set(titles)) == len(titles)
        assert faults == []

    def test_gives_every_picture_its_size(self, markups: dict[str, Markup]) -> None:
        pictures = [
            (page, tag, attributes)
            for page, markup in markups.items()
            for tag, attributes in markup.elements
            if tag in {"img", "svg", "iframe", "video", "canvas"}
        ]
        unsized = {
            (page, tag, attributes.get("class", attributes.get("src", "")))
            for page, tag, attributes in pictures
            if not all(re.fullmatch(r"[0-9.]+", attributes.get(side, "")) for side in ("width", "height"))
        }
        assert len(pictures) > 20
        assert unsized == set()

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_is_reached_through_the_front_door(self, over: str, open_page: Open) -> None:
        page = open_page("index.html", over=over)
        page.wait_for_url(f"**/{LANDING}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    @pytest.mark.parametrize("widths", [(1100, 1280), (390,)], ids=["desktop", "phone"])
    def test_follows_the_one_before_and_serves_keyboard_and_pointer(
        self, pages: list[str], widths: tuple[int, ...], open_page: Open
    ) -> None:
        """Turn every page with "Next" and try it: one walk for all, since pages take long to come."""
        page = open_page(LANDING)
        home = page.url.removesuffix(LANDING)
        walked, covered, stops = [LANDING], {}, {}
        while True:
            name = walked[-1]
            for width in widths:
                page.set_viewport_size({"width": width, "height": 800})
                covered[name, width] = page.evaluate(COVERED)
            stops[name] = self.tabs_to_the_text(page)
            if name == "search.html":
                break
            if page.locator("a.next").count():
                page.locator("a.next").click()
                page.wait_for_url(lambda address: address != home + walked[-1])
                walked.append(page.url.removeprefix(home))
            else:  # behind the last page there is the search, which no page leads on to
                page.goto(f"{home}search.html")
                walked.append("search.html")
        assert sorted(walked) == sorted(pages)
        assert {where: found for where, found in covered.items() if found} == {}
        assert max(stops.values()) <= 15, stops

    @staticmethod
    def tabs_to_the_text(page: Page) -> int:
        """Press Tab until the text has the focus, use the link that skips the way, and return how many stops it has."""
        if page.locator("article [autofocus]:not(dialog *)").count():
            expect(page.locator("article [autofocus]:not(dialog *)")).to_be_focused()
            return 0
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        expect(skip).to_have_text("Skip to the text")
        expect(skip).to_be_in_viewport(ratio=1)
        count = 0
        # -1: before the article; 0: in it; 1: past it.
        while (
            page.evaluate(
                """() => {
                    const article = document.querySelector("article");
                    const here = document.activeElement;
                    if (article.contains(here)) return 0;
                    const after = article.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING;
                    return after ? 1 : -1;
                }"""
            )
            < 0
        ):
            page.keyboard.press("Tab")
            count += 1
            assert count < 100
        page.locator(".skip-link").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)"), page.url
        return count

    @pytest.mark.parametrize("profile", [{}, PHONE], ids=["desktop", "phone"])
    def test_stands_still_while_it_arrives(self, profile: dict[str, Any], open_page: Open) -> None:
        page = open_page("search.html", **profile)
        home = page.url.removesuffix("search.html")
        page.add_init_script(
            """window.shifts = [];
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
                    const moved = entry.sources.map(({ node }) => node && (node.className || node.nodeName));
                    window.shifts.push([entry.value, String(moved)]);
                }
            }).observe({ type: "layout-shift", buffered: true });"""
        )
        # A slow line, so that fonts arrive after the text that they set.
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000},
        )
        for name in (LANDING, CHAPTER):
            page.goto(home + name)
            to_the_end(page)
            shifts = page.evaluate("window.shifts")
            assert sum(value for value, _ in shifts) < 0.05, (name, shifts)


# --- The chapter: figures --------------------------------------------------------------------------------------


class TestFigures:
    def test_show_their_data_and_hand_it_over(self, figures: list[dict[str, Any]], open_page: Open) -> None:
        page = open_page(CHAPTER)
        shown = page.locator("figure.ops-chart")
        assert shown.count() == len(figures) >= 4
        # A deeper section's figures are in the page, folded.
        page.evaluate("for (const fold of document.querySelectorAll('details.deeper')) fold.open = true")
        for place, spec in enumerate(figures):
            figure = shown.nth(place)
            details = figure.locator("details.ops-data")
            table = details.locator("table")
            expect(table).to_be_hidden()
            details.locator("summary").click()
            expect(table).to_be_visible()
            with page.expect_download() as download:
                details.get_by_role("link", name="CSV").click()
            assert download.value.suggested_filename.endswith(".csv")
            written = download.value.path().read_text(encoding="utf-8")
            rows = list(csv.DictReader(io.StringIO(written)))
            source = next(
                data for data in spec["datasets"].values() if len(data) == len(rows) and list(data[0]) == list(rows[0])
            )
            for row, told in zip(source, rows, strict=True):
                for name, value in row.items():
                    number = isinstance(value, int | float) and not isinstance(value, bool)
                    assert (float(told[name]) if number else told[name]) == ("" if value is None else value)
            cells = table.locator("tbody tr").evaluate_all(
                "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
            )
            assert len(cells) == min(len(source), 200)
            for row, seen in zip(source, cells, strict=False):
                for value, text in zip(row.values(), seen, strict=True):
                    number = isinstance(value, int | float) and not isinstance(value, bool)
                    assert text == ("" if value is None else str(value)) or (
                        number and float(text) == pytest.approx(value, rel=1e-5)
                    )

    def test_are_described_and_drawn_at_both_widths(self, figures: list[dict[str, Any]], open_page: Open) -> None:
        for profile in ({}, PHONE):
            page = open_page(CHAPTER, java_script_enabled=False, **profile)
            page.evaluate(OPEN_ALL)
            pictures = page.locator("figure.ops-chart svg[role=img]").filter(visible=True)
            assert pictures.count() == len(figures)
            for picture, spec in zip(pictures.all(), figures, strict=True):
                assert picture.get_attribute("aria-label") == spec["description"]
                box = picture.bounding_box()
                assert box is not None
                assert box["width"] > 200
                assert box["height"] > 80
                assert box["x"] + box["width"] <= page.viewport_size["width"]

    @pytest.mark.parametrize("profile", [{}, PHONE], ids=["desktop", "phone"])
    def test_write_no_word_beyond_their_edge(self, profile: dict[str, Any], open_page: Open) -> None:
        page = open_page(CHAPTER, **profile)
        page.evaluate(OPEN_ALL)
        to_the_end(page)
        expect(page.locator(".ops-live svg").first).to_be_visible()
        cut = page.evaluate(
            """() => [...document.querySelectorAll(".ops-picture svg")]
                .filter((picture) => picture.checkVisibility())
                .flatMap((picture) => {
                    const frame = picture.getBoundingClientRect();
                    return [...picture.querySelectorAll("text")].filter((text) => {
                        const box = text.getBoundingClientRect();
                        return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
                            || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
                    }).map((text) => text.textContent);
                })"""
        )
        assert cut == []


# --- The chapter: explorers ------------------------------------------------------------------------------------


class Explorer:
    """One explorer of the page beside what the notebook holds of it."""

    def __init__(self, page: Page, place: int, payload: dict[str, Any]) -> None:
        self.page = page
        self.figure = page.locator(".ops-explorer").nth(place)
        self.controls = payload["controls"]
        self.sentences = payload["sentences"]
        self.spec = payload["spec"]
        self.sliders = [self.figure.get_by_role("slider", name=each["label"], exact=True) for each in self.controls]
        # The figure's own live region; each slider's <output> is one too.
        self.result = self.figure.locator("p[role=status]")
        self.start = [each["start"] for each in self.controls]

    def wake(self) -> None:
        self.figure.scroll_into_view_if_needed()
        expect(self.figure.locator(".ops-live svg")).to_be_visible()

    def positions(self) -> list[int]:
        return [int(slider.input_value()) for slider in self.sliders]

    def values(self, positions: list[int]) -> list[float]:
        return [control["values"][at] for control, at in zip(self.controls, positions, strict=True)]

    def sentence(self, positions: list[int]) -> str:
        return self.sentences["|".join(f"{value:g}" for value in self.values(positions))]

    def labels(self, positions: list[int]) -> list[str]:
        """Return the numbers that the chart must write on its bars."""
        data = self.spec["datasets"][self.spec["data"]["name"]]
        names = [each["name"] for each in self.controls]
        wanted = dict(zip(names, self.values(positions), strict=True))
        return [row["label"] for row in data if {name: row[name] for name in names} == wanted]

    def expect_at(self, positions: list[int]) -> None:
        expect(self.result).to_have_text(self.sentence(positions))
        numbers = self.figure.locator(".ops-live .role-mark text").filter(has_text=re.compile(r"^\d+\.\d$"))
        expect(numbers).to_have_text(self.labels(positions))
        for control, slider, at in zip(self.controls, self.sliders, positions, strict=True):
            expect(slider).to_have_attribute("aria-valuetext", control["texts"][at])

    def bars(self) -> list[str]:
        shapes = self.figure.locator(".ops-live .mark-rect.role-mark path")
        return shapes.evaluate_all("(paths) => paths.map((path) => path.getAttribute('d'))")


class TestExplorers:
    @pytest.mark.parametrize("over", ["http", "file"])
    def test_answer_the_keyboard(self, explorers: list[dict[str, Any]], over: str, open_page: Open) -> None:
        page = open_page(CHAPTER, over=over)
        assert page.locator(".ops-explorer").count() == len(explorers) >= 1
        for place, payload in enumerate(explorers):
            explorer = Explorer(page, place, payload)
            assert len(explorer.sliders) >= 2
            explorer.wake()
            explorer.expect_at(explorer.start)
            first_bars = explorer.bars()
            at = list(explorer.start)
            explorer.sliders[0].focus()
            for index, slider in enumerate(explorer.sliders):
                expect(slider).to_be_focused()
                last = len(explorer.controls[index]["values"]) - 1
                for key, there in (
                    ("ArrowRight", min(at[index] + 1, last)),
                    ("ArrowLeft", min(at[index] + 1, last) - 1),
                    ("Home", 0),
                    ("End", last),
                ):
                    page.keyboard.press(key)
                    at[index] = there
                    assert explorer.positions() == at
                    explorer.expect_at(at)
                page.keyboard.press("Tab")
            assert len({explorer.sentence(explorer.start), explorer.sentence(at)}) == 2
            assert explorer.bars() != first_bars
            expect(explorer.figure.get_by_role("button", name="Back to the start")).to_be_focused()
            page.keyboard.press("Enter")
            explorer.expect_at(explorer.start)
            assert explorer.positions() == explorer.start
            assert explorer.bars() == first_bars

    def test_answer_a_finger(self, explorers: list[dict[str, Any]], open_page: Open) -> None:
        page = open_page(CHAPTER, **PHONE)
        for place, payload in enumerate(explorers):
            explorer = Explorer(page, place, payload)
            explorer.wake()
            at = list(explorer.start)
            for index, slider in enumerate(explorer.sliders):
                slider.scroll_into_view_if_needed()
                box = slider.bounding_box()
                assert box is not None
                assert box["height"] >= 44
                page.touchscreen.tap(box["x"] + box["width"] - 6, box["y"] + box["height"] / 2)
                at[index] = len(explorer.controls[index]["values"]) - 1
                assert explorer.positions() == at
                explorer.expect_at(at)
            explorer.figure.get_by_role("button", name="Back to the start").tap()
            explorer.expect_at(explorer.start)

    def test_say_and_draw_what_the_model_answers_at_every_point(
        self, explorers: list[dict[str, Any]], open_page: Open
    ) -> None:
        page = open_page(CHAPTER)
        for place, payload in enumerate(explorers):
            explorer = Explorer(page, place, payload)
            explorer.wake()
            at = list(explorer.start)
            told = set()
            for point in product(*(range(len(control["values"])) for control in explorer.controls)):
                for index, slider in enumerate(explorer.sliders):
                    if point[index] != at[index]:
                        slider.fill(str(point[index]))
                at = list(point)
                explorer.expect_at(at)
                told.add(explorer.sentence(at))
            assert len(told) == len(explorer.sentences)


# --- The chapter: questions ------------------------------------------------------------------------------------


class TestQuestions:
    def test_each_is_in_the_page(self, questions: list[Any], open_page: Open) -> None:
        page = open_page(CHAPTER)
        shown = page.locator("ops-question").evaluate_all("(all) => all.map((each) => each.dataset.question)")
        assert shown == [question.id for question in questions]
        assert len(shown) >= 3
        for question in questions:
            asked = Asked(page, question)
            # A live region speaks of what changes in it only if it was there, empty, before.
            expect(asked.status).to_have_count(1)
            expect(asked.status).to_be_empty()
            form = squeezed(asked.element.locator("form").text_content())
            assert [part for part in asked.paragraphs if part not in form] == []

    def test_come_without_the_code_that_asks_them(self, markups: dict[str, Markup], open_page: Open) -> None:
        assert [name for name in (CHAPTER, EXERCISES) if "exercises.question(" in markups[name].text] == []
        page = open_page(CHAPTER)
        asking = page.locator("div.cell").filter(has=page.locator("ops-question"))
        assert asking.count() >= 3
        expect(asking.locator("details.hide, .cell_input")).to_have_count(0)

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_by_keyboard_alone(self, questions: list[Any], over: str, open_page: Open) -> None:
        page = open_page(CHAPTER, over=over)
        given = 0
        for question in questions:
            asked = Asked(page, question)
            for response in (*wrong(question), right(question)):
                asked.answer(response)
                marked = asked.expect(response)
                given += 1
            assert marked.mark == 1
        assert given >= 3 * len(questions)

    @pytest.mark.parametrize("name", [CHAPTER, EXERCISES])
    def test_lead_back_to_their_section(self, name: str, root: Path, open_page: Open) -> None:
        page = open_page(name)
        question = next(each for each in questions_in((root / name).with_suffix(".ipynb")) if each.kind == "match")
        asked = Asked(page, question, by="mouse")
        asked.answer(next(iter(wrong(question))))
        asked.element.get_by_role("link", name="Read the section again").click()
        page.wait_for_url(f"**/{CHAPTER}#{question.section}")
        expect(page.locator(f"[id='{question.section}']").first).to_be_in_viewport()

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_remember_across_a_reload(self, questions: list[Any], over: str, open_page: Open) -> None:
        page = open_page(CHAPTER, over=over)
        given = [(questions[0], next(iter(wrong(questions[0])))), *((each, right(each)) for each in questions[1:])]
        for question, response in given:
            Asked(page, question).answer(response)
        page.reload()
        for question, response in given:
            Asked(page, question).expect(response)


# --- Without a script, on paper, in other colours --------------------------------------------------------------


class TestWithoutScript:
    @pytest.fixture(params=["http", "file"])
    def page(self, request: pytest.FixtureRequest, open_page: Open) -> Page:
        return open_page(CHAPTER, over=request.param, java_script_enabled=False)

    def test_an_explorer_reads_at_its_start(self, page: Page, explorers: list[dict[str, Any]]) -> None:
        for place, payload in enumerate(explorers):
            explorer = Explorer(page, place, payload)
            expect(explorer.result).to_have_text(explorer.sentence(explorer.start))
            expect(explorer.result).to_be_visible()
            still = explorer.figure.locator("noscript p")  # Playwright's search for text passes over <noscript>
            expect(still).to_be_visible()
            for control, at in zip(explorer.controls, explorer.start, strict=True):
                expect(still).to_contain_text(f"{control['label']}: {control['texts'][at]}")
            expect(explorer.figure.get_by_role("slider")).to_have_count(0)
            expect(explorer.figure.get_by_role("button")).to_have_count(0)
            written = explorer.figure.locator("svg[role=img]").filter(visible=True).locator("text").all_text_contents()
            assert [text for text in written if re.fullmatch(r"\d+\.\d", text)] == explorer.labels(explorer.start)

    @pytest.mark.parametrize("name", [CHAPTER, EXERCISES])
    def test_answers_and_feedback_can_be_opened(self, page: Page, name: str, root: Path) -> None:
        page.goto(urljoin(page.url, f"../{name}"))
        questions = questions_in((root / name).with_suffix(".ipynb"))
        assert len(questions) >= 4
        for question in questions:
            asked = Asked(page, question)
            form = squeezed(asked.element.locator("form").text_content() or "")
            assert [part for part in asked.paragraphs if part not in form] == []
            key = asked.element.locator("details.ops-key")
            if not (comments(question) or question.solution):  # of code, where solutions are hidden
                expect(key).to_have_count(0)
                continue
            expect(key.locator("p").first).to_be_hidden()
            key.locator("summary").click()
            expect(key.locator("p").first).to_be_visible()
            told = squeezed(key.inner_text())
            for text in (*comments(question), question.solution):
                assert words_of(text) in told, (question.id, text)
            expect(asked.element.get_by_role("button")).to_have_count(0)

    def test_code_and_data_can_be_opened(self, page: Page) -> None:
        code = page.locator("details.hide").first
        expect(code.locator("pre")).to_be_hidden()
        code.locator("summary").click()
        expect(code.locator("pre")).to_be_visible()
        expect(code.locator("pre")).to_contain_text("import")
        data = page.locator("details.ops-data").first
        data.locator("summary").click()
        expect(data.locator("table")).to_be_visible()

    def test_no_control_is_shown_that_does_nothing(self, page: Page) -> None:
        expect(page.get_by_role("button")).to_have_count(0)
        expect(page.locator("article math").first).to_be_visible()


class TestPaper:
    CONTROLS = (
        "button, select, input[type=range], .site-header, .book-toc, .page-toc, .page-toc-fold, .prev-next, "
        ".article-tools, .skip-link, .ops-data, .headerlink, .ops-key, details.hide > summary"
    )

    @pytest.mark.parametrize("name", [CHAPTER, EXERCISES])
    @pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
    def test_has_no_controls_and_reveals_no_answer(
        self, root: Path, name: str, *, script: bool, open_page: Open
    ) -> None:
        page = open_page(name, java_script_enabled=script, color_scheme="dark")
        questions = questions_in((root / name).with_suffix(".ipynb"))
        for question in questions if script else ():
            asked = Asked(page, question, by="mouse")
            if question.hints:
                asked.button("Hint 1").click()
            # A right answer may say the solution itself, so it is opened before; a model answer comes after one's own.
            if question.solution and question.kind != "reflect":
                asked.button("Show the").click()
            if question.kind != "code":
                asked.answer(right(question))
                expect(asked.status).not_to_be_empty()
            if question.solution and question.kind == "reflect":
                asked.button("Show the").click()
        page.evaluate(OPEN_ALL)
        page.emulate_media(media="print")
        asking = page.locator("ops-question").evaluate_all("(all) => all.map((each) => each.innerText).join(' ')")
        printed = squeezed(asking)
        for question in questions:
            assert [part for part in Asked(page, question).paragraphs if part not in printed] == []
            for kept_back in filter(None, (*question.hints, *comments(question), question.solution)):
                assert words_of(kept_back) not in printed, (question.id, kept_back)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        shown = (
            page.locator(self.CONTROLS)
            .filter(visible=True)
            .evaluate_all("(all) => all.map((each) => each.outerHTML.slice(0, 80))")
        )
        assert shown == []


class TestOtherEyes:
    def test_forced_colours_keep_pictures_and_edges(self, open_page: Open) -> None:
        page = open_page(CHAPTER, forced_colors="active", color_scheme="dark")
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        expect(page.locator("figure.ops-chart svg[role=img]").filter(visible=True).first).to_be_visible()
        element = page.locator("ops-question").first
        edge = element.get_by_role("button", name="Check").evaluate("(each) => getComputedStyle(each).borderTopStyle")
        assert edge != "none"
        ink, ground = page.locator("figure.ops-chart svg[role=img]").first.evaluate(
            "(each) => [getComputedStyle(each).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert ink != ground

    def test_reduced_motion_moves_nothing_by_itself(self, open_page: Open) -> None:
        page = open_page(CHAPTER, reduced_motion="reduce")
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        to_the_end(page)
        assert page.evaluate("document.getAnimations().length") == 0


# --- Finding one's way -----------------------------------------------------------------------------------------


class TestFindingOnesWay:
    @pytest.mark.parametrize("over", ["http", "file"])
    def test_the_theme_is_switched_and_remembered(self, over: str, open_page: Open) -> None:
        page = open_page(CHAPTER, over=over, color_scheme="dark")

        def theme() -> tuple[str, bool]:
            name = page.locator(".theme-switch").inner_text().strip()
            red = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0]")
            return name, int(red) < 128

        switch = page.locator(".theme-switch")
        seen = [theme()]
        for _ in range(3):
            switch.click()
            seen.append(theme())
        assert seen == [("Auto", True), ("Light", False), ("Dark", True), ("Auto", True)]
        switch.click()
        page.reload()
        assert theme() == ("Light", False)
        page.locator(".site-title").click()
        page.wait_for_url(f"**/{LANDING}*")
        assert theme() == ("Light", False)

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_search_finds(self, sought: Sought, over: str, open_page: Open) -> None:
        page = open_page(LANDING, over=over)
        page.get_by_role("link", name="Search").click()
        box = page.get_by_role("searchbox")
        box.fill(sought.term)
        box.press("Enter")
        results = page.locator("#search-results")
        expect(results.get_by_role("link", name=sought.title).first).to_be_visible()
        hit = results.locator(f"a[href*='{CHAPTER.rpartition('/')[2]}']").first
        hit.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(sought.title)

    def test_words_typed_before_the_index_has_come_are_kept(self, sought: Sought, open_page: Open) -> None:
        page = open_page(LANDING)
        held: list[Route] = []
        page.route("**/searchtools.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright counts parameters
        with page.expect_request("**/searchtools.js"):
            page.get_by_role("link", name="Search").click()
        box = page.get_by_role("searchbox")
        box.fill(sought.term)
        held[0].continue_()
        page.unroute("**/searchtools.js")
        page.wait_for_load_state("load")
        expect(box).to_have_value(sought.term)
        box.press("Enter")
        expect(page.locator("#search-results").get_by_role("link", name=sought.title).first).to_be_visible()

    def test_search_says_when_there_is_nothing(self, open_page: Open) -> None:
        page = open_page("search.html?q=zzyzzx")
        expect(page.locator("article")).to_contain_text(re.compile("did not match|no page|nothing", re.IGNORECASE))

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_a_link_opens_the_deeper_section_it_leads_to(self, over: str, open_page: Open) -> None:
        page = open_page(CHAPTER, over=over, reduced_motion="reduce")
        folds = page.locator("details.deeper")
        assert folds.count() >= 1
        anchors = folds.evaluate_all("(all) => all.map((each) => each.querySelector('[id]').id)")
        address = page.url
        for place, anchor in enumerate(anchors):
            page.goto("about:blank")
            page.goto(f"{address}#{anchor}")
            expect(folds.nth(place)).to_have_attribute("open", "")
            title = folds.nth(place).locator("summary").first
            expect(title).to_be_in_viewport(ratio=1)
            header = page.locator(".site-header").bounding_box()
            assert title.bounding_box()["y"] >= header["y"] + header["height"], anchor
            link = page.locator(f".page-toc a[href='#{anchor}']")
            expect(link).to_have_count(1)
            page.goto("about:blank")
            page.goto(address)
            expect(folds.nth(place)).not_to_have_attribute("open", "")
            link.click()
            expect(folds.nth(place)).to_have_attribute("open", "")

    def test_the_sections_say_where_one_is(self, open_page: Open) -> None:
        page = open_page(CHAPTER, viewport={"width": 1400, "height": 800}, reduced_motion="reduce")
        here = page.locator(".page-toc a[aria-current]")
        expect(here).to_have_count(0)
        links = page.locator(".page-toc > ul > li > a")
        for link in links.all()[:3]:
            link.click()
            expect(here).to_have_count(1)
            expect(here).to_have_attribute("href", link.get_attribute("href") or "")
        page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
        expect(here).to_have_count(0)


# --- What learners are handed ----------------------------------------------------------------------------------


@dataclass
class Sources:
    """The notebooks' sources, parted into what a learner may see and what is kept back."""

    shown: list[str] = field(default_factory=list)
    kept_back: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def sources(root: Path) -> Sources:
    parted = Sources()
    spans = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)[ \t]*### END (?:SOLUTION|HIDDEN TESTS)", re.DOTALL)
    for path in [*sorted((root / "chapters").glob("*.ipynb")), *sorted((root / "exercises").glob("*.ipynb"))]:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if KEPT_BACK & set(cell["metadata"].get("tags", ())):
                parted.kept_back.append(source)
            else:
                parted.kept_back += spans.findall(source)
                parted.shown.append(spans.sub("", source))
    assert len(parted.kept_back) >= 3
    return parted


class TestHandedOut:
    @for_learners
    @pytest.mark.parametrize("name", [CHAPTER, EXERCISES])
    def test_the_notebook_is_whole_and_without_solutions(self, name: str, root: Path, open_page: Open) -> None:
        page = open_page(name)
        with page.expect_download() as download:
            page.get_by_role("link", name="Notebook", exact=True).click()
        assert download.value.suggested_filename == f"{EXEMPLAR}.ipynb"
        text = download.value.path().read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        source = nbformat.read(root / f"{name.removesuffix('.html')}.ipynb", as_version=4)
        tagged = [KEPT_BACK & set(cell.metadata.get("tags", ())) for cell in source.cells]
        assert len(notebook.cells) == sum(not tags for tags in tagged)
        for word in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "END SOLUTION", "END HIDDEN TESTS"):
            assert word not in text
        for cell in notebook.cells:
            assert not KEPT_BACK & set(cell.metadata.get("tags", ()))

    @pytest.mark.whole_book  # from an edition's notebooks the solutions are gone; the search for leaks knows them
    def test_no_file_of_the_book_tells_a_solution(self, sources: Sources, site: Path) -> None:
        lines = {squeezed(line) for source in sources.kept_back for line in re.split(r"\n|(?<=[.;?]) ", source)}
        # A question tells its solution to whoever asks for it, as the page says.
        shown = squeezed("".join(sources.shown) + "".join(question.solution for question in exercises.bank()))
        lines = {line for line in lines if len(line) > 24 and line not in shown}
        assert len(lines) >= 5
        markers = {"BEGINSOLUTION", "ENDSOLUTION", "BEGINHIDDENTESTS", "ENDHIDDENTESTS"}
        told = []
        for path in site.rglob("*"):
            if not path.is_file() or path.suffix in {".woff2", ".png", ".inv", ".xlsx"}:
                continue
            text = path.read_text(encoding="utf-8")
            readable = {squeezed(text), squeezed(text.replace("\\n", " ").replace('\\"', '"'))}
            if path.suffix == ".html":
                readable.add(Markup(text).text)
            if path.suffix == ".ipynb":
                cells = json.loads(text)["cells"]
                readable.add(squeezed(" ".join("".join(cell["source"]) for cell in cells)))
            told += [(path.name, line) for line in markers | lines for each in readable if line in each]
        assert told == []

    @pytest.mark.whole_book  # as above
    def test_the_search_index_knows_no_word_of_a_solution(self, sources: Sources, site: Path) -> None:
        def words(text: str) -> set[str]:
            return {word.lower() for word in re.findall(r"[A-Za-z]{5,}", text)}

        seen = set()
        for path in site.rglob("*.html"):
            markup = Markup(path.read_text(encoding="utf-8"))
            seen |= words(" ".join(markup.words))
        # A formula is shown as MathML and indexed as it was typed.
        seen |= words(" ".join(sources.shown))
        hidden = {word[:5] for source in sources.kept_back for word in words(source)} - {word[:5] for word in seen}
        assert hidden
        index = (site / "searchindex.js").read_text(encoding="utf-8")
        known = json.loads(index.removeprefix("Search.setIndex(").rstrip(";\n").removesuffix(")"))
        stems = {*known["terms"], *known["titleterms"]}
        assert len(stems) > 500
        assert {stem for stem in stems if stem[:5] in hidden} == set()
