"""What an own chapter may hold: text, pictures beside it, links, and the directives and roles that a chapter needs.

Anything else that the tools behind the pages would understand is refused, since it could run code, read files from
anywhere on the machine, or let a page ask another host: other directives and roles, settings of those tools in the
chapter's head, programs and frames in HTML. A page is read here by the parser that reads it for the book.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import yaml
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from opsbook.exercises.explorers import EXPLORER_MIME_TYPE
from opsbook.exercises.forms import enumerated, meant, shown
from opsbook.exercises.page import QUESTION_MIME_TYPE
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.located import Place, Tree, UnreadableError, parse, remedy
from opsbook.publishing.editions.styles import reaches_out

__all__ = ["EXTENSIONS", "Held", "fact_line", "form_faults", "held", "shows_picture"]

EXTENSIONS: Final = frozenset(
    {"amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "tasklist"}
)
"""What the book's pages understand beyond Markdown."""

_HEAD: Final = re.compile(r"\A---\n(.*?)^---$", re.MULTILINE | re.DOTALL)
_FACTS: Final = ("covers", "description", "minutes", "objectives", "requires")
_LONGEST_DESCRIPTION: Final = 500
_TOOLS: Final = ("file_format", "jupytext", "myst", "mystnb", "substitutions")

# Directives whose content is Markdown, those whose content is not, and those that show a picture.
_BLOCKS: Final = (
    *("admonition", "attention", "caution", "container", "danger", "epigraph", "error", "figure", "glossary"),
    *("highlights", "hint", "important", "list-table", "note", "pull-quote", "rubric", "seealso", "sidebar", "table"),
    *("tip", "topic", "warning"),
)
_PLAIN: Final = ("code", "code-block", "explorer", "image", "math", "question")
_PICTURES: Final = ("figure", "image")
_BORROWING: Final = {"question": "asked", "explorer": "explorers"}
_CITING: Final = ("cite", "cite:p", "cite:t")
_ROLES: Final = (
    *("abbr", "ask", *_CITING, "code", "doc", "emphasis", "kbd", "literal", "math", "numref", "ref"),
    *("strong", "sub", "sup", "term"),
)
_DIRECTIVE: Final = re.compile(r"\{([^}\s]*)\}[ \t]*(.*)", re.DOTALL)
_NAME: Final = re.compile(r"(?:[ \t]*:.*\n)*?[ \t]*:name:[ \t]*(\S+)")
_TARGET: Final = re.compile(r"^[ \t]*:?target:[ \t]*(\S+)", re.MULTILINE)

_TAGS: Final = (
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strong style sub summary sup "
    "table tbody td tfoot th thead time tr u ul var wbr"
)
_ATTRIBUTES: Final = (
    "align alt aria-describedby aria-hidden aria-label aria-labelledby border cite class colspan datetime dir headers "
    "height href id lang open reversed role rowspan scope scoped span src start style tabindex title type valign value "
    "width"
)
_EMBEDDED: Final = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*\Z")
_TICKED: Final = re.compile(
    r'<input class="task-list-item-checkbox"(?: checked="checked")?(?: disabled="disabled")? type="checkbox">'
)
_SCHEME: Final = re.compile(r"[^/?#]*:|//")
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_SCRIPTED: Final = ("application/javascript", "application/vnd.jupyter.widget-view+json")
_CHARTS: Final = "application/vnd.vegalite."
_OWN_FORMS: Final = (QUESTION_MIME_TYPE, EXPLORER_MIME_TYPE, VIEW_MIME_TYPE)
_DEEPEST: Final = 20


# --- Its form ----------------------------------------------------------------------------------------------------


def form_faults(path: Path, name: str) -> list[str]:
    """Return what keeps an own chapter from being read: a broken head, cells that are none, facts of a wrong kind.

    Parameters
    ----------
    path : pathlib.Path
        The chapter's file, which is text in UTF-8.
    name : str
        How the edition's file calls it.
    """
    text = path.read_text(encoding="utf8")
    return [*(_notebook_faults(text, name) if path.suffix == ".ipynb" else _head_faults(text, name))]


def _head_faults(text: str, name: str) -> Iterator[str]:
    head = _HEAD.match(text)
    if fault := _outline_fault(text, head[1] if head else ""):
        yield f"{name}:1: {fault}"
        return
    if head is None:
        return
    try:
        yaml.safe_load(head[1])
        tree = parse(head[1])
    except (yaml.YAMLError, UnreadableError, ValueError, RecursionError) as error:
        line, said = _broken(error)
        yield f"{name}:{line + 1}: its head must be YAML, got what cannot be read: {said}"
        return
    yield from _key_faults(tree, name)


