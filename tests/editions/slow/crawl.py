"""Follow every link of a site without a browser."""

import re
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

_LINKS = {"href", "src", "poster", "data", "action"}
# What a directive or a role leaves when nobody reads it; code may show one.
_UNREAD = re.compile(r"\{(?:ask|cite(?::\w)?|doc|download|explorer|glue(?::\w+)?|numref|question|ref|term)\}")


class _Page(HTMLParser):
    """The names that a page gives, where it points, and its words outside code."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(path.read_text(encoding="utf8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value or "")
            elif name in _LINKS and value:
                self.links.append(value)
            elif name == "content" and (value or "").lower().replace(" ", "").startswith("0;url="):
                self.links.append((value or "").partition("=")[2])
            elif name == "srcset" and value:
                self.links += [each.split()[0] for each in value.split(",")]
        self._silent += tag in {"code", "pre", "script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"code", "pre", "script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


class Site:
    """The pages below a folder, by their path in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def pages(self) -> dict[str, _Page]:
        return {path.relative_to(self.folder).as_posix(): _Page(path) for path in sorted(self.folder.rglob("*.html"))}

    def links(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield the links that stay in the site: the page, the link, the file and the name in it that it points to."""
        for page, found in self.pages.items():
            for link in found.links:
                if urlsplit(link).scheme or link.startswith("//"):
                    continue
                path, name = urldefrag(urljoin(page, link))
                yield page, link, unquote(path.partition("?")[0]) or page, unquote(name)

    def dangling(self) -> list[str]:
        """Return the links that lead nowhere."""
        return [
            f"{page}: {link}"
            for page, link, path, name in self.links()
            if link.startswith("/")
            or path.startswith("..")
            or not (self.folder / path).is_file()
            or (name and path in self.pages and name not in self.pages[path].ids)
        ]

    def unreached(self) -> list[str]:
        """Return the pages to which no way leads from the front page."""
        onward: dict[str, set[str]] = {}
        for page, _, path, _ in self.links():
            onward.setdefault(page, set()).add(path)
        seen, coming = set(), ["index.html"]
        while coming:
            page = coming.pop()
            if page in self.pages and page not in seen:
                seen.add(page)
                coming += onward.get(page, ())
        return sorted(set(self.pages) - seen)

    def unread(self) -> list[str]:
        """Return the directives and roles that stand in pages as they were written."""
        return [
            f"{page}: {found}" for page, held in self.pages.items() for found in _UNREAD.findall(" ".join(held.words))
        ]
