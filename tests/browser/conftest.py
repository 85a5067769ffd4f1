"""The built book as a reader meets it: from a folder or a host, with nobody else to ask."""

import gzip
import mimetypes
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route, WebSocketRoute

from opsbook.publishing.chromium import SWITCHES, find

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
SOURCES = ("_config.yml", "_toc.yml", "book", "chapters", "datasets", "exercises", "src")
NOT_READ = {"__pycache__", ".ipynb_checkpoints"}
TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")

mimetypes.add_type("application/json", ".ipynb")
mimetypes.add_type("font/woff2", ".woff2")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the Chromium that `chromium.find` names, and let it resolve no name at all."""
    arguments = [*SWITCHES, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    return {"executable_path": find(), "args": arguments}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, whose form this pytest deprecates; no test here has a base address."""


def _changed(path: Path) -> float:
    files = [path] if path.is_file() else path.rglob("*")
    return max((file.stat().st_mtime for file in files if file.is_file() and not NOT_READ & {*file.parts}), default=0)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project, whose notebooks say what the pages must show."""
    return ROOT


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built book, provided that it is newer than all that it is made from."""
    if not (SITE / "index.html").exists():
        pytest.fail(f"There is no book in {SITE.relative_to(ROOT)}. Run `make book`.", pytrace=False)
    changed, source = max((_changed(ROOT / name), name) for name in SOURCES)
    if changed > _changed(SITE):
        pytest.fail(f"The book is older than its sources: {source} has changed. Run `make book`.", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Return every page of the book by its path; the front door, which only leads on to a page, is none."""
    found = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html"))]
    return [name for name in found if name != "index.html"]


@cache
def _packed(path: Path, changed: float) -> bytes:  # noqa: ARG001 - a rebuilt file is another file
    return gzip.compress(path.read_bytes(), compresslevel=6)


class _Host(BaseHTTPRequestHandler):
    """Serves the book as a common host does: compressed where that helps, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = (SITE / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        if not path.is_relative_to(SITE) or not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        packed = kind.startswith(TEXT)
        body = _packed(path, path.stat().st_mtime) if packed else path.read_bytes()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's own output readable."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a page go that leaves before all of it has come; whatever else goes wrong is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture(scope="session")
def addresses(site: Path) -> Iterator[dict[str, str]]:
    """Return the two addresses of the book: of a host ("http") and of the folder it was built into ("file")."""
    server = _Server(("127.0.0.1", 0), _Host)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"http": f"http://127.0.0.1:{server.server_port}/", "file": f"{site.as_uri()}/"}
    server.shutdown()
    thread.join()
    server.server_close()


def _watch(context: BrowserContext, own: tuple[str, ...], faults: list[str]) -> None:
    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            faults.append(f"{message.page.url if message.page else ''} said: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            faults.append(f"{response.url} answered {response.status}")

    def refuse(route: Route, request: Request) -> None:
        faults.append(f"{request.frame.url} asked for {request.url}")
        route.abort()

    def refuse_socket(socket: WebSocketRoute) -> None:
        faults.append(f"a page opened {socket.url}")
        socket.close()

    context.on("console", hear)
    context.on("weberror", lambda error: faults.append(f"{error.page.url if error.page else ''} threw: {error.error}"))
    context.on("response", answered)
    context.route(lambda url: not url.startswith((*own, "data:", "blob:", "about:")), refuse)
    context.route_web_socket(lambda _url: True, refuse_socket)


@pytest.fixture
def open_page(browser: Browser, addresses: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """Open a page of the book in a fresh profile: ``open_page("book/index.html", over="file", viewport=…)``.

    Further keywords are Playwright's, for the profile. The test fails if any page it opened asked another host for
    anything, threw, or wrote an error or a warning to the console.
    """
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(name: str, *, over: str = "http", **profile: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "service_workers": "block"} | profile
        )
        contexts.append(context)
        _watch(context, tuple(addresses.values()), faults)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(addresses[over] + name)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []
