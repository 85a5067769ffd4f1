"""Prints an HTML page as a tagged PDF with Chromium: the same page twice gives the same bytes."""

import io
import re
import shutil
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from opsbook.publishing.chromium import SWITCHES, find
from opsbook.publishing.editions.archives import EPOCH

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["STYLES", "NoPressError", "printed"]

_PACKAGE: Final = Path(str(files("opsbook")))
_THEME: Final = _PACKAGE / "publishing" / "theme"
_SHEETS: Final = (
    _THEME / "static" / "opsbook.css",
    _PACKAGE / "exercises" / "static" / "ops-question.css",
    _PACKAGE / "exercises" / "static" / "ops-paper.css",
    _THEME / "paper.css",
)
STYLES: Final = "".join(f'<link rel="stylesheet" href="{sheet.name}">' for sheet in _SHEETS)
"""The links to the styles that stand beside a page while it is printed."""
# As wide as the text on A4, so that what is too wide shows before it is printed.
_WIDTH: Final = 658
_MINUTES: Final = 10
_TRIES: Final = 3
# What is wider than the sheet shrinks until it fits; each of these holds one thing.
_FIT: Final = """() => {
  for (const box of document.querySelectorAll(".table-scroll, div.math, .ops-formula, .ops-picture")) {
    const room = box.clientWidth; // none for what stands in a line
    for (const inner of box.children) {
      const wide = Math.max(inner.scrollWidth, inner.getBoundingClientRect().width);
      if (room && wide > room + 1) inner.style.zoom = Math.max(0.4, Math.floor(100 * room / wide) / 100);
    }
  }
}"""
_NUMBER: Final = """(pages) => {
  for (const place of document.querySelectorAll("[data-of]")) place.textContent = pages[place.dataset.of] ?? "";
}"""
_ELSEWHERE: Final = (
    "Only book.pdf and exam.pdf need it: leave `book-pdf` and `exam-pdf` out of `outputs`, and everything else is "
    "made as ever."
)


_TRAILER: Final = re.compile(rb"trailer\n<<(.*?)>>\nstartxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL)
# The last code of a line is what the signs before it mean.
_MISNAMED: Final = re.compile(rb"(^(?:<[0-9A-F]{4}> ){1,2}<)(02BB|02BC)(>$)", re.MULTILINE)
_MEANT: Final = {b"02BB": b"2018", b"02BC": b"2019"}


class NoPressError(RuntimeError):
    """There is nothing here to print with; the message says what to install."""


def printed(html: str, *, numbered: bool = False) -> bytes:
    """Return a page as a PDF with tags, bookmarks and links within it.

    Parameters
    ----------
    html : str
        The page. It finds the theme's styles and fonts beside itself, see `STYLES`, and no host.
    numbered : bool
        Whether to write into each element with ``data-of`` on which sheet the place of that id stands. That takes
        printing it twice.

    Raises
    ------
    NoPressError
        Chromium or Playwright is missing.
    """
    chromium = _press()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only printing needs it, and `_press` has seen it

    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        _dress(folder)
        (folder / "paper.html").write_text(html, encoding="utf8")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*SWITCHES, "--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        try:
            made = _numbered(browser, folder / "paper.html") if numbered else _pdf(browser, folder / "paper.html")
        finally:
            browser.close()
    return _legible(_dated(made))


def _numbered(browser: "Browser", file: Path) -> bytes:
    # Tags cost time and move nothing, so that the first print goes without.
    sheets = _sheets(_pdf(browser, file, tagged=False))
    for _ in range(_TRIES):
        made = _pdf(browser, file, sheets)
        if (now := _sheets(made)) == sheets:
            return made
        sheets = now
    raise RuntimeError("The numbers of the pages in the contents do not settle: writing them moves what they number.")


def _pdf(browser: "Browser", file: Path, sheets: Mapping[str, int] | None = None, *, tagged: bool = True) -> bytes:
    # A page that was printed once breaks otherwise when it is printed again, so each print has its own.
    page = browser.new_page(viewport={"width": _WIDTH, "height": 1000}, offline=True)
    try:
        page.set_default_timeout(_MINUTES * 60_000)
        page.emulate_media(media="print", color_scheme="light")
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready.then(() => null)")
        page.evaluate(_FIT)
        page.evaluate(_NUMBER, dict(sheets or {}))
        return page.pdf(prefer_css_page_size=True, print_background=True, tagged=tagged, outline=tagged)
    finally:
        page.close()


def _press() -> str:
    try:
        import playwright.sync_api  # noqa: F401, PLC0415 - asked whether it is there
    except ImportError:
        raise NoPressError(
            f"PDF is printed through Playwright, which is missing. Run: pip install 'opsbook[edition]'. {_ELSEWHERE}"
        ) from None
    try:
        return find()
    except FileNotFoundError as error:
        raise NoPressError(f"PDF is printed by Chromium. {error} {_ELSEWHERE}") from None


def _dress(folder: Path) -> None:
    """Put the theme's styles and fonts beside the page."""
    (folder / "fonts").mkdir()
    for font in (_PACKAGE / "vendor").glob("*/*.woff2"):
        shutil.copyfile(font, folder / "fonts" / font.name)
    for sheet in _SHEETS:
        shutil.copyfile(sheet, folder / sheet.name)


def _sheets(pdf: bytes) -> dict[str, int]:
    """Return on which sheet every place stands that a link leads to, counted from 1."""
    from pypdf import PdfReader  # noqa: PLC0415 - as above

    reader = PdfReader(io.BytesIO(pdf))
    number = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages, 1) if page.indirect_reference}
    places = reader.named_destinations.items()
    return {name.lstrip("/"): number[place.raw_get("/Page").idnum] for name, place in places}


def _dated(pdf: bytes) -> bytes:
    """Return the same PDF under one date for all; nothing else in it depends on when it was printed."""
    moment = datetime.fromtimestamp(EPOCH, UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    date: Callable[[re.Match[bytes]], bytes] = lambda found: found[1] + moment + found[3]  # noqa: E731 - said with its type
    return re.sub(rb"(/(?:Creation|Mod)Date \()(D:\d{14}[+-]\d\d'\d\d')(\))", date, pdf)


def _legible(pdf: bytes) -> bytes:
    """Return the same PDF in whose text an apostrophe is found and copied as such.

    A font draws some letters of other scripts with the same sign, and Chromium names the sign after them. The tables
    that say what a sign means are written again behind the file, as the format foresees for changes.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - as above
    from pypdf.generic import StreamObject  # noqa: PLC0415 - as above

    ends = _TRAILER.search(pdf)
    if not ends:
        return pdf
    reader, whole, places = PdfReader(io.BytesIO(pdf)), bytearray(pdf), []
    for number in sorted({int(found) for found in re.findall(rb"/ToUnicode (\d+) 0 R", pdf)}):
        table = reader.get_object(number)
        meant = table.get_data() if isinstance(table, StreamObject) else b""
        mended = _MISNAMED.sub(lambda found: found[1] + _MEANT[found[2]] + found[3], meant)
        if mended != meant:
            packed = zlib.compress(mended)
            places.append(f"{number} 1\n{len(whole):010} 00000 n \n".encode())
            whole += b"%d 0 obj\n<</Filter /FlateDecode\n/Length %d>> stream\n" % (number, len(packed))
            whole += packed + b"\nendstream\nendobj\n"
    if not places:
        return pdf
    start = len(whole)
    whole += b"xref\n" + b"".join(places) + b"trailer\n<<%s\n/Prev %s>>\n" % (ends[1], ends[2])
    return bytes(whole) + b"startxref\n%d\n%%%%EOF\n" % start
