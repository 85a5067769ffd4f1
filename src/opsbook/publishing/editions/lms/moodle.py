"""Writes Moodle XML: every kind of question, numbers with their tolerance, mistakes with what is said of each."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from opsbook.exercises.answers import spellings
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.question import Question
from opsbook.exercises.reflect import ReflectQuestion
from opsbook.publishing.editions.lms import texts
from opsbook.publishing.editions.lms.pools import Course, Item, Loss, Pool

__all__ = ["document", "losses"]

# Moodle refuses any other share of a mark when it imports, so any other number of right options cannot be held.
_RIGHT_OPTIONS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20)
_TYPES: Final = {
    "choice": "multichoice",
    "choices": "multichoice",
    "numeric": "numerical",
    "order": "ordering",
    "match": "match",
    "reflect": "essay",
    "code": "essay",
}
_LINES: Final = {"reflect": 10, "code": 20}


def document(course: Course, pool: Pool) -> str:
    """Return a pool as a file that Moodle imports, a category for each purpose and each set of numbers.

    Parameters
    ----------
    course : Course
        The edition, whose title names the outermost category.
    pool : Pool
        One of its chapters, or its exam.

    Notes
    -----
    A mark maps so. Of `choices`, each of the *n* right options bears 100 ÷ *n* per cent and each wrong one as much
    less, and Moodle's sum, which is never below zero, is ours. A number is right within its tolerance of the answer;
    each recognised mistake is an answer worth nothing with its own feedback, looked at after the right one and in our
    order, and the last answer, which fits anything, says what we say of any other number. A unit may follow and need
    not.

    References
    ----------
    https://docs.moodle.org/en/Moodle_XML_format and the importer, ``question/format/xml/format.php`` and
    ``question/type/ordering/questiontype.php`` in https://github.com/moodle/moodle; for numbers
    https://docs.moodle.org/en/Numerical_question_type and ``question/type/numerical``.
    """
    pieces: list[str] = []
    category: Sequence[str] = ()
    for number, item in enumerate(pool.items, 1):
        if not _held(item.first):
            continue
        place = _place(course, pool, item)
        if place != category:
            pieces.append(_category(place))
            category = place
        label = f"{number:02} {item.first.id}" if pool.exam else item.first.id.partition("/")[2]
        pieces += [_question(pool, item, asked, label) for asked in item.variants]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(pieces)}</quiz>\n'


def losses(pool: Pool) -> Iterator[Loss]:
    """Yield what Moodle XML cannot hold of each question of a pool."""
    for item in pool.items:
        asked = item.first
        for part, reason in _missing(asked):
            yield Loss("moodle", pool.name, asked.id, "", asked.kind, part, reason)


def _held(asked: Question) -> bool:
    return not isinstance(asked, ChoicesQuestion) or sum(each.correct for each in asked.options) in _RIGHT_OPTIONS


def _missing(asked: Question) -> Iterator[tuple[str, str]]:
    if not _held(asked):
        shares = ", ".join(map(str, _RIGHT_OPTIONS))
        yield "question", f"Moodle shares a mark among {shares} right options alone. It is in the CSV."
        return
    match asked:
        case OrderQuestion():
            yield "feedback", "Moodle shows none for a single step or a typical wrong order. It is in the CSV."
            yield "mark", "Moodle gives the share of pairs the right way round; here pairs the wrong way round cost."
        case MatchQuestion():
            yield "feedback", "Moodle shows none for a single item. It is in the CSV."
        case CodeQuestion():
            yield "mark", "Moodle runs no notebook. Model code and tests are for the grader; see `grading`."
    if asked.instructor and not isinstance(asked, ReflectQuestion | CodeQuestion):
        yield "instructor's note", "Moodle has a place for one with essays alone. It is in the CSV."


# --- Categories and what all kinds share -----------------------------------------------------------------------


def _place(course: Course, pool: Pool, item: Item) -> Sequence[str]:
    if pool.exam:
        return (course.title, pool.title)
    use = "Graded" if pool.graded else "Exam" if "exam" in item.first.pool else "Practice"
    slug = item.first.id.partition("/")[2]
    return (course.title, pool.title, use, *([slug] if len(item.variants) > 1 else []))


def _category(place: Sequence[str]) -> str:
    # A slash within a name is written twice.
    path = "/".join(("$course$", "top", *(name.replace("/", "//") for name in place)))
    return f'<question type="category">\n{_tag("category", _plain(path))}</question>\n'


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _plain(text: str) -> str:
    return f"<text>{escape(text, quote=False)}</text>\n"


def _tag(name: str, inner: str, **attributes: str) -> str:
    named = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{named}>{inner}</{name}>\n"


def _html(name: str, html: str) -> str:
    return _tag(name, f"<text>{_cdata(html) if html else ''}</text>", format="html")


def _question(pool: Pool, item: Item, asked: Question, label: str) -> str:
    name = f"{label} (numbers {asked.seed})" if isinstance(asked, NumericQuestion) else label
    head = (
        _tag("name", _plain(name)),
        _html("questiontext", _prompt(asked)),
        _html("generalfeedback", _general(item, asked)),
        _tag("defaultgrade", texts.digits(item.first.points)),
        _tag("penalty", "0"),
        _tag("hidden", "0"),
        _tag("idnumber", escape(f"{asked.id}#{asked.seed}", quote=False)),
    )
    hints = "" if pool.exam else "".join(_html("hint", texts.moodle(hint)) for hint in asked.hints)
    tags = (
        f"kind {asked.kind}",
        f"difficulty {asked.difficulty}",
        f"objective {asked.objective}",
        *(f"pool {each}" for each in asked.pool),
        *(["graded"] if item.first.graded else []),
    )
    marked = "".join(_tag("tag", _plain(each)) for each in tags)
    body = f"{''.join(head)}{_body(asked)}{hints}{_tag('tags', marked)}"
    return f'<question type="{_TYPES[asked.kind]}">\n{body}</question>\n'


def _prompt(asked: Question) -> str:
    said = ""
    match asked:
        case NumericQuestion():
            said = asked.messages()["unit"]
        case ChoicesQuestion():
            said = "Choose every answer that fits."
        case OrderQuestion():
            said = "Put everything into the right order, the first at the top."
        case CodeQuestion():
            name = asked.id.partition("/")[0]
            said = f"Work in the notebook `exercises/{name}.ipynb`; paste your code here, or hand the notebook in."
    return f"{texts.moodle(asked.prompt)}{f'<p><em>{texts.moodle_inline(said)}</em></p>' if said else ''}"


def _general(item: Item, asked: Question) -> str:
    # What a grader reads, a student would read as well, were it here.
    solution = "" if isinstance(asked, ReflectQuestion | CodeQuestion) else asked.solution
    section = f"The section this rests on: {item.section}." if item.section else ""
    return "".join(texts.moodle(each) for each in (solution, section) if each)


# --- What only one kind has ------------------------------------------------------------------------------------


def _body(asked: Question) -> str:
    match asked:
        case ChoiceQuestion() | ChoicesQuestion():
            return _options(asked)
        case NumericQuestion():
            return _numerical(asked)
        case OrderQuestion():
            return _ordering(asked)
        case MatchQuestion():
            return _match(asked)
        case ReflectQuestion() | CodeQuestion():
            return _essay(asked)
    raise NotImplementedError(f"no Moodle form for questions of kind {asked.kind!r}")


def _combined(asked: Question) -> str:
    right = str(asked.messages()["right"])
    return "".join(
        _html(f"{case}feedback", html)
        for case, html in {"correct": texts.moodle(right), "partiallycorrect": "", "incorrect": ""}.items()
    )


def _answer(fraction: str, text: str, feedback: str, *more: str) -> str:
    return _tag("answer", f"{text}{''.join(more)}{_html('feedback', texts.moodle(feedback))}", fraction=fraction)


def _options(asked: ChoiceQuestion | ChoicesQuestion) -> str:
    single = isinstance(asked, ChoiceQuestion)
    share = f"{100 / sum(each.correct for each in asked.options):.7g}"
    wrong = "0" if single else f"-{share}"
    answers = (
        _tag(
            "answer",
            f"<text>{_cdata(texts.moodle_inline(option.text))}</text>"
            + _html("feedback", "".join(texts.moodle(each) for each in (option.feedback, option.rationale) if each)),
            fraction=share if option.correct else wrong,
            format="html",
        )
        for option in asked.options
    )
    return (
        f"{_tag('single', 'true' if single else 'false')}{_tag('shuffleanswers', 'true')}"
        f"{_tag('answernumbering', 'none')}{_tag('showstandardinstruction', '0')}{_combined(asked)}"
        f"{'' if single else '<shownumcorrect/>'}{''.join(answers)}"
    )


def _numerical(asked: NumericQuestion) -> str:
    def near(value: float, margin: float) -> tuple[str, str]:
        return _plain(texts.digits(value)), _tag("tolerance", texts.digits(margin))

    answers = [_answer("100", near(asked.answer, 0)[0], "", near(0, asked.high - asked.answer)[1])]
    for slip in asked.mistakes:
        # What is close lies around the answer itself, and is looked at after it.
        middle = (slip.low + slip.high) / 2
        value, margin = near(middle, (slip.high - slip.low) / 2)
        answers.append(_answer("0", value, slip.feedback, margin))
    answers.append(_answer("0", _plain("*"), asked.messages()["wrong"], near(0, 0)[1]))
    units = "".join(
        _tag("unit", f"{_tag('multiplier', texts.digits(times))}{_tag('unit_name', escape(name, quote=False))}")
        for name, times in _units(asked.unit).items()
    )
    # A unit is read where there is one, and asked of nobody.
    return (
        f"{''.join(answers)}{_tag('units', units)}{_tag('unitgradingtype', '0')}{_tag('unitpenalty', '0')}"
        f"{_tag('showunits', '0')}{_tag('unitsleft', '0')}"
    )


def _units(unit: str) -> dict[str, float]:
    """Return the spellings of a unit as Moodle compares them: it takes out all spaces first."""
    found = {name.replace(" ", ""): times for name, times in spellings(unit).items()}
    return {name: times for name, times in found.items() if name}


def _ordering(asked: OrderQuestion) -> str:
    steps = {item.id: item.text for item in asked.items}
    answers = (
        _tag("answer", f"<text>{_cdata(texts.moodle_inline(steps[each]))}</text>", fraction=f"{place}", format="html")
        for place, each in enumerate(asked.key, 1)
    )
    return (
        f"{_tag('layouttype', 'VERTICAL')}{_tag('selecttype', 'ALL')}{_tag('selectcount', str(len(asked.key)))}"
        f"{_tag('gradingtype', 'RELATIVE_ALL_PREVIOUS_AND_NEXT')}{_tag('showgrading', 'SHOW')}"
        f"{_tag('numberingstyle', 'none')}{_combined(asked)}<shownumcorrect/>{''.join(answers)}"
    )


def _match(asked: MatchQuestion) -> str:
    groups = {group.id: texts.plain(group.text) for group in asked.groups}
    pairs = (
        _tag(
            "subquestion",
            f"<text>{_cdata(texts.moodle_inline(item.text))}</text>{_tag('answer', _plain(groups[item.group]))}",
            format="html",
        )
        for item in asked.items
    )
    return f"{_tag('shuffleanswers', 'true')}{_combined(asked)}<shownumcorrect/>{''.join(pairs)}"


def _essay(asked: ReflectQuestion | CodeQuestion) -> str:
    code = isinstance(asked, CodeQuestion)
    return (
        f"{_tag('responseformat', 'monospaced' if code else 'editor')}{_tag('responserequired', '0' if code else '1')}"
        f"{_tag('responsefieldlines', str(_LINES[asked.kind]))}{_tag('attachments', '1' if code else '0')}"
        f"{_tag('attachmentsrequired', '0')}{_tag('filetypeslist', '.ipynb,.py' if code else '')}"
        f"{_html('graderinfo', ''.join(map(texts.moodle, _for_grader(asked))))}{_html('responsetemplate', '')}"
    )


def _for_grader(asked: ReflectQuestion | CodeQuestion) -> Iterator[str]:
    yield f"**{'Model answer' if isinstance(asked, ReflectQuestion) else 'Solution'}**\n\n{asked.solution}"
    if isinstance(asked, CodeQuestion):
        for number, test in enumerate(asked.tests, 1):
            hidden = " (hidden)" if test.hidden else ""
            yield f"**Test {number}{hidden}**\n\n~~~~python\n{test.code.rstrip()}\n~~~~\n\n{test.message}"
    if asked.instructor:
        yield f"**For the instructor**\n\n{asked.instructor}"
