"""The house rules: each says, in sentences for the author, what is wrong with a notebook or with the course.

A rule yields one sentence for each fault and nothing for a sound notebook. `test_house_rules.py` applies every rule to
every notebook, and shows of every rule that it can fail.
"""

import ast
import json
import re
import symtable
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from posixpath import normpath
from typing import Any, TypeVar

import opsbook

from .course import ANIMATION, CHART, COVERAGE, EXPLORER, Course, Notebook, grading, plain, roles, source, tags

NotebookRule = Callable[[Course, Notebook], Iterator[str]]
CourseRule = Callable[[Course], Iterator[str]]

FOR_CHAPTERS: dict[str, NotebookRule] = {}
FOR_EXERCISES: dict[str, NotebookRule] = {}
FOR_NOTEBOOKS: dict[str, NotebookRule] = {}
FOR_THE_COURSE: dict[str, CourseRule] = {}

_Rule = TypeVar("_Rule", NotebookRule, CourseRule)


def among(register: dict[str, _Rule]) -> Callable[[_Rule], _Rule]:
    """Enter a rule into `register` under its own name."""

    def enter(function: _Rule) -> _Rule:
        register[function.__name__] = function
        return function

    return enter


# --- What every chapter has ------------------------------------------------------------------------------------


@among(FOR_CHAPTERS)
def has_one_title(_course: Course, notebook: Notebook) -> Iterator[str]:
    titles = [heading for heading in notebook.headings if heading.level == 1]
    if not titles or (titles[0].cell, titles[0].first) != (0, True):
        yield "the first cell must begin with the title, a heading of level 1 (`# Title`)."
    if len(titles) > 1:
        yield f"there must be one heading of level 1, the title; there are {len(titles)}. Begin sections with `##`."


@among(FOR_CHAPTERS)
def promises_in_one_sentence(_course: Course, notebook: Notebook) -> Iterator[str]:
    tokens = next((tokens for _, tokens in notebook.blocks()), [])
    after_title = tokens[3:] if tokens and tokens[0].type == "heading_open" else []
    promise = plain(after_title[1]) if after_title and after_title[0].type == "paragraph_open" else ""
    if not promise:
        yield "a paragraph with the chapter's promise must follow the title."
    elif not re.fullmatch(r"(?:(?![.!?]\s+[A-Z]).)+\.", promise, re.DOTALL):
        yield f"the first paragraph is the promise: one sentence that ends in a full stop, got {promise!r}."


@among(FOR_CHAPTERS)
def lists_three_to_five_objectives(_course: Course, notebook: Notebook) -> Iterator[str]:
    if not 3 <= len(notebook.objectives) <= 5:
        yield f"metadata `opsbook.objectives` must hold 3 to 5 objectives, got {len(notebook.objectives)}."
    on_page = {_same(item) for item in notebook.list_items}
    for objective, text in notebook.objectives.items():
        if _same(text) not in on_page:
            yield f"objective {objective} must stand on the page as an item of a list, word for word: {text!r}."


@among(FOR_CHAPTERS)
def asks_two_self_checks(_course: Course, notebook: Notebook) -> Iterator[str]:
    asked = {question for _, question in notebook.questions}
    if len(asked) < 2:
        yield f"a chapter asks at least two different questions of the bank, this one {len(asked)}."


@among(FOR_CHAPTERS)
def asks_in_two_ways(course: Course, notebook: Notebook) -> Iterator[str]:
    kinds = {course.questions[question]["kind"] for question in _asked(notebook) if question in course.questions}
    if len(kinds) < 2:
        yield f"a chapter's self-checks are of at least two kinds, here of {', '.join(sorted(kinds)) or 'none'}."


@among(FOR_CHAPTERS)
def has_the_closing_sections(_course: Course, notebook: Notebook) -> Iterator[str]:
    present = {(heading.level, heading.text) for heading in notebook.headings}
    for title in ("On Monday morning", "Key terms", "Further reading"):
        if (2, title) not in present:
            yield f"the section `## {title}` is missing."