def _outline_fault(text: str, head: str) -> str:
    """Return why nobody can be sure where the head of a chapter ends."""
    if text.startswith("\ufeff"):
        return "must not begin with a byte order mark. Save it as UTF-8 without one."
    if text.startswith("---") and not head:
        return "a head must begin and end with a line `---` of three hyphens alone. Add what is missing."
    if re.search("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", head):
        return "its head must hold no rare line breaks, got one. Write it anew."
    return ""


def _key_faults(tree: Tree, name: str) -> Iterator[str]:
    def at(place: Place) -> str:
        return f"{name}:{tree.line(place) + 1}"

    yield from (f"{name}:{line + 1}: {rule}" for line, _, rule in tree.problems)
    if tree.value is None:
        return
    if not isinstance(tree.value, dict):
        yield f"{name}:2: its head must be a mapping with the key `opsbook`, got {shown(tree.value)}. Mend it."
        return
    for key in tree.value:
        if key != "opsbook":
            yield f"{at((key,))}: {key}: must be `opsbook`, the only key of a chapter's head. Remove it."
    yield from (f"{at(('opsbook', *place))}: {rule}" for place, rule in _fact_faults(tree.value.get("opsbook")))


def fact_line(path: Path, fact: str, value: str) -> str:
    """Return ``:line`` of a value that a page says of itself in a list; an empty text for a notebook."""
    head = _HEAD.match(path.read_text(encoding="utf8")) if path.suffix == ".md" else None
    if head is None:
        return ""
    tree = parse(head[1])
    return f":{tree.line(('opsbook', fact, tree.value['opsbook'][fact].index(value))) + 1}"


def _broken(error: Exception) -> tuple[int, str]:
    if isinstance(error, UnreadableError):
        return error.line or 1, str(error)
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or "a value is none of its kind"
    return (mark.line + 1 if mark else 1), f"{reason}. {remedy(reason)}"


