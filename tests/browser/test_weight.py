"""What a page weighs on the wire: compressed, from a cold cache, as a first visitor pays for it."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from .place import CHAPTERS, has

LIGHT = (
    "book/how-to-use.html",
    "book/my-progress.html",
    "book/practice-exam.html",
    "book/reference/index.html",
    "book/reference/exercises.html",
    "book/reference/queues.html",
    "book/reference/simulate.html",
)
KIB = 1024


@dataclass
class Bill:
    """What came over the line for a page, by address: bytes as sent, headers included, and bytes once unpacked."""

    page: str
    sent: dict[str, float] = field(default_factory=dict)
    unpacked: dict[str, float] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def request(self, event: dict[str, Any]) -> None:
        # The browser may still be looking for an icon of where it was before.
        if event["documentURL"] == self.page and event["request"]["url"].startswith("http"):
            self.addresses[event["requestId"]] = event["request"]["url"]

    def piece(self, event: dict[str, Any]) -> None:
        address = self.addresses.get(event["requestId"])
        if address:
            self.unpacked[address] = self.unpacked.get(address, 0) + event["dataLength"]

    def finished(self, event: dict[str, Any]) -> None:
        address = self.addresses.get(event["requestId"])
        if address:
            self.sent[address] = event["encodedDataLength"]

    def settle(self, page: Page) -> None:
        """Wait until all that was asked for has come, and been heard of: the bill hears it after the page.

        What has come may ask for more, so nothing may follow for a while either.
        """
        page.wait_for_load_state("networkidle")
        quiet = 0
        for _ in range(200):
            before = len(self.addresses)
            page.wait_for_timeout(50)
            quiet = quiet + 1 if len(self.sent) == len(self.addresses) == before else 0
            if quiet == 4:
                return

    @property
    def kib(self) -> float:
        return sum(self.sent.values()) / KIB

    @property
    def unpacked_kib(self) -> float:
        return sum(self.unpacked.values()) / KIB

    def __str__(self) -> str:
        lines = [f"{self.kib:.1f} KiB sent, {self.unpacked_kib:.1f} KiB unpacked, {len(self.addresses)} requests"]
        for address, size in sorted(self.sent.items(), key=lambda item: -item[1]):
            name = address.split("/", 3)[3]
            lines.append(f"  {size / KIB:7.1f} {self.unpacked.get(address, 0) / KIB:8.1f}  {name}")
        return "\n".join(lines)


@pytest.fixture
def arrive(open_page: Callable[..., Page]) -> Callable[[str], tuple[Page, Bill]]:
    """Visit a page as the first of the book, and keep the bill."""

    def visit(name: str) -> tuple[Page, Bill]:
        page = open_page("_static/icon.svg")
        home = page.url.removesuffix("_static/icon.svg")
        bill = Bill(home + name)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.requestWillBeSent", bill.request)
        network.on("Network.dataReceived", bill.piece)
        network.on("Network.loadingFinished", bill.finished)
        page.goto(bill.page)
        bill.settle(page)
        # A browser with a window also shows the icon for its tab, which comes with the page.
        assert page.locator("link[rel=icon]").get_attribute("href").startswith("data:")
        return page, bill

    return visit


@pytest.mark.parametrize("name", [name for name in LIGHT if has(name)])
def test_a_page_without_figures(name: str, arrive: Callable[[str], tuple[Page, Bill]]) -> None:
    _, bill = arrive(name)
    print(f"\n{name}: {bill}")  # noqa: T201 - the figures are of use when they pass, too
    assert 0 < bill.kib <= 150, bill
    assert len(bill.addresses) <= 15, bill
    assert len(bill.sent) == len(bill.addresses), bill


@pytest.mark.parametrize("name", [f"chapters/{name}.html" for name in CHAPTERS])
def test_a_chapter(name: str, arrive: Callable[[str], tuple[Page, Bill]]) -> None:
    page, bill = arrive(name)
    print(f"\n{name} at load: {bill}")  # noqa: T201 - as above
    assert 0 < bill.kib <= 300, bill
    assert 0 < bill.unpacked_kib <= 1000, bill
    assert len(bill.addresses) <= 14, bill
    assert not any(address.endswith("vega.js") for address in bill.sent), bill
    # A reader who opens everything: the explorer of a case stands in a folded analysis.
    page.evaluate(
        """async () => {
            for (const fold of document.querySelectorAll("details.deeper")) fold.open = true;
            for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
                window.scrollTo({ top: y, behavior: "instant" });
                await new Promise((done) => setTimeout(done, 60));
            }
        }"""
    )
    page.locator(".ops-live svg").first.wait_for(state="attached")
    bill.settle(page)
    print(f"\n{name} after scrolling to its end: {bill}")  # noqa: T201 - as above
    # Views of their own draw without Vega.
    drawn_by_vega = page.locator(".ops-explorer[data-view=chart]").count() > 0
    assert any(address.endswith("vega.js") for address in bill.sent) == drawn_by_vega, bill
    assert bill.kib <= 600, bill
    assert len(bill.sent) == len(bill.addresses), bill


def test_the_question_element(site: Path) -> None:
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), compresslevel=6))
        for path in (site / "_static").glob("ops-question.*")
    }
    print(f"\nthe question element: {json.dumps(sizes)}")  # noqa: T201 - as above
    assert len(sizes) == 2
    assert sum(sizes.values()) <= 15_000, sizes
