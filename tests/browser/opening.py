"""A site opened as a reader does: from a folder or a host, with nobody else to ask."""

import gzip
import mimetypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route, WebSocketRoute

from opsbook.publishing.chromium import SWITCHES, find

TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")

mimetypes.add_type("application/json", ".ipynb")
mimetypes.add_type("font/woff2", ".woff2")


def launch_arguments() -> dict[str, Any]:
    """Start the Chromium that `chromium.find` names, and let it resolve no name at all."""
    arguments = [*SWITCHES, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    return {"executable_path": find(), "args": arguments}


# --- The host --------------------------------------------------------------------------------------------------


@cache
def _packed(path: Path, changed: float) -> bytes:  # noqa: ARG001 - a rebuilt file is another file
    return gzip.compress(path.read_bytes(), compresslevel=6)


class _Host(BaseHTTPRequestHandler):
    """Serves a site as a common host does: compressed where that helps, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, site: Path) -> None:
        self._site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        path = (self._site / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        if not path.is_relative_to(self._site) or not path.is_file():
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


@contextmanager
def served(site: Path) -> Iterator[dict[str, str]]:
    """Yield the two addresses of a site: of a host ("http") and of the folder it was built into ("file")."""
    server = _Server(("127.0.0.1", 0), partial(_Host, site=site.resolve()))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"http": f"http://127.0.0.1:{server.server_port}/", "file": f"{site.as_uri()}/"}
    server.shutdown()
    thread.join()
    server.server_close()


# --- The browser -----------------------------------------------------------------------------------------------


def watch(context: BrowserContext, own: tuple[str, ...], faults: list[str]) -> None:
    """Note in `faults` whatever goes wrong in the pages of `context`, and whom they ask but their `own` addresses."""

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


@contextmanager
def opening(browser: Browser, addresses: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """Yield what opens a page in a fresh profile: ``open_page("book/index.html", over="file", viewport=…)``.

    Further keywords are Playwright's, for the profile. At the end it fails if any page that was opened asked another
    host for anything, threw, or wrote an error or a warning to the console.
    """
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(name: str, *, over: str = "http", **profile: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "service_workers": "block"} | profile
        )
        contexts.append(context)
        watch(context, tuple(addresses.values()), faults)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(addresses[over] + name)
        return page

    try:
        yield open_
    finally:
        for context in contexts:
            context.close()
    assert not faults, "\n".join(faults)
