"""The library reference: every public name with its signature, its docstring and its source, written by the code."""

import ast
import inspect
import math
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache, cached_property, reduce
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.parsers.rst.states import Inliner
from sphinx import addnodes

import opsbook

__all__ = [
    "MODULES",
    "Entry",
    "Source",
    "entries",
    "expand",
    "library_index",
    "library_reference",
    "page_of",
    "public_name",
    "sections",
    "source_files",
]

# In the order in which the book needs them; a test holds the list against the library's own.
MODULES = (
    *("contact", "kpi", "queues", "staffing", "simulate", "forecast", "quality", "blueprint"),
    *("datasets", "charts", "exercises", "errors"),
)
_PACKAGE = Path(opsbook.__file__).parent
_LISTED = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "Warns")
_INDENT = "    "
_NARROW = 60  # characters of a signature that a phone shows on one line


@dataclass(frozen=True)
class Source:
    """Where the code of a name stands: a file of the package, its first and last line, and the code itself."""

    file: Path
    first: int
    last: int
    code: str

    @property
    def address(self) -> str:
        """The file as a path inside the project."""
        return f"src/opsbook/{self.file.relative_to(_PACKAGE).as_posix()}"


@dataclass(frozen=True)
class Entry:
    """What the reference says of one public name, or of a member of a class."""

    module: str
    name: str
    kind: str  # function, class, exception, constant, method or attribute
    signature: str
    doc: dict[str, str]
    source: Source
    members: tuple["Entry", ...] = ()

    @property
    def short(self) -> str:
        """The name without that of its class."""
        return self.name.rpartition(".")[2]

    @property
    def label(self) -> str:
        """The name under which other pages link to this entry."""
        # A class and a function may differ in one capital letter only, and labels do not know capitals.
        what = "class-" if self.kind == "class" else ""
        return f"library-{self.module}-{what}{self.name}".lower()

    @property
    def arguments(self) -> list[str]:
        """The names of its parameters or attributes, as its docstring lists them."""
        listed = "\n".join(self.doc.get(title, "") for title in ("Parameters", "Attributes"))
        names = re.findall(r"^(\S.*?)(?: : .*)?$", listed, re.MULTILINE)
        return [each.strip("*") for line in names for each in line.split(", ")]

    @property
    def summary(self) -> str:
        """The first sentence of the docstring, or its first paragraph, on one line."""
        return " ".join(self.doc.get("", "").partition("\n\n")[0].split())


def sections(docstring: str) -> dict[str, str]:
    r"""Return the parts of a NumPy-style docstring by their titles; what comes before them has the title ``""``.

    Examples
    --------
    >>> sections("Add up.\n\nReturns\n-------\nfloat\n    The sum.")
    {'': 'Add up.', 'Returns': 'float\n    The sum.'}
    """
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(docstring), flags=re.MULTILINE)
    titled = zip(parts[1::2], parts[2::2], strict=True)
    return {"": parts[0].strip(), **{title: text.strip("\n") for title, text in titled}}


# --- From the code to entries ----------------------------------------------------------------------------------


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf8"))


def _source(file: Path, first: int, last: int, node: ast.AST | None = None) -> Source:
    """Return the lines, without the docstring of `node`, which the page shows anyway."""
    lines = file.read_text(encoding="utf8").splitlines()[first - 1 : last]
    body = getattr(node, "body", None)
    if body and ast.get_docstring(node) is not None:  # type: ignore[arg-type]
        text = body[0]
        lines[text.lineno - first : text.end_lineno - first + 1] = []
    return Source(file, first, last, textwrap.dedent("\n".join(lines)).strip("\n"))


def _definition(thing: Any) -> tuple[Path, ast.FunctionDef | ast.ClassDef]:
    """Return the file and the syntax of a function or class."""
    thing = inspect.unwrap(thing)
    file = Path(inspect.getsourcefile(thing) or "")
    first = thing.__code__.co_firstlineno if inspect.isfunction(thing) else None
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == thing.__name__:
            begins = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first is None or begins == first:
                return file, node
    raise LookupError(f"the source of {thing.__module__}.{thing.__qualname__} must stand in a file. Define it there.")


def _of(file: Path, node: ast.FunctionDef | ast.ClassDef) -> Source:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return _source(file, first, node.end_lineno or node.lineno, node)


def _call(name: str, arguments: list[str]) -> str:
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= _NARROW:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in arguments) + ")"


