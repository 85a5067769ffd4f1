"""The Sphinx extension that makes the book's pages: theme, mathematics, deeper sections, downloads, and scripts.

Every page carries only what it uses, all of it from the book itself.
"""

import hashlib
import json
import posixpath
import re
import shutil
from functools import cache
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from opsbook.exercises.assets import view_script, view_style
from opsbook.exercises.banks import default_seed, question
from opsbook.mathml import to_mathml
from opsbook.publishing import glossary, workbook
from opsbook.publishing.borrowed import BorrowedExplorer, BorrowedQuestion
from opsbook.publishing.colours import style
from opsbook.publishing.curriculum import CurriculumMap, Ideas, Prerequisites, QuestionLink
from opsbook.publishing.pages import DataDictionary, DataOverview, EvidenceLedger, KpiCatalogue, KpiOverview
from opsbook.publishing.practice import (
    FullExam,
    MyProgress,
    PracticeExam,
    answer_key,
    asked,
    note,
    settle_seed,
    with_full_exam,
    write_data,
)
from opsbook.publishing.reference import expand, public_name, source_files
from opsbook.publishing.solutions import reveal, reveal_page, strip

__all__ = ["setup"]

_LOG = logging.getLogger(__name__)
_PACKAGE = Path(str(files("opsbook")))
_VENDOR = _PACKAGE / "vendor"
_THEME = _PACKAGE / "publishing" / "theme"
_ELEMENT = _PACKAGE / "exercises" / "static"
# A case folds its analyses, so that a reader decides first.
_ANALYSIS = "Analysis:"
_FOLDED = ("Deeper:", _ANALYSIS)
_DOWNLOADS = "_static/downloads"
# What a page loads for what stands in it.
_NEEDED = {
    "<ops-question": ("ops-question.js", "ops-question.css"),
    "<ops-progress": ("ops-question.js", "catalogue.js", "ops-progress.js", "ops-question.css", "ops-progress.css"),
    "<ops-exam": ("ops-question.js", "catalogue.js", "ops-exam.js", "ops-question.css", "ops-exam.css"),
    'class="ops-paper': ("ops-paper.css",),
    "ops-explorer": ("ops-explorer.js",),
}
_PRACTISED = r'(?:<p class="ops-counts">[^\n]*?</p>)?<ops-question(?![^>]*\bdata-kind="withheld")'
_VIEW = re.compile(r"data-view='(ops-[a-z-]+)'")


# --- Mathematics -----------------------------------------------------------------------------------------------


def _mathml(node: nodes.Element, *, display: bool) -> str:
    latex = node.astext()
    if display and "\\\\" in latex and "\\begin" not in latex:
        latex = rf"\begin{{aligned}}{latex}\end{{aligned}}"
    try:
        return to_mathml(latex, display=display)
    except ValueError as error:
        _LOG.warning(str(error), location=node)
        return ""


def _visit_math(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_mathml(node, display=False))
    raise nodes.SkipNode


def _visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    opening = self.starttag(node, "div", CLASS="math")
    # A formula wider than a phone scrolls by itself, also from the keyboard.
    self.body.append(opening.replace("<div ", '<div role="group" aria-label="Formula" tabindex="0" ', 1))
    self.body.append(_mathml(node, display=True))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({node["number"]})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


# --- Deeper sections -------------------------------------------------------------------------------------------


class _Deeper(nodes.Element, nodes.General):
    """A section that stays folded until the reader opens it."""


class _FoldDeeper(SphinxPostTransform):
    default_priority = 900
    formats = ("html",)

    def run(self, **_options: object) -> None:
        for section in list(self.document.findall(nodes.section)):
            title = section[0].astext() if section.children and isinstance(section[0], nodes.title) else ""
            if title.startswith(_FOLDED):
                fold = _Deeper("", title=title)
                section.replace_self(fold)
                fold += section