@among(FOR_CHAPTERS)
def links_to_its_exercises(course: Course, notebook: Notebook) -> Iterator[str]:
    wanted = f"exercises/{notebook.name}"
    linked = {normpath(f"chapters/{link.split('#')[0]}").removesuffix(".ipynb") for link in notebook.links}
    if wanted not in linked:
        yield f"the chapter must link to its exercises: `[…](../{wanted}.ipynb)`."
    if notebook.name not in course.exercises:
        yield f"the chapter needs an exercise notebook of its name, {wanted}.ipynb."


# --- What every exercise notebook has --------------------------------------------------------------------------


@among(FOR_EXERCISES)
def belongs_to_a_chapter(course: Course, notebook: Notebook) -> Iterator[str]:
    if notebook.name not in course.chapters:
        yield f"an exercise notebook shares its chapter's name; there is no chapters/{notebook.name}.ipynb."
        return
    known = course.chapters[notebook.name].objectives
    for objective, text in notebook.objectives.items():
        if known.get(objective) != text:
            yield f"objective {objective} in the metadata must be the chapter's, word for word; there it is not."


@among(FOR_EXERCISES)
def practises_what_its_chapter_covers(course: Course, notebook: Notebook) -> Iterator[str]:
    taught = course.chapters[notebook.name].course.get("covers") if notebook.name in course.chapters else []
    for idea in notebook.course.get("covers") or []:
        if idea not in (taught or []):
            yield f"`covers` names {idea!r}, which its chapter does not. An idea is taught where it is covered first."


@among(FOR_EXERCISES)
def has_eight_to_fifteen_items(course: Course, notebook: Notebook) -> Iterator[str]:
    # A code question is one item with the graded cell that checks it.
    asked = sum(course.questions.get(question, {}).get("kind") != "code" for question in _asked(notebook))
    graded = sum(bool(grading(cell).get("grade") or grading(cell).get("task")) for cell in notebook.cells)
    if not 8 <= asked + graded <= 15:
        got = f"{asked + graded}: {asked} questions and {graded} graded cells"
        yield f"an exercise notebook has 8 to 15 items, this one {got}."


@among(FOR_EXERCISES)
def serves_every_objective(course: Course, notebook: Notebook) -> Iterator[str]:
    objectives = course.chapters[notebook.name].objectives if notebook.name in course.chapters else {}
    named = {}
    for index, cell in enumerate(notebook.cells):
        objective = cell.get("metadata", {}).get("opsbook", {}).get("objective")
        if objective is not None:
            named[objective] = index
    for objective, index in named.items():
        if objective not in objectives:
            yield f"cell {index} names the objective {objective!r}, which the chapter does not have."
    asked = {question.get("objective") for full_id, question in course.questions.items() if full_id in _asked(notebook)}
    banked = {question.get("objective") for question in course.banks.get(notebook.name, [])}
    for objective in objectives:
        if objective not in {*named, *asked, *banked}:
            yield f"objective {objective} is served by no item, neither in the notebook nor in its bank."


def _asked(notebook: Notebook) -> set[str]:
    return {question for _, question in notebook.questions}


# --- What holds for every notebook -----------------------------------------------------------------------------

_KEYS = {"covers", "requires", "objectives", "minutes"}


@among(FOR_NOTEBOOKS)
def keeps_the_metadata_contract(course: Course, notebook: Notebook) -> Iterator[str]:
    held = notebook.course
    if set(held) != _KEYS:
        got = ", ".join(sorted(held)) or "none"
        yield f"metadata `opsbook` must have the keys {', '.join(sorted(_KEYS))}, got {got}."
    if not held.get("covers"):
        yield "`covers` must name at least one idea of the coverage list, such as A1."
    for each in held.get("covers") or []:
        if each not in COVERAGE:
            known = "A1–A12, B1–B10, C1–C17, D1–D7; C10, C12, C15 and C16 only with a letter"
            yield f"`covers` names {each!r}, which is not in the coverage list ({known})."
    for each in held.get("requires") or []:
        if each not in course.chapters or course.chapters[each] is notebook:
            yield f"`requires` names {each!r}, which is no other chapter."
    minutes = held.get("minutes")
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes <= 0:
        yield f"`minutes` must be a whole number above 0, got {minutes!r}."