def _arguments(function: Any, node: ast.FunctionDef | ast.ClassDef, *, bound: bool = False) -> list[str]:
    """Return the arguments as they are written, less their types, which the list of parameters says in words."""
    if isinstance(node, ast.ClassDef):
        return []
    named = inspect.unwrap(function).__globals__
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults))
    written = [
        _argument(each.arg, value, named) for each, value in zip(plain, [*defaults, *given.defaults], strict=True)
    ]
    if given.posonlyargs:
        written.insert(len(given.posonlyargs), "/")
    if given.vararg:
        written.append(f"*{given.vararg.arg}")
    elif given.kwonlyargs:
        written.append("*")
    written += [
        _argument(each.arg, value, named) for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    if given.kwarg:
        written.append(f"**{given.kwarg.arg}")
    return written[1:] if bound else written


def _argument(name: str, default: ast.expr | None, named: dict[str, Any]) -> str:
    if default is None:
        return name
    written = ast.unparse(default)
    first, *rest = written.split(".")
    if first in named and isinstance(default, ast.Name | ast.Attribute):
        # A name tells a reader nothing; the number or the text behind it does.
        value = reduce(getattr, rest, named[first])
        if isinstance(value, int | str | tuple) or (isinstance(value, float) and math.isfinite(value)):
            written = repr(value)
    return f"{name}={written}"


def _fields(thing: type) -> list[str]:
    """Return what a class is made from."""
    if is_dataclass(thing):
        made = [each for each in fields(thing) if each.init and not each.name.startswith("_")]
        keyword = [each for each in made if each.kw_only]
        written = [
            each.name + (f"={each.default!r}" if each.default is not MISSING else "=..." * _has_factory(each))
            for each in [*(each for each in made if not each.kw_only), *keyword]
        ]
        if keyword:
            written.insert(len(made) - len(keyword), "*")
        return written
    if "__init__" in vars(thing):
        made = vars(thing)["__init__"]
        return _arguments(made, _definition(made)[1], bound=True)
    names = getattr(thing, "_fields", ())
    defaults = getattr(thing, "_field_defaults", {})
    return [name + (f"={defaults[name]!r}" if name in defaults else "") for name in names]


def _has_factory(each: Any) -> bool:
    return each.default_factory is not MISSING


def _members(module: str, thing: type) -> Iterator[Entry]:
    """Yield what a class offers beside its fields, inherited or its own."""
    seen: set[str] = set()
    for owner in thing.__mro__:
        for name, value in vars(owner).items() if owner.__module__.startswith("opsbook.") else ():
            function = _function(value)
            if function is None or name.startswith("_") or name in seen:
                continue
            seen.add(name)
            file, node = _definition(function)
            full, doc = f"{thing.__name__}.{name}", sections(inspect.getdoc(value) or "")
            if isinstance(value, property | cached_property):
                yield Entry(module, full, "attribute", full, doc, _of(file, node))
            else:
                call = _call(full, _arguments(function, node, bound=not isinstance(value, staticmethod)))
                yield Entry(module, full, "method", call, doc, _of(file, node))


def _function(value: object) -> Any:
    """Return the function behind a member of a class, or None."""
    if isinstance(value, property):
        return value.fget
    if isinstance(value, cached_property):
        return value.func
    if isinstance(value, classmethod | staticmethod):
        return value.__func__
    return value if inspect.isfunction(value) else None


def _constant(module: ModuleType, name: str) -> Entry:
    """Return the entry of a value: its meaning is the string that stands below its assignment."""
    short = module.__name__.rpartition(".")[2]
    parts = [module.__name__]
    if hasattr(module, "__path__"):
        parts += [f"{module.__name__}.{each.name}" for each in pkgutil.iter_modules(module.__path__)]
    for part in parts:
        file = Path(import_module(part).__file__ or "")
        body = _tree(file).body
        for node, after in zip(body, [*body[1:], None], strict=True):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            assigned = [getattr(each, "id", "") for each in targets]
            if not isinstance(node, ast.Assign | ast.AnnAssign) or name not in assigned:
                continue
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            source = _source(file, node.lineno, node.end_lineno or node.lineno)
            return Entry(short, name, "constant", f"{short}.{name}", sections(str(said)), source)
    raise LookupError(f"the value of {module.__name__}.{name} must be assigned in the module. Write it there.")


def _entry(module: ModuleType, name: str) -> Entry:
    short = module.__name__.rpartition(".")[2]
    thing = getattr(module, name)
    if not isinstance(thing, type | FunctionType):
        return _constant(module, name)
    file, node = _definition(thing)
    full = f"{short}.{name}"
    doc = sections(inspect.getdoc(thing) or "")
    if not isinstance(thing, type):
        return Entry(short, name, "function", _call(full, _arguments(thing, node)), doc, _of(file, node))
    if issubclass(thing, Exception):
        parent = thing.__mro__[1].__name__
        return Entry(short, name, "exception", f"class {full}({parent})", doc, _of(file, node))
    made = _fields(thing)  # a class that only the library makes shows no arguments
    signature = f"class {_call(full, made) if made else full}"
    return Entry(short, name, "class", signature, doc, _of(file, node), tuple(_members(short, thing)))


@cache
def entries(module: str) -> tuple[Entry, ...]:
    """Return an entry for each public name of a module of the library, in the order of its ``__all__``."""
    loaded = import_module(f"opsbook.{module}")
    return tuple(_entry(loaded, name) for name in loaded.__all__)


def source_files() -> list[Path]:
    """Return the files that the library's modules are made of, as paths inside the package."""
    found = [_PACKAGE / f"{module}.py" for module in MODULES]
    found += [file for module in MODULES for file in (_PACKAGE / module).rglob("*.py")]
    return sorted(file.relative_to(_PACKAGE) for file in found if file.is_file())


# --- From entries to a page ------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Take out what only other tools read: roles of the Python domain, and numbers of footnotes."""
    text = re.sub(r":(?:py:)?(?:func|class|meth|mod|attr|exc|data|obj|const):(?=`)", "", text)
    text = re.sub(r"^\.\. \[(\w+)\] ", r"[\1] ", text, flags=re.MULTILINE)
    return re.sub(r"\[(\w+)\]_", r"[\1]", text)


def _rst(text: str, module: str, *own: str) -> str:
    """Return reStructuredText for a Markdown page; what stands in single backticks leads to its entry.

    Names in `own` are arguments, and may be called like a public name.
    """
    head = [f".. role:: here(public-name)\n   :module: {module}", *([f"   :own: {' '.join(own)}"] if own else [])]
    return _fenced("{eval-rst}", "\n".join([*head, "", ".. default-role:: here", "", _plain(text)]))


def _fenced(language: str, text: str) -> str:
    fence = "`" * (max([2, *(len(run) for run in re.findall(r"`+", text))]) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _listed(title: str, text: str) -> str:
    """Return a list of parameters, results or errors as a definition list, types in plain text."""
    lines = textwrap.dedent(text).splitlines()
    shown = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if not line or line.startswith(" "):
            shown.append(line)
            continue
        shown.append(_term(title, line))
        if not after.startswith(" "):
            shown.append(f"{_INDENT}\\")  # a term without a description is none to docutils
    return "\n".join(shown)


def _term(title: str, line: str) -> str:
    names, colon, kind = line.replace("`", "").partition(" : ")  # a type is plain text
    if title in ("Parameters", "Attributes"):
        names = ", ".join(f"``{each}``" for each in names.split(", "))
    elif not colon:
        # What is returned, raised or warned of: a class of ours leads to its entry.
        names = re.sub(r"(?<![\w.])([A-Z]\w*[a-z]\w*)\b", r"`\1`", _escaped(names))
    return f"{names} : {_escaped(kind)}" if colon else names


def _escaped(text: str) -> str:
    return re.sub(r"([*|`\\]|_(?!\w))", r"\\\1", text)


def _body(entry: Entry) -> str:
    parts = [entry.doc.get("", "")]
    for title, text in entry.doc.items():
        if title:
            listed = title in _LISTED and re.search(r"^ +\S", text, re.MULTILINE)
            parts.append(f".. rubric:: {title}\n\n{_listed(title, text) if listed else text}")
    computed = [each for each in entry.members if each.kind == "attribute"]
    if computed:
        said = "\n".join(f"``{each.short}``\n{textwrap.indent(each.doc[''], _INDENT)}\n" for each in computed)
        parts.insert(1 + ("Attributes" in entry.doc), f".. rubric:: Computed attributes\n\n{said}")
    return _rst("\n\n".join(parts), entry.module, *entry.arguments)


def _shown(source: Source) -> str:
    where = f"lines {source.first}–{source.last}" if source.last > source.first else f"line {source.first}"
    whole = f"[Download the whole file](../../_static/downloads/{source.address})"
    return (
        f'<details class="source"><summary>Source: {source.address}, {where}</summary>\n\n'
        f"{_fenced('python', source.code)}\n\n{whole}\n\n</details>"
    )


def page_of(entry: Entry) -> str:
    """Return what the reference says of one name, as Markdown."""
    parts = [f"({entry.label})=\n## `{entry.name}`", _fenced("python", entry.signature), _body(entry)]
    for each in entry.members:
        if each.kind == "method":
            parts += [f"({each.label})=\n### `{each.name}`", _fenced("python", each.signature), _body(each)]
    return "\n\n".join([*parts, _shown(entry.source)])


def _one_line(text: str) -> str:
    """Return a line of reStructuredText as Markdown."""
    text = re.sub(r":math:`([^`]+)`", r"$\1$", _plain(text))
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _contents(module: str) -> str:
    return "\n".join(f"- [`{entry.name}`](#{entry.label}): {_one_line(entry.summary)}" for entry in entries(module))


def library_reference(module: str) -> str:
    """Return the reference of one module as Markdown: what it is for, its names in one line each, then each in full."""
    about = sections(import_module(f"opsbook.{module}").__doc__ or "")
    # What explains the whole module stands behind its names, where a reader who looks one up is not held up.
    behind = "\n\n".join(f"## {title}\n\n{_rst(text, module)}" for title, text in about.items() if title)
    full = "\n\n".join(page_of(entry) for entry in entries(module))
    return "\n\n".join(filter(None, [_rst(about[""], module), _contents(module), full, behind]))


def library_index() -> str:
    """Return the list of all modules, each with its purpose and its names, as Markdown."""
    parts = []
    for module in MODULES:
        about = " ".join(sections(import_module(f"opsbook.{module}").__doc__ or "")[""].partition("\n\n")[0].split())
        parts.append(f"## [`{module}`]({module}.md)\n\n{_one_line(about)}\n\n{_contents(module)}")
    return "\n\n".join(parts)


def expand(markdown: str) -> str:
    """Return a page's Markdown with the reference written out where the page asks for it.

    A page asks with an empty directive: ``library-reference`` and the name of a module, or ``library-index``. It is
    written out before the page is read, so that its headings are headings of the page like any other.
    """
    markdown = re.sub(r"^```\{library-reference\} (\w+)\n```$", _asked, markdown, flags=re.MULTILINE)
    return re.sub(r"^```\{library-index\}\n```$", lambda _: library_index(), markdown, flags=re.MULTILINE)


def _asked(match: re.Match[str]) -> str:
    return library_reference(match[1])


# --- What Sphinx is given --------------------------------------------------------------------------------------


@cache
def _labels() -> dict[str, str]:
    """Return the label of each entry by the names that a docstring may call it."""
    found: dict[str, str] = {}
    for module in MODULES:
        for entry in entries(module):
            for each in (entry, *(each for each in entry.members if each.kind == "method")):
                found[f"{module}.{each.name}"] = each.label
                found.setdefault(each.name, each.label)
    return found


def public_name(
    _name: str,
    _rawtext: str,
    text: str,
    _line: int,
    inliner: Inliner,
    options: dict[str, Any] | None = None,
    content: object = (),  # noqa: ARG001 - docutils gives it by name
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return the nodes of a name in single backticks: a link to its entry if it has one, otherwise mere code."""
    given = options or {}
    shown = text.replace("\x00", "").strip()
    code = nodes.literal(shown, shown)
    wanted = shown.removeprefix("~").removeprefix("opsbook.").removesuffix("()")
    own = wanted in given.get("own", "").split()
    label = _labels().get(f"{given.get('module', '')}.{wanted}") or _labels().get(wanted)
    if own or not (label or wanted in MODULES):
        return [code], []
    # A module's page lies beside the page that names it.
    kind, target = ("ref", label) if label else ("doc", wanted)
    link = addnodes.pending_xref(
        "", code, refdomain="std", reftype=kind, reftarget=target, refexplicit=True, refwarn=True
    )
    link["refdoc"] = inliner.document.settings.env.docname
    return [link], []


public_name.options = {"module": directives.unchanged, "own": directives.unchanged}  # type: ignore[attr-defined]