class _FoldCode(SphinxPostTransform):
    """Says which fold checks the one above it, and spares a question its code, the mere call that asks it."""

    default_priority = 100  # after MyST-NB has chosen each output's form, before it folds what is to be hidden
    formats = ("html",)

    def run(self, **_options: object) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code":
                continue
            if any("<ops-question" in raw.astext() for raw in cell.findall(nodes.raw)):
                cell.children = cell.children[-1:]
                continue
            tags = {name.removeprefix("tag_") for name in cell["classes"]}
            if named := next((name for tag, name in _FOLDS.items() if tag in tags), None):
                cell["prompt_show"], cell["prompt_hide"] = f"Show {named}", f"Hide {named}"
            elif cell.get("hide_mode") and re.search(r"\bexercises\.check(?:_code)?\(", cell[0].astext()):
                cell["prompt_show"], cell["prompt_hide"] = "Show the check", "Hide the check"


def _visit_deeper(self: HTML5Translator, node: _Deeper) -> None:
    decided = '<span class="fold-note">Open it when you have decided.</span>'
    when = decided if node["title"].startswith(_ANALYSIS) else ""
    self.body.append(f'<details class="deeper"><summary>{self.encode(node["title"])}{when}</summary>\n')


def _depart_deeper(self: HTML5Translator, _node: _Deeper) -> None:
    self.body.append("</details>\n")


# --- Solutions -------------------------------------------------------------------------------------------------

# What only pages for who teaches show of a notebook's code, by the tag of the cell.
_FOLDS = {
    "instructor": "what is for the instructor",
    "solution": "the solution",
    "opsbook-solution": "the solution",
    "opsbook-tests": "the hidden tests",
}


class _KeptBack(SphinxDirective):
    """What learners do not get, folded; the argument names it."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        fold = _Deeper("", title=self.arguments[0])
        self.state.nested_parse(self.content, self.content_offset, fold)
        return [fold]


def _strip_solutions(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix == ".ipynb":
        shown = reveal if app.config.opsbook_instructor else strip
        source[0] = json.dumps(shown(json.loads(source[0])))
    elif app.config.opsbook_instructor:
        source[0] = reveal_page(source[0])


# --- Library reference -----------------------------------------------------------------------------------------


def _expand_reference(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix == ".md":
        source[0] = expand(source[0])


# --- Downloads -------------------------------------------------------------------------------------------------


def _write_downloads(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / _DOWNLOADS
    for file in source_files():
        target = folder / "src" / "opsbook" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_PACKAGE / file, target)
    workbook.write(folder / workbook.FILE)


def _link_downloads(app: Sphinx, doctree: nodes.document) -> None:
    """Let a plain relative link lead to what the build writes; to MyST it leads to a file that is not there."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        address = link.get("reftarget", "")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(app.env.docname), address))
        written = path.startswith(f"{_DOWNLOADS}/") and (Path(app.outdir) / path).is_file()
        if link.get("reftype") == "myst" and written:
            link.replace_self(addnodes.download_reference("", "", *link.children, refuri=address))


# --- Editions --------------------------------------------------------------------------------------------------


def _fence_editions(app: Sphinx) -> None:
    """Let nothing in the pages of an edition, which others write as well, insert files of this machine or raw HTML."""
    if app.config.opsbook_edition:
        app.env.settings |= {"file_insertion_enabled": False, "raw_enabled": False}


# --- Links -----------------------------------------------------------------------------------------------------


def _let_links_name_labels(_app: Sphinx, env: BuildEnvironment) -> None:
    """Let `[text](chapter.ipynb#label)` lead to a section; MyST looks for headings alone behind the `#`.

    JupyterLab opens the notebook by the same link, and knows no role for another notebook's label.
    """
    for label, (docname, target) in env.domaindata["std"]["anonlabels"].items():
        env.metadata[docname].setdefault("myst_slugs", {}).setdefault(label, (0, target, ""))


# --- Pages -----------------------------------------------------------------------------------------------------


@cache
def _icon(name: str) -> str:
    path = _THEME / "static" / "icon.svg" if name == "logo" else _VENDOR / "fontawesome" / f"{name}.svg"
    svg = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf8"), flags=re.DOTALL)
    return svg.replace("<svg ", '<svg class="icon" width="16" height="16" aria-hidden="true" ', 1)