def _fact_faults(facts: object) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with what a chapter says of itself, and where below `opsbook`."""
    if facts is None:
        return
    if not isinstance(facts, dict):
        yield (), f"opsbook: must be a mapping with any of {enumerated(_FACTS)}, got {shown(facts)}. Mend it."
        return
    for key, value in facts.items():
        if key not in _FACTS:
            near = meant(str(key), _FACTS, f"There are: {enumerated(_FACTS)}.")
            yield (key,), f"opsbook.{key}: must be one of a chapter's facts. {near}"
        elif value is not None:
            yield from _value_faults(key, value)


def _value_faults(key: str, value: object) -> Iterator[tuple[Place, str]]:
    called, rule = f"opsbook.{key}", ""
    if key == "minutes":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 1_000:  # noqa: PLR2004
            rule = f"must be a whole number from 1 to 1,000, got {shown(value)}. Mend it."
    elif key == "description":
        if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_DESCRIPTION:
            rule = f"must be a text of at most {_LONGEST_DESCRIPTION} characters, got {shown(value)}. Write a sentence."
    elif not isinstance(value, list):
        rule = f"must be a list, got {shown(value)}. Write `[…]` around it."
    else:
        yield from _listed_faults(key, value)
    if rule:
        yield (key,), f"{called}: {rule}"


def _listed_faults(key: str, values: Sequence[object]) -> Iterator[tuple[Place, str]]:
    for number, value in enumerate(values):
        place, called = (key, number), f"opsbook.{key}[{number + 1}]"
        if key == "objectives":
            if not isinstance(value, dict) or not all(isinstance(value.get(each), str) for each in ("id", "text")):
                rule = f"{called}: must be a mapping with the texts `id` and `text`, got {shown(value)}."
                yield place, f"{rule} Write for example {{id: our-hotel/1, text: Tell who waits.}}."
        elif not isinstance(value, str):
            yield place, f"{called}: must be a name, got {shown(value)}. Write it as text."


def _notebook_faults(text: str, name: str) -> Iterator[str]:
    notebook = json.loads(text)
    if not isinstance(about := notebook.get("metadata", {}), dict):
        yield f"{name}: metadata: must be a mapping, got {shown(about)}. Save it again with JupyterLab."
        return
    yield from _tool_faults(about, name)
    yield from (f"{name}: {rule}" for _, rule in _fact_faults(about.get("opsbook")))
    for number, cell in enumerate(notebook["cells"], 1):
        if fault := _cell_fault(cell):
            yield f"{name}: cell {number}: {fault} Save it again with JupyterLab."
        else:
            yield from _tool_faults(cell["metadata"], f"{name}: cell {number}")


def _tool_faults(about: Mapping[str, Any], where: str) -> Iterator[str]:
    for key in _TOOLS:
        # What pairs a notebook with a script is no matter of its pages.
        if key in about and key != "jupytext":
            yield f"{where}: metadata.{key}: must not be there, since it sets how pages are made. Remove it."


def _cell_fault(cell: object) -> str:
    """Return why this is no cell of a notebook; an empty text if it is one."""
    if not isinstance(cell, dict):
        return f"must be a cell, got {shown(cell)}."
    about, rule = cell.get("metadata"), ""
    if cell.get("cell_type") not in {"markdown", "code", "raw"}:
        rule = f"must be of type markdown, code or raw, got {shown(cell.get('cell_type'))}."
    elif not _is_text(cell.get("source")):
        rule = f"must have a text as its source, got {shown(cell.get('source'))}."
    elif not isinstance(about, dict) or not isinstance(about.get("nbgrader", {}), dict):
        rule = "must have a mapping as its metadata."
    elif not _are_texts(about.get("tags", [])):
        rule = f"must have a list of names as its tags, got {shown(about['tags'])}."
    elif cell["cell_type"] == "code":
        outputs = cell.get("outputs")
        if not isinstance(outputs, list) or not all(map(_is_output, outputs)):
            rule = "must have a list of outputs, each with its data."
    return rule


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and _are_texts(value))


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_output(output: object) -> bool:
    if not isinstance(output, dict) or not isinstance(output.get("output_type"), str):
        return False
    data = output.get("data", {})
    if not isinstance(data, dict):
        return False
    for mime, value in data.items():
        if mime == QUESTION_MIME_TYPE:
            right = isinstance(value, dict) and isinstance(value.get("id"), str)
        elif mime in _OWN_FORMS:
            right = isinstance(value, dict) and _says_what_it_shows(value)
        else:
            right = mime.endswith("json") or _is_text(value)
        if not right:
            return False
    return True


def _says_what_it_shows(payload: Mapping[str, Any]) -> bool:
    try:
        return isinstance(payload["spec"]["title"]["text"], str)
    except (KeyError, TypeError):
        return False


# --- Its content -------------------------------------------------------------------------------------------------


@dataclass
class Held:
    """What an own chapter holds that leads somewhere, and what it must not hold.

    Attributes
    ----------
    name : str
        How the edition's file calls it.
    faults : list of str
        What is refused, each with its place in the file.
    pictures : list of tuple of str
        The place and the name of each picture that it shows.
    links : list of tuple of str
        The place and the address of each link.
    cited : list of tuple of str
        The place, the role and the words of each role that may lead somewhere.
    asked, explorers : list of tuple of str
        The place of each question and explorer that it borrows, and what it names.
    labels : list of tuple of str
        The place of each label, and the label.
    """

    name: str
    faults: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    cited: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    explorers: list[tuple[str, str]] = field(default_factory=list)
    labels: list[tuple[str, str]] = field(default_factory=list)


def held(path: Path, name: str) -> Held:
    """Return what an own chapter holds, as the parser of the book's pages reads it.

    Parameters
    ----------
    path : pathlib.Path
        The chapter's file; `form_faults` finds none in it.
    name : str
        How the edition's file calls it.
    """
    reading = _Reading(name)
    text = path.read_text(encoding="utf8")
    if path.suffix != ".ipynb":
        reading.markdown(text, lambda line: f"{name}:{line}")
        where = f"{name}:1"
    else:
        where = f"{name}: cell 1"
        for number, cell in enumerate(json.loads(text)["cells"], 1):
            reading.cell(cell, f"{name}: cell {number}")
    if not reading.titled:
        reading.found.faults.insert(0, f"{where}: a chapter must begin with its title, got none. Add a line `# Title`.")
    return reading.found


class _Reading:
    """Reads Markdown as the book does, and notes what is in it."""

    def __init__(self, name: str) -> None:
        self.found = Held(name)
        self.titled = False
        self._begun = False
        self._parser = _parser()

    def _refuse(self, where: str, rule: str) -> None:
        told = f"{where}: {rule}"
        if told not in self.found.faults:
            self.found.faults.append(told)

    # --- Cells

    def cell(self, cell: Mapping[str, Any], where: str) -> None:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            self.markdown(source, lambda line: f"{where}, line {line}", head=False)
        elif cell["cell_type"] == "raw":
            self._html(source, where)
        for output in cell.get("outputs", ()):
            self._output(output.get("data", {}), f"{where}, output")

    def _output(self, data: Mapping[str, Any], where: str) -> None:
        for mime, value in data.items():
            if mime in _SCRIPTED:
                self._refuse(where, f"a chapter must hold no programs, got an output of type {mime}. Clear it.")
            elif mime == "text/html":
                self._html("".join(value), where)
            elif mime == "text/markdown":
                self.markdown("".join(value), lambda _line: where, head=False)
            elif mime.startswith(_CHARTS) and _asks(value):
                self._refuse(where, "a chart must hold its data, got one that loads them from an address. Embed them.")

    # --- Markdown

    def markdown(
        self, text: str, where: Callable[[int], str], *, head: bool = True, first: int = 0, depth: int = 0
    ) -> None:
        """Note what is in a text that begins after `first` lines of its file."""
        if depth > _DEEPEST:
            self._refuse(where(first + 1), "blocks must not be nested more than 20 deep. Write it more simply.")
            return
        line, lines = first + 1, text.split("\n")
        tokens = self._parser.parse(text)
        for place, token in enumerate(tokens):
            if token.map and token.type != "inline":
                line = first + token.map[0] + 1
            if token.type == "front_matter" and not head and not depth:
                self._refuse(where(line), "a cell must not begin with a head between `---`. Remove it.")
            elif token.type == "heading_open" and not depth and not self._begun:
                self._begun = True
                self.titled = token.tag == "h1" and token.markup == "#" and bool(tokens[place + 1].content.strip())
            elif token.type == "inline":
                start = first + token.map[0] + 1 if token.map else line
                self._inline(token.children or (), where, start)
            elif token.type in {"fence", "colon_fence"}:
                self._fence(token, where, line, depth, closed=_closed(token, lines))
            else:
                self._block(token, where(line))

    def _block(self, token: Token, where: str) -> None:
        if token.type == "myst_target":
            self.found.labels.append((where, token.content))
        elif token.type == "substitution_block":
            self._substitution(where)
        elif token.type == "html_block":
            self._html(token.content, where)

    def _inline(self, tokens: Iterable[Token], where: Callable[[int], str], line: int) -> None:
        for token in tokens:
            if token.type in {"softbreak", "hardbreak"}:
                line += 1
            elif token.type == "myst_role":
                self._role(token.meta["name"], token.content, where(line))
            elif token.type == "html_inline" and not _TICKED.fullmatch(token.content):
                self._html(token.content, where(line))
            elif token.type == "image":
                self._picture(str(token.attrs.get("src", "")), where(line))
            elif token.type == "link_open":
                self._link(str(token.attrs.get("href", "")), where(line))
            elif token.type == "substitution_inline":
                self._substitution(where(line))
            if token.type != "image" and token.children:
                self._inline(token.children, where, line)

    def _fence(self, token: Token, where: Callable[[int], str], line: int, depth: int, *, closed: bool) -> None:
        if not closed:
            rule = f"a block that begins with {token.markup} must end with a line of the same signs, got none."
            self._refuse(where(line), f"{rule} Add it.")
        directive = _DIRECTIVE.match(unescapeAll(token.info).strip())
        if directive is None:
            return
        name, argument = directive[1], directive[2].strip()
        known = (*_BLOCKS, *_PLAIN)
        if name not in known:
            near = meant(name, known, f"There are: {enumerated(sorted(known))}.")
            self._refuse(where(line), f"the directive {name!r} must be one that chapters may use. {near}")
            return
        if label := _NAME.match(token.content):
            self.found.labels.append((where(line), label[1]))
        for address in _TARGET.findall(token.content):
            self._link(address, where(line))
        if name in _BORROWING:
            getattr(self.found, _BORROWING[name]).append((where(line), argument))
        elif name in _PICTURES:
            self._picture(argument, where(line))
        elif name not in _PLAIN:
            self.markdown(argument, lambda _line: where(line), depth=depth + 1)
        if name in _BLOCKS:
            self.markdown(token.content, where, first=line, depth=depth + 1)

    def _substitution(self, where: str) -> None:
        self._refuse(where, "a chapter must hold no `{{ … }}`. Write the words themselves, or put them into code.")

    def _role(self, name: str, words: str, where: str) -> None:
        if name not in _ROLES:
            near = meant(name, _ROLES, f"There are: {enumerated(sorted(_ROLES))}.")
            self._refuse(where, f"the role {name!r} must be one that chapters may use. {near}")
            return
        if name == "ask":
            self.found.asked.append((where, words))
        else:
            self.found.cited.append((where, name, words))

    # --- What is shown, and where links lead

    def _picture(self, address: str, where: str) -> None:
        if not address or _SCHEME.match(address):
            rule = "a picture must be an .svg or .png file beside the chapter"
            self._refuse(where, f"{rule}, got {shown(address)}. Save it there, and name the file.")
        else:
            self.found.pictures.append((where, address))

    def _link(self, address: str, where: str) -> None:
        if _SCHEME.match(address) and not _ADDRESS.match(address):
            rule = "a link must lead to a page of the edition, an address with https://, or a mail address"
            self._refuse(where, f"{rule}, got {shown(address)}. Mend it.")
        else:
            self.found.links.append((where, address))

    def _html(self, text: str, where: str) -> None:
        reader = _Html()
        reader.feed(text)
        if "<" in reader.rawdata:
            reader.faults.append("HTML must end every tag with `>` in its own block. Mend it.")
        for rule in reader.faults:
            self._refuse(where, rule)


def _closed(block: Token, lines: Sequence[str]) -> bool:
    """Return whether a block of code or a directive has an end of its own, and not only that of what it stands in."""
    start, end = block.map or (0, 0)
    last = lines[min(end, len(lines)) - 1].strip(" \t\r>")
    return end - start > 1 and len(last) >= len(block.markup) and set(last) == {block.markup[0]}


@cache
def _parser() -> MarkdownIt:
    from markdown_it.renderer import RendererHTML  # noqa: PLC0415 - for own chapters alone
    from myst_parser.config.main import MdParserConfig  # noqa: PLC0415 - as above
    from myst_parser.parsers.mdit import create_md_parser  # noqa: PLC0415 - as above

    # Substitutions are read too, so that they are refused where a head would switch them on.
    return create_md_parser(MdParserConfig(enable_extensions={*EXTENSIONS, "substitution"}), RendererHTML)


def shows_picture(text: str) -> bool:
    """Return whether a text of a question, which is plain Markdown, would load a picture.

    Examples
    --------
    >>> shows_picture("Who waits? ![x](https://example.org/x.png)"), shows_picture("Who waits!")
    (True, False)
    """
    if "![" not in text:
        return False
    blocks = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)
    return any(token.type == "image" for block in blocks for token in _within(block))


def _within(token: Token) -> Iterator[Token]:
    yield token
    for each in token.children or ():
        yield from _within(each)


def _asks(chart: object) -> bool:
    """Return whether a chart loads anything from an address."""
    if isinstance(chart, dict):
        return "url" in chart or any(map(_asks, chart.values()))
    return isinstance(chart, list) and any(map(_asks, chart))


class _Html(HTMLParser):
    """Finds in HTML whatever is more than text with its form."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag not in _TAGS.split():
            rule = "HTML must be text, tables and their form, without programs, frames and forms"
            self.faults.append(f"{rule}, got `<{tag}>`. Remove it.")
            return
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        rule = ""
        if name not in _ATTRIBUTES.split() and not re.fullmatch(r"data-(?!view)[a-z-]+", name):
            rule = f"HTML must hold no `{name}` on `<{tag}>`, which may run or load something. Remove it."
        elif name == "src" and not _EMBEDDED.match(value):
            rule = f"HTML must not load {shown(value)}. Show a picture beside the chapter with `![words](name.png)`."
        elif name == "href" and _SCHEME.match(value.strip()) and not _ADDRESS.match(value.strip()):
            rule = f"a link must lead to a page or an address with https://, got {shown(value)}. Mend it."
        elif name == "style" and reaches_out(value):
            rule = f"HTML must not load anything, got such a `style` on `<{tag}>`. Remove it."
        if rule:
            self.faults.append(rule)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style" and ("<" in data or reaches_out(data)):
            self.faults.append("HTML must not load anything, got such a `<style>`. Remove it.")

    def handle_comment(self, data: str) -> None:
        if "--!>" in data or data.startswith((">", "->")):
            self.faults.append("HTML must end a comment with `-->` alone. Mend it.")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"HTML must be a part of a page, got `<!{decl[:7]}…`. Remove it.")

    def unknown_decl(self, _data: str) -> None:
        self.faults.append("HTML must be a part of a page, got `<![`. Remove it.")

    def handle_pi(self, _data: str) -> None:
        self.faults.append("HTML must be a part of a page, got `<?`. Remove it.")