@among(FOR_NOTEBOOKS)
def names_its_objectives(_course: Course, notebook: Notebook) -> Iterator[str]:
    objectives = notebook.course.get("objectives") or []
    ids = Counter(each.get("id") for each in objectives if isinstance(each, dict))
    for place, each in enumerate(objectives, start=1):
        if not isinstance(each, dict) or set(each) != {"id", "text"} or not str(each["text"]).strip():
            yield f"objective {place} must have an `id` and a `text`, got {each!r}."
        elif not re.fullmatch(rf"{re.escape(notebook.name)}/[1-9]\d*", str(each["id"])):
            yield f"objective {place} must be called {notebook.name}/{place}, got {each['id']!r}."
        elif ids[each["id"]] > 1:
            yield f"objective {place}: {each['id']} stands {ids[each['id']]} times in the metadata."


@among(FOR_NOTEBOOKS)
def was_run_from_top_to_bottom(_course: Course, notebook: Notebook) -> Iterator[str]:
    counts = [cell.get("execution_count") for _, cell in notebook.code()]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts must run from 1 to {len(counts)}, got {counts}. Run `make notebooks`."


@among(FOR_NOTEBOOKS)
def shows_no_error(_course: Course, notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.code():
        if "raises-exception" in tags(cell):
            continue
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                what = f"{output['ename']}: {output['evalue']}"
                yield f"cell {index} stopped with {what}. Mend it, or tag it `raises-exception`."


@among(FOR_NOTEBOOKS)
def leaves_an_explorer_its_names(_course: Course, notebook: Notebook) -> Iterator[str]:
    """A slider calls its model long after the cell has run: what a later cell calls by the same name, it then meets."""
    tables = {index: symtable.symtable(source(cell), f"cell {index}", "exec") for index, cell in notebook.code()}
    functions: dict[str, symtable.SymbolTable] = {}
    for place, table in tables.items():
        functions |= {each.get_name(): each for each in table.get_children()}
        if not re.search(r"\bexercises\.(?:explore|animate_queue)\(", source(notebook.cells[place])):
            continue
        used, ahead = set[str](), [each.get_name() for each in table.get_children()]
        while ahead:
            name = ahead.pop()
            if name not in used and name in functions:
                ahead += _globals(functions[name])
            used.add(name)
        for later in (index for index in tables if index > place):
            bound = {
                each.get_name() for each in tables[later].get_symbols() if each.is_assigned() or each.is_imported()
            }
            if clashing := sorted(used & bound):
                names = ", ".join(clashing)
                yield f"cell {later} gives {names} anew, which the explorer of cell {place} goes on using."


@among(FOR_NOTEBOOKS)
def links_without_roles(_course: Course, notebook: Notebook) -> Iterator[str]:
    """JupyterLab finds no label by a role, and says so as an error."""
    for use in roles("ref", notebook.prose):
        label = use.rpartition("<")[2].rstrip("> ")
        there = "" if label in notebook.targets else "that.ipynb"
        yield f"{{ref}} to {label}: write `[words]({there}#{label})`, which does no harm in JupyterLab."


@among(FOR_NOTEBOOKS)
def folds_no_formula_among_paragraphs(_course: Course, notebook: Notebook) -> Iterator[str]:
    """JupyterLab takes a fold of paragraphs for one piece of HTML, and shows a formula in it as it was typed."""
    for fold in re.findall(r"<details>((?:(?!</?details>).)*)</details>", notebook.prose, re.DOTALL):
        lists = re.search(r"^(?:\d+\.|[-*|]) ", fold, re.MULTILINE)
        if not lists and (formula := re.search(r"\$[^$]+\$", fold)):
            yield f"{formula[0]} stands in a fold of paragraphs: write it in plain signs, such as × and √."


def _globals(table: symtable.SymbolTable) -> list[str]:
    """Return the names that a function, or one inside it, takes from the notebook."""
    own = [each.get_name() for each in table.get_symbols() if each.is_global()]
    return own + [name for child in table.get_children() for name in _globals(child)]


TAGS = {
    "hide-input",
    "remove-cell",
    "hide-output",
    "deeper",
    "solution",
    "instructor",
    "nbval-ignore-output",
    "nbval-skip",
    "raises-exception",
}


@among(FOR_NOTEBOOKS)
def uses_known_tags(_course: Course, notebook: Notebook) -> Iterator[str]:
    for index, cell in enumerate(notebook.cells):
        for tag in tags(cell):
            if tag not in TAGS:
                yield f"cell {index} carries the tag {tag!r}; allowed are {', '.join(sorted(TAGS))}."


@among(FOR_NOTEBOOKS)
def says_why_a_cell_is_not_compared(_course: Course, notebook: Notebook) -> Iterator[str]:
    for index, cell in enumerate(notebook.cells):
        for tag in sorted({"nbval-skip", "nbval-ignore-output"}.intersection(tags(cell))):
            if not str(cell["metadata"].get("reason") or "").strip():
                yield f"cell {index} carries {tag} without a reason; write one into its metadata as `reason`."


@among(FOR_NOTEBOOKS)
def stores_no_widget(_course: Course, notebook: Notebook) -> Iterator[str]:
    if "widgets" in notebook.raw.get("metadata", {}):
        yield "the notebook's metadata hold widget state. Write outputs with `make notebooks`, not from JupyterLab."
    for output in notebook.outputs:
        if output.mime.startswith("application/vnd.jupyter.widget-"):
            yield f"cell {output.cell} stores a widget ({output.mime}). Write outputs with `make notebooks`."


@among(FOR_NOTEBOOKS)
def stores_no_memory_address(_course: Course, notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.code():
        for output in cell.get("outputs", []):
            for address in re.findall(r" at 0x[0-9a-fA-F]+", json.dumps(output)):
                yield f"cell {index} stores{address}, which differs in every run. Show the value, not the object."


@among(FOR_NOTEBOOKS)
def pastes_no_image(_course: Course, notebook: Notebook) -> Iterator[str]:
    for output in notebook.outputs:
        if output.mime.startswith("image/") or (
            output.mime in {"text/html", "text/markdown"} and "data:image" in output.text
        ):
            yield f"cell {output.cell} stores an image ({output.mime}). Draw it with `opsbook.charts`."
    for index, cell in enumerate(notebook.cells):
        if cell.get("attachments") or (cell["cell_type"] == "markdown" and "data:image" in source(cell)):
            yield f"cell {index} has an image pasted into it. Draw it with `opsbook.charts`, or keep it as a file."


@among(FOR_NOTEBOOKS)
def describes_every_chart(_course: Course, notebook: Notebook) -> Iterator[str]:
    for cell, spec in _charts(notebook):
        title, description = _title(spec), str(spec.get("description") or "")
        if not title.strip():
            yield f"the chart of cell {cell} has no title that states its message."
        if not description.strip():
            yield f"the chart of cell {cell} has no description for readers who cannot see it."
        elif _same(title) == _same(description):
            yield f"the description of the chart of cell {cell} repeats its title; say what is drawn and what it means."


@among(FOR_NOTEBOOKS)
def fetches_no_data_for_charts(_course: Course, notebook: Notebook) -> Iterator[str]:
    for cell, spec in _charts(notebook):
        for url in _urls(spec):
            yield f"the chart of cell {cell} would fetch {url!r}; a chart carries its own data and no address."


_REMOTE = re.compile(
    r"""(?xi)
    (?: \b(?:src|srcset|poster|data|xlink:href) \s*=\s* ["']? | <(?:link|use|image)\b[^>]*?\bhref \s*=\s* ["']?
      | \burl\(\s*["']? | @import\s+["'] | \b(?:import|from|fetch|require)\s*\(?\s*["'] | !\[[^\]]*\]\(\s*<? )
    (?P<address> (?:https?:)?//[^\s"'<>)]+ )
    """
)


@among(FOR_NOTEBOOKS)
def asks_no_other_host(_course: Course, notebook: Notebook) -> Iterator[str]:
    shown = [(output.cell, output.text) for output in notebook.outputs if output.mime in _RENDERED]
    shown += [(index, source(cell)) for index, cell in enumerate(notebook.cells) if cell["cell_type"] == "markdown"]
    for cell, text in shown:
        for match in _REMOTE.finditer(text):
            yield f"cell {cell} makes the page fetch {match['address']!r} from another host. Ship it with the book."


_RENDERED = {"text/html", "text/markdown", "image/svg+xml", "application/javascript", "text/latex"}


@among(FOR_NOTEBOOKS)
def tags_deeper_sections(_course: Course, notebook: Notebook) -> Iterator[str]:
    deeper: set[int] = set()
    for place, heading in enumerate(notebook.headings):
        if not heading.text.startswith("Deeper:"):
            continue
        if not heading.first:
            yield f"the section {heading.text!r} must begin its own cell; cell {heading.cell} has something above it."
        after = next((later for later in notebook.headings[place + 1 :] if later.level <= heading.level), None)
        if after is not None and not after.first:
            yield f"the section {after.text!r} ends a deeper one and must begin its own cell, not cell {after.cell}."
        deeper.update(range(heading.cell, len(notebook.cells) if after is None else max(after.cell, heading.cell + 1)))
    for index, cell in enumerate(notebook.cells):
        if index in deeper and "deeper" not in tags(cell):
            yield f"cell {index} stands in a deeper section and needs the tag `deeper`."
        if index not in deeper and "deeper" in tags(cell):
            yield f"cell {index} carries the tag `deeper` outside a section called `Deeper: …`."


@among(FOR_NOTEBOOKS)
def asks_questions_of_the_bank(course: Course, notebook: Notebook) -> Iterator[str]:
    allowed = {"check"} if notebook.path.parent.name == "chapters" else {"check", "exercise"}
    for cell, question in notebook.questions:
        if question not in course.questions:
            yield f"cell {cell} asks {question!r}, which is in no bank."
        elif allowed.isdisjoint(course.questions[question].get("pool", [])):
            pools = " or ".join(sorted(allowed))
            yield f"cell {cell} asks {question!r}, whose pool does not allow it here; it needs {pools}."
    for question, count in Counter(question for _, question in notebook.questions).items():
        if count > 1:
            yield f"the question {question!r} is asked {count} times; one page needs each id once."


@among(FOR_NOTEBOOKS)
def checks_every_code_question(course: Course, notebook: Notebook) -> Iterator[str]:
    asked = {question: cell for cell, question in notebook.questions}
    checked = {question: cell for cell, question in notebook.checks}
    for question, cell in asked.items():
        if course.questions.get(question, {}).get("kind") == "code" and checked.get(question, -1) < cell:
            yield f'cell {cell} asks {question!r}, so a cell below must call `check_code("{question}", globals())`.'
    for cell, question in notebook.checks:
        if question not in asked:
            yield f"cell {cell} checks {question!r}, which the notebook does not ask."
            continue
        points, worth = course.questions.get(question, {}).get("points"), grading(notebook.cells[cell]).get("points")
        if str(points) != str(worth):
            yield f"cell {cell} gives {worth} points for {question!r}, which is worth {points} in the bank."


@among(FOR_NOTEBOOKS)
def has_sound_grading_metadata(_course: Course, notebook: Notebook) -> Iterator[str]:
    ids = Counter(grading(cell).get("grade_id") for cell in notebook.cells if grading(cell))
    for index, cell in enumerate(notebook.cells):
        held = grading(cell)
        if not held:
            continue
        for key in ("grade", "solution", "locked"):
            if not isinstance(held.get(key), bool):
                yield f"cell {index}: nbgrader needs `{key}` to be true or false, got {held.get(key)!r}."
        if held.get("schema_version") != 3:
            yield f"cell {index}: nbgrader's `schema_version` must be 3, got {held.get('schema_version')!r}."
        grade_id = held.get("grade_id")
        if not isinstance(grade_id, str) or not re.fullmatch(r"[A-Za-z0-9][\w-]*", grade_id):
            yield f"cell {index}: `grade_id` must be one word of letters, digits and hyphens, got {grade_id!r}."
        elif ids[grade_id] > 1:
            yield f"cell {index}: `grade_id` {grade_id!r} stands {ids[grade_id]} times; each must differ."
        if cell["cell_type"] == "markdown" and not held.get("task") and held.get("grade") != held.get("solution"):
            yield f"cell {index}: a text cell is either both graded and a solution, or neither."


@among(FOR_NOTEBOOKS)
def gives_points_to_what_is_graded(_course: Course, notebook: Notebook) -> Iterator[str]:
    for index, cell in enumerate(notebook.cells):
        held = grading(cell)
        worth, graded = held.get("points"), bool(held.get("grade") or held.get("task"))
        if graded and (not isinstance(worth, int | float) or isinstance(worth, bool) or worth < 0):
            yield f"cell {index}: a graded cell needs `points` of 0 or more, got {worth!r}."
        if not graded and worth is not None:
            yield f"cell {index}: only a graded cell has `points`, got {worth!r}."


_MARKER = re.compile(
    r"^[ \t]*(?P<text>#+\s*(?P<edge>BEGIN|END)\s+(?P<what>SOLUTION|HIDDEN TEST)S?\b.*)$", re.MULTILINE | re.IGNORECASE
)
_EXACT = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")


@among(FOR_NOTEBOOKS)
def closes_every_solution(_course: Course, notebook: Notebook) -> Iterator[str]:
    for index, cell in enumerate(notebook.cells):
        markers = list(_MARKER.finditer(source(cell)))
        held = grading(cell)
        if markers and cell["cell_type"] != "code":
            yield f"cell {index}: the markers work in code cells only; tag a written model answer `solution`."
        inside = None
        for marker in markers:
            edge, what = marker["edge"].upper(), marker["what"].upper()
            if not _EXACT.fullmatch(marker["text"].rstrip()):
                meant = f"### {edge} {'SOLUTION' if what == 'SOLUTION' else 'HIDDEN TESTS'}"
                yield f"cell {index}: {marker['text']!r} is not a marker. Write `{meant}`."
            if (edge == "BEGIN") == (inside is not None) or (edge == "END" and inside != what):
                yield f"cell {index}: {marker['text']!r} stands in the wrong place: regions end, and do not nest."
            inside = what if edge == "BEGIN" else None
        if inside is not None:
            yield f"cell {index}: a region is begun and never ended, so nothing would be taken out."
        kinds = {marker["what"].upper() for marker in markers}
        if "SOLUTION" in kinds and not held.get("solution"):
            yield f"cell {index} holds a solution, so its nbgrader metadata must say `solution: true`."
        if "HIDDEN TEST" in kinds and not held.get("grade"):
            yield f"cell {index} holds hidden tests, so its nbgrader metadata must say `grade: true`."
        if held.get("solution") and not held.get("grade") and cell["cell_type"] == "code" and "SOLUTION" not in kinds:
            yield f"cell {index} is marked as a solution but has no `### BEGIN SOLUTION`; learners would get it whole."


# --- What holds between the parts of the course ----------------------------------------------------------------


@among(FOR_THE_COURSE)
def asks_for_objectives_that_exist(course: Course) -> Iterator[str]:
    known = {objective for lesson in course.lessons.values() for objective in lesson.objectives}
    for question, held in course.questions.items():
        if held.get("objective") not in known:
            yield f"{question}: no chapter or page has the objective {held.get('objective')!r}."


@among(FOR_THE_COURSE)
def banks_repeat_the_objectives(course: Course) -> Iterator[str]:
    for name, lesson in course.lessons.items():
        if name in course.banks and course.bank_objectives[name] != lesson.objectives:
            yield f"exercises/bank/{name}.yml: `objectives` must be the chapter's, word for word; they are not."


@among(FOR_THE_COURSE)
def points_to_sections_that_exist(course: Course) -> Iterator[str]:
    for name, bank in course.banks.items():
        targets = course.lessons[name].targets if name in course.lessons else set()
        for held in bank:
            if held.get("section") not in targets:
                yield f"{name}/{held.get('id')}: the chapter has no label `({held.get('section')})=`."


_SUBJECTS = set(opsbook.__all__) - {"charts", "datasets", "exercises"}


@among(FOR_THE_COURSE)
def computes_every_numeric_key(course: Course) -> Iterator[str]:
    for question, held in course.questions.items():
        if held.get("kind") == "numeric" and not _computed(held):
            yield f"{question}: the key {held.get('answer')!r} uses no `given` and no opsbook call; compute it."


def _computed(question: Mapping[str, Any]) -> bool:
    drawn = set(question.get("given") or {})
    for name, expression in (question.get("let") or {}).items():
        if _uses(expression, drawn):
            drawn.add(name)
    return _uses(question.get("answer"), drawn)


def _uses(expression: object, drawn: set[str]) -> bool:
    """Return whether an expression takes one of the `drawn` names, or calls a function of opsbook."""
    try:
        tree = ast.parse(str(expression or "").strip(), mode="eval")
    except SyntaxError:
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    called = {
        node.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for node in ast.walk(call.func)
        if isinstance(node, ast.Name)
    }
    return bool(names & drawn or called & _SUBJECTS)


@among(FOR_THE_COURSE)
def answers_every_wrong_option(course: Course) -> Iterator[str]:
    for question, held in course.questions.items():
        wrong = [option for option in held.get("options", []) if option.get("correct") != "true"]
        for each in [*wrong, *held.get("mistakes", [])]:
            if not str(each.get("feedback") or "").strip():
                yield f"{question}: the wrong answer {each.get('id')!r} has no feedback that names the misconception."


@among(FOR_THE_COURSE)
def cites_only_known_works(course: Course) -> Iterator[str]:
    for key, where in sorted(course.citations.items()):
        if key not in course.references:
            yield f"{where} cites {key!r}, which is not in book/references.bib."


@among(FOR_THE_COURSE)
def lists_each_work_once_and_cites_it(course: Course) -> Iterator[str]:
    for key, count in Counter(course.references).items():
        if count > 1:
            yield f"book/references.bib has the entry {key!r} {count} times."
        if key not in course.citations:
            yield f"book/references.bib has the entry {key!r}, which nothing cites. Cite it or take it out."


@among(FOR_THE_COURSE)
def defines_every_term(course: Course) -> Iterator[str]:
    defined = {term.casefold() for group in course.glossary for term in group}
    for term, where in sorted(course.terms_used.items()):
        if term not in defined:
            yield f"{where} uses the term {term!r}, which book/glossary.md does not define."


@among(FOR_THE_COURSE)
def uses_every_term(course: Course) -> Iterator[str]:
    for group in course.glossary:
        if course.chapter_terms.isdisjoint(term.casefold() for term in group):
            yield f"book/glossary.md defines {group[0]!r}, which no chapter uses as a {{term}}."


@among(FOR_THE_COURSE)
def leads_every_term_to_its_section(course: Course) -> Iterator[str]:
    for terms, definition in course.definitions:
        sections = roles("ref", definition)
        chapters = [chapter for chapter in course.chapters.values() if not chapter.targets.isdisjoint(sections)]
        used = {use for chapter in chapters for use in chapter.terms}
        if used.isdisjoint(term.casefold() for term in terms):
            yield (
                f"book/glossary.md must lead from {terms[0]!r} to a section of a chapter that uses the {{term}}: "
                f"`See {{ref}}`label`.`, got {', '.join(sections) or 'no section'}."
            )


@among(FOR_THE_COURSE)
def lists_every_idea(course: Course) -> Iterator[str]:
    listed = Counter(str(each.get("id")) for each in course.coverage)
    for idea in sorted({*COVERAGE, *listed}):
        if idea not in COVERAGE:
            yield f"book/coverage.yml lists {idea!r}, which is no idea of the course."
        elif listed[idea] != 1:
            yield f"book/coverage.yml must list {idea} once, and lists it {listed[idea]} times."
    for each in course.coverage:
        if not str(each.get("idea") or "").strip():
            yield f"book/coverage.yml does not say what the idea {each.get('id')} is."


@among(FOR_THE_COURSE)
def gives_every_idea_a_home(course: Course) -> Iterator[str]:
    several = {each.get("id") for each in course.coverage if each.get("several")}
    for idea in sorted(COVERAGE):
        homes = course.homes.get(idea, [])
        if not homes:
            yield f"the idea {idea} is taught nowhere: no chapter and no page has it among its `covers`."
        elif len(homes) > 1 and idea not in several:
            yield f"the idea {idea} has one home, and {' and '.join(homes)} name it. Let the others link to one."
    for idea, homes in course.homes.items():
        if idea not in COVERAGE:
            yield f"{' and '.join(homes)}: `covers` names {idea!r}, which is not in the coverage list."


@among(FOR_THE_COURSE)
def puts_every_chapter_into_the_contents(course: Course) -> Iterator[str]:
    listed = Counter(course.order)
    for name in sorted({*course.chapters, *listed}):
        if name not in course.chapters:
            yield f"_toc.yml lists chapters/{name}, and there is no such notebook."
        elif listed[name] != 1:
            yield f"_toc.yml must list chapters/{name} once, and lists it {listed[name]} times."


@among(FOR_THE_COURSE)
def requires_nothing_that_comes_later(course: Course) -> Iterator[str]:
    place = {name: number for number, name in enumerate(course.order)}
    for notebook in course.notebooks:
        for needed in notebook.course.get("requires") or []:
            if place.get(needed, -1) > place.get(notebook.name, len(place)):
                where = notebook.path.relative_to(course.root).as_posix()
                yield f"{where} requires {needed!r}, which comes later in _toc.yml. Teach it before."


@among(FOR_THE_COURSE)
def requires_in_no_circle(course: Course) -> Iterator[str]:
    needs = {name: list(chapter.course.get("requires") or []) for name, chapter in course.chapters.items()}
    for first, direct in needs.items():
        reached, ahead = set[str](), [*direct]
        while ahead:
            name = ahead.pop()
            if name not in reached:
                reached.add(name)
                ahead += needs.get(name, [])
        if first in reached:
            yield f"chapters/{first}.ipynb requires itself by way of others ({', '.join(sorted(reached))})."


# --- Reading a chart -------------------------------------------------------------------------------------------


def _charts(notebook: Notebook) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for output in notebook.of_type(CHART):
        yield output.cell, output.content
    for mime in (ANIMATION, EXPLORER):
        for output in notebook.of_type(mime):
            yield output.cell, output.content["spec"]


def _title(spec: Mapping[str, Any]) -> str:
    title = spec.get("title") or ""
    text = title.get("text", "") if isinstance(title, Mapping) else title
    return " ".join(text) if isinstance(text, list) else str(text)


def _urls(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key == "url" and isinstance(value, str):
                yield value
            elif key == "url" and isinstance(value, Mapping) and "value" in value:
                yield str(value["value"])
            elif key != "datasets":
                yield from _urls(value)
    elif isinstance(part, list):
        for each in part:
            yield from _urls(each)


def _same(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