@cache
def _tab_icon() -> str:
    """Return the icon of the browser's tab as an address that asks for nothing."""
    return f"data:image/svg+xml,{quote((_THEME / 'static' / 'icon.svg').read_text(encoding='utf8').strip())}"


@cache
def _definitions_script() -> str:
    return (_THEME / "definitions.js").read_text(encoding="utf8").strip()


def _description(doctree: nodes.document | None) -> str:
    """Return the page's first paragraph, cut at a word, for search engines and link previews."""
    if doctree is None:
        return "Find words in the whole book, on this device and without a connection."
    text = next((" ".join(p.astext().split()) for p in doctree.findall(nodes.paragraph) if p.astext().strip()), "")
    return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + " …"  # noqa: PLR2004 - what search engines show


def _inner_toc(toc: str) -> str:
    """Return the list of a page's sections without the page's own title around it."""
    start, end = toc.find("<ul", 1), toc.rfind("</ul>", 0, toc.rfind("</ul>"))
    return toc[start : end + len("</ul>")] if start > 0 else ""


# What others' writers say of their elements to screen readers, and what axe finds wrong with it.
_REPAIRS = (
    (r' aria-label="Toggle hidden content"', ""),  # hides from speech what the summary itself says
    (r' role="(?:doc-biblioentry|doc-backlinks|list)"', ""),  # deprecated, or not what the element is
    (r"<th(?:\s[^>]*)?>\s*(?:<p></p>\s*)?</th>", "<td></td>"),  # a header cell that heads nothing
)


def _headed(table: re.Match[str]) -> str:
    """Let the first cells of the rows head them, where a table's first column has no heading of its own."""
    if not re.search(r'<th [^>]*class="col_heading level0 col0"[^>]*>\s*</th>', table[0]):
        return table[0]
    return re.sub(r'<td ([^>]*class="data row\d+ col0"[^>]*)>(.*?)</td>', r'<th scope="row" \1>\2</th>', table[0])


def _repaired(body: str) -> str:
    body = re.sub(r"<table.*?</table>", _headed, body, flags=re.DOTALL)
    for pattern, replacement in _REPAIRS:
        body = re.sub(pattern, replacement, body)
    return body


def _scrollable(body: str) -> str:
    """Let a wide table scroll by itself, so that the page never does."""
    numbers = count(1)

    def wrap(table: re.Match[str]) -> str:
        label = f"Table {next(numbers)}"
        return f'<div class="table-scroll" role="region" aria-label="{label}" tabindex="0">{table[0]}</div>'

    return re.sub(r"<table(?! class='ops-table').*?</table>", wrap, body, flags=re.DOTALL)


def _page_context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    body = _scrollable(_repaired(with_full_exam(app, pagename, context.get("body", ""))))
    body = context["body"] = glossary.with_definitions(app.builder, pagename, body)
    if questions := asked(app.env, pagename):
        # What an instructor marks is no practice, and carries no answers.
        body = context["body"] = re.sub(_PRACTISED, lambda found: note(app, pagename) + found[0], body, count=1)
        if app.config.opsbook_instructor:
            context["body"] += answer_key(question(each, seed=seed) for each, seed in questions)
    # One load of each, in the order in which they need each other.
    views = dict.fromkeys(_VIEW.findall(body))
    files = dict.fromkeys(f"{view}.js" for view in views)
    files |= dict.fromkeys(file for mark, needed in _NEEDED.items() if mark in body for file in needed)
    notebook = None
    if pagename in app.env.all_docs and Path(app.env.doc2path(pagename)).suffix == ".ipynb":
        notebook = "../" * pagename.count("/") + f"_static/notebooks/{pagename}.ipynb"
    context.update(
        ops_accent=style(app.config.opsbook_edition.get("accent", "")),
        ops_description=_description(doctree),
        ops_edition=app.config.opsbook_edition,
        ops_instructor=app.config.opsbook_instructor,
        ops_icon=_icon,
        ops_notebook=notebook,
        ops_tab_icon=_tab_icon(),
        ops_scripts=[file for file in files if file.endswith(".js")],
        ops_styles=[file for file in files if file.endswith(".css")],
        # A view's style is small and stands in a page or two: in the page itself it spares a request.
        ops_inline_styles=[view_style(view) for view in views],
        # For the same reason; most pages explain no word.
        ops_inline_scripts=[_definitions_script()] if glossary.MARK in body else [],
        ops_toc=_inner_toc(context.get("toc", "")) if doctree is not None else "",
    )


def _copy_assets(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "fonts").mkdir(parents=True, exist_ok=True)
    for font in _VENDOR.glob("*/*.woff2"):
        shutil.copyfile(font, static / "fonts" / font.name)
    for path in _ELEMENT.glob("ops-*.*"):
        shutil.copyfile(path, static / path.name)
    for path in _ELEMENT.glob("views/ops-*.js"):
        (static / path.name).write_text(view_script(path.stem), encoding="utf8")
    shutil.copyfile(_VENDOR / "vega" / "vega.min.js", static / "vega.js")
    if logo := app.config.opsbook_edition.get("logo"):
        shutil.copyfile(Path(app.srcdir) / "book" / "_static" / logo, static / logo)


def _copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    for docname in app.env.all_docs:
        source = Path(app.env.doc2path(docname))
        if source.suffix == ".ipynb":
            target = Path(app.outdir) / "_static" / "notebooks" / f"{docname}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            notebook = json.loads(source.read_text(encoding="utf8"))
            if not app.config.opsbook_instructor:
                notebook = strip(notebook)
            target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf8")


def _fingerprint() -> str:
    """Return a hash of the code that shapes pages, so that Sphinx reads them again when it changes."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.add_html_theme("opsbook", str(_THEME))
    app.add_html_math_renderer(
        "mathml", inline_renderers=(_visit_math, None), block_renderers=(_visit_math_block, None)
    )
    app.add_node(_Deeper, html=(_visit_deeper, _depart_deeper))
    app.add_post_transform(_FoldDeeper)
    app.add_post_transform(_FoldCode)
    app.add_directive("curriculum-map", CurriculumMap)
    app.add_directive("data-overview", DataOverview)
    app.add_directive("data-dictionary", DataDictionary)
    app.add_directive("evidence-ledger", EvidenceLedger)
    app.add_directive("explorer", BorrowedExplorer)
    app.add_directive("ideas-taught", Ideas)
    app.add_directive("kept-back", _KeptBack)
    app.add_directive("kpi-catalogue", KpiCatalogue)
    app.add_directive("kpi-overview", KpiOverview)
    app.add_directive("full-exam", FullExam)
    app.add_directive("my-progress", MyProgress)
    app.add_directive("practice-exam", PracticeExam)
    app.add_directive("prerequisites", Prerequisites)
    app.add_directive("question", BorrowedQuestion)
    app.add_role("ask", QuestionLink())
    app.add_role("public-name", public_name)
    app.add_config_value("opsbook_fingerprint", _fingerprint(), "env", types=[str])
    app.add_config_value("opsbook_seed", default_seed(), "env", types=[int])
    app.add_config_value("opsbook_edition", default={}, rebuild="html", types=[dict])
    app.add_config_value("opsbook_instructor", default=False, rebuild="env", types=[bool])
    app.connect("config-inited", settle_seed)
    app.connect("source-read", _strip_solutions)
    app.connect("source-read", _expand_reference)
    app.connect("builder-inited", _fence_editions)
    app.connect("builder-inited", _copy_assets)
    app.connect("builder-inited", _write_downloads)
    app.connect("doctree-read", _link_downloads, priority=900)  # after Sphinx has collected downloads of its own
    app.connect("env-updated", glossary.collect)
    app.connect("env-check-consistency", _let_links_name_labels)
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _copy_notebooks)
    app.connect("build-finished", write_data)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
