"""Writes Canvas packages (QTI 1.2) with text2qti, and by hand the one kind of item that text2qti has not: matching."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isclose
from typing import Any, Final

from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion, Option
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.question import Question
from opsbook.exercises.reflect import ReflectQuestion
from opsbook.publishing.editions.lms import texts
from opsbook.publishing.editions.lms.pools import Course, Item, Loss, Pool

__all__ = ["DECIMALS", "losses", "members"]

DECIMALS: Final = 4
"""To how many decimals Canvas rounds what a student types, before it marks."""

_DATE: Final = "2020-01-01"
_SMALLEST: Final = 1e-4
# Where this rounding moves the edge of what counts by more than a tenth, it is worth a word.
_NOTABLE: Final = 0.1
_EXACT: Final = 1e-6

_RIGHTS: Final = re.compile(r"\s*<imsmd:rights>.*?</imsmd:rights>", re.DOTALL)
_WORTH: Final = re.compile("<points_possible>.*?</points_possible>")
_TERMS: Final = """
      <imsmd:rights>
        <imsmd:copyrightAndOtherRestrictions>
          <imsmd:value>yes</imsmd:value>
        </imsmd:copyrightAndOtherRestrictions>
        <imsmd:description>
          <imsmd:string>{}</imsmd:string>
        </imsmd:description>
      </imsmd:rights>"""
_PLACE: Final = "Place {}"
_PROPORTION: Final = "Give a proportion from 0 to 1. A percentage is not read here."


def members(course: Course, pool: Pool) -> Mapping[str, bytes]:
    """Return what stands in the package of a pool, by the name in it; nothing if Canvas can hold none of its questions.

    Parameters
    ----------
    course : Course
        The edition, whose title begins the quiz's.
    pool : Pool
        One of its chapters, or its exam. A question with several sets of numbers becomes a group, of which Canvas
        gives each student one.

    Notes
    -----
    What text2qti reads is its own plain text. Its bounds of a number are rounded to four decimals, its points to
    halves, and its packages bear the day they are made: all this is set right after it has read the text.

    References
    ----------
    What Canvas imports and how it marks is in its source, https://github.com/instructure/canvas-lms:
    ``numeric_interaction.rb`` and ``associate_interaction.rb`` below ``gems/plugins/qti_exporter``, ``qti_items.rb``
    for the form of a matching item, ``numerical_question.rb`` and ``multiple_answers_question.rb``, and ``take_quiz``
    for the rounding of what is typed.
    """
    # Only an edition needs it; the library does not come with it.
    from text2qti.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415
    from text2qti.qti import QTI  # type: ignore[import-untyped]  # noqa: PLC0415
    from text2qti.quiz import GroupStart, Quiz  # type: ignore[import-untyped]  # noqa: PLC0415
    from text2qti.quiz import Question as Asked  # noqa: PLC0415
    from text2qti.xml_imsmanifest import imsmanifest  # type: ignore[import-untyped]  # noqa: PLC0415

    held = [(item, [asked for asked in item.variants if not _unfit(asked)]) for item in pool.items]
    held = [(item, variants) for item, variants in held if variants]
    if not held:
        return {}
    quiz = Quiz("\n".join(_text(course, pool, held)), config=Config())
    items = iter([(item, asked) for item, variants in held for asked in variants])
    groups = iter([item for item, variants in held if len(variants) > 1])
    matching: dict[str, str] = {}
    for each in quiz.questions_and_delims:
        if isinstance(each, GroupStart):
            item = next(groups)
            each.group.title_xml = quiz.md.xml_escape(item.first.id)
            each.group.points_per_question = _points(item.first.points)
        elif isinstance(each, Asked):
            item, asked = next(items)
            each.points_possible = _points(item.first.points)
            if isinstance(asked, NumericQuestion):
                each.numerical_min_html_xml = texts.digits(asked.low)
                each.numerical_max_html_xml = texts.digits(asked.high)
            elif isinstance(asked, OrderQuestion | MatchQuestion):
                matching[each.id] = _matching(each, item, asked, quiz.md)
    quiz.points_possible = _points(sum(item.first.points for item, _ in held))
    package = QTI(quiz)
    manifest = imsmanifest(
        manifest_identifier=package.manifest_identifier,
        assessment_identifier=package.assessment_identifier,
        dependency_identifier=package.dependency_identifier,
        images=quiz.images,
        date=_DATE,
    )
    # A string of one line each: what stands for a matching item gives way to it.
    assessment = re.sub(
        r" *<item ident=\"text2qti_question_(?P<id>\w+)\".*?</item>\n",
        lambda found: matching.get(found["id"], found[0]),
        package.assessment,
        flags=re.DOTALL,
    )
    folder = package.assessment_identifier
    rights = _TERMS.format(escape(pool.rights)) if pool.rights else ""
    worth = f"<points_possible>{quiz.points_possible}</points_possible>"
    return {
        "imsmanifest.xml": _RIGHTS.sub(lambda _: rights, manifest).encode(),
        f"{folder}/assessment_meta.xml": _WORTH.sub(worth, package.assessment_meta).encode(),
        f"{folder}/{folder}.xml": assessment.encode(),
    }


def losses(pool: Pool) -> Iterator[Loss]:
    """Yield what Canvas cannot hold of each question of a pool."""
    for item in pool.items:
        asked = item.first
        unfit = {each.seed: reason for each in item.variants if (reason := _unfit(each))}
        if len(unfit) == len(item.variants):
            yield Loss("canvas", pool.name, asked.id, "", asked.kind, "question", unfit[asked.seed])
            continue
        for each in item.variants:
            if each.seed in unfit:
                yield Loss("canvas", pool.name, asked.id, str(each.seed), asked.kind, "numbers", unfit[each.seed])
            elif isinstance(each, NumericQuestion) and _coarse(each):
                reason = f"Canvas rounds what is typed to {DECIMALS} decimals, much for so small a tolerance."
                yield Loss("canvas", pool.name, asked.id, str(each.seed), asked.kind, "mark", reason)
        for part, reason in _missing(pool, asked):
            yield Loss("canvas", pool.name, asked.id, "", asked.kind, part, reason)


def _unfit(asked: Question) -> str:
    """Return why Canvas cannot hold a question at all, nothing if it can."""
    match asked:
        case ChoiceQuestion() | ChoicesQuestion():
            if len({texts.canvas_inline(each.text) for each in asked.options}) < len(asked.options):
                return "Two options read alike, which text2qti refuses. It is in the CSV."
        case NumericQuestion():
            if min(abs(asked.low), abs(asked.high)) < _SMALLEST:
                return f"Canvas marks no bound closer to zero than {_SMALLEST}. It is in the CSV."
            if not asked.low <= round(asked.answer, DECIMALS) <= asked.high:
                return f"Canvas rounds what is typed to {DECIMALS} decimals and so off the answer. It is in the CSV."
        case MatchQuestion():
            if len({texts.plain(each.text) for each in asked.groups}) < len(asked.groups):
                return "Two groups read alike, which Canvas cannot tell apart. It is in the CSV."
    return ""


def _coarse(asked: NumericQuestion) -> bool:
    margin = (asked.high - asked.low) / 2
    exact = isclose(margin, 0, abs_tol=_EXACT * abs(asked.answer))
    return not exact and _NOTABLE * margin < 0.5 * 10**-DECIMALS


def _missing(pool: Pool, asked: Question) -> Iterator[tuple[str, str]]:
    if asked.hints and not pool.exam:
        yield "hints", "Canvas has none. They are in the CSV."
    match asked:
        case NumericQuestion():
            yield "feedback", "Canvas says one thing of every wrong number. What is said of each mistake is in the CSV."
            yield "unit", "Canvas reads a number alone; the question says so."
        case OrderQuestion():
            yield "kind", "Classic Quizzes have no questions of order: each step is matched with its place."
            yield "mark", "Canvas gives the share of steps in their place; here pairs in the wrong order cost."
            yield "feedback", "What is said of typical wrong orders is in the CSV."
        case CodeQuestion():
            yield "mark", "Canvas runs no notebook; the student hands it in. See `grading`."
            yield "solution", "Canvas shows students whatever it holds. Model code and tests are in the CSV."
    if asked.instructor:
        yield "instructor's note", "Canvas has no place for one. It is in the CSV."


# --- What text2qti reads ---------------------------------------------------------------------------------------


def _text(course: Course, pool: Pool, held: Sequence[tuple[Item, Sequence[Question]]]) -> Iterator[str]:
    yield f"Quiz title: {' '.join(f'{course.title}: {pool.heading}'.split())}"
    yield "shuffle answers: true"
    yield f"show correct answers: {'false' if pool.exam or pool.graded else 'true'}"
    number = 0
    for item, variants in held:
        if len(variants) > 1:
            yield "\nGROUP\npick: 1\npoints per question: 1"
        for asked in variants:
            number += 1
            name = f"{asked.id} (numbers {asked.seed})" if isinstance(asked, NumericQuestion) else asked.id
            yield f"\nTitle: {name}\nPoints: 1\n{number}. {_prompt(asked)}"
            yield from _answers(item, asked)
        if len(variants) > 1:
            yield "\nEND_GROUP"


def _prompt(asked: Question) -> str:
    # What differs in nothing else differs in this, for text2qti refuses a question that it has read already.
    return texts.canvas(f"{asked.prompt.rstrip()}\n\n{_how(asked)}".rstrip(), data_question=f"{asked.id}#{asked.seed}")


def _how(asked: Question) -> str:
    match asked:
        case NumericQuestion():
            said = {"": "Give the number alone.", "proportion": _PROPORTION}
            return f"*{said.get(asked.unit, f'Give the number alone, in this unit: {asked.unit}.')}*"
        case ChoicesQuestion():
            return "*Choose every answer that fits.*"
        case OrderQuestion():
            return "*Match each step with its place in the right order.*"
        case CodeQuestion():
            return f"*Work in the notebook `exercises/{asked.id.partition('/')[0]}.ipynb`, and hand it in here.*"
    return ""


def _general(item: Item, asked: Question) -> str:
    solution = "" if isinstance(asked, CodeQuestion) else asked.solution
    section = f"The section this rests on: {item.section}." if item.section else ""
    return "\n\n".join(each.strip() for each in (solution, section) if each)


def _answers(item: Item, asked: Question) -> Iterator[str]:
    if general := _general(item, asked):
        yield f"... {texts.canvas(general)}"
    match asked:
        case ChoiceQuestion() | ChoicesQuestion():
            for option in asked.options:
                yield f"{_sign(asked, option)} {texts.canvas_inline(option.text)}"
                if said := "\n\n".join(each.strip() for each in (option.feedback, option.rationale) if each):
                    yield f"... {texts.canvas(said)}"
        case NumericQuestion():
            yield f"- {texts.canvas(asked.messages()['wrong'])}"
            yield f"= [{texts.digits(asked.low)}, {texts.digits(asked.high)}]"
        case CodeQuestion():
            yield "^^^"
        case ReflectQuestion() | OrderQuestion() | MatchQuestion():
            # To text2qti order and groups are an essay, until its items are written.
            yield "___"
        case _:
            raise NotImplementedError(f"no Canvas form for questions of kind {asked.kind!r}")


def _sign(asked: Question, option: Option) -> str:
    if isinstance(asked, ChoiceQuestion):
        return "*a)" if option.correct else "a)"
    return "[*]" if option.correct else "[ ]"


def _points(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


# --- What text2qti has not -------------------------------------------------------------------------------------


def _matching(read: Any, item: Item, asked: OrderQuestion | MatchQuestion, md: Any) -> str:
    """Return a question of groups or of order as the item that Canvas itself exports for matching."""

    def html(text: str) -> str:
        return str(md.md_to_html_xml(texts.canvas(text)))

    if isinstance(asked, MatchQuestion):
        groups = {group.id: texts.plain(group.text) for group in asked.groups}
        rows = [(piece.text, piece.group, piece.feedback) for piece in asked.items]
    else:
        groups = {each: _PLACE.format(place) for place, each in enumerate(asked.key, 1)}
        rows = [(piece.text, piece.id, piece.feedback) for piece in asked.items]
    # Canvas reads the digits of these names alone.
    match_ids = {each: str(1000 + place) for place, each in enumerate(groups, 1)}
    labels = "".join(
        f'<response_label ident="{match_ids[each]}"><material><mattext>{escape(text)}</mattext></material>'
        "</response_label>"
        for each, text in groups.items()
    )
    asks, scores, fails, says = [], [], [], []
    for answer_id, (text, belongs, feedback) in enumerate(rows, 2001):
        right = f'<varequal respident="response_{answer_id}">{match_ids[belongs]}</varequal>'
        asks.append(
            f'<response_lid ident="response_{answer_id}"><material><mattext texttype="text/html">'
            f"{md.md_to_html_xml(texts.canvas_inline(text))}</mattext></material>"
            f"<render_choice>{labels}</render_choice></response_lid>"
        )
        scores.append(
            f"<respcondition><conditionvar>{right}</conditionvar>"
            f'<setvar varname="SCORE" action="Add">{100 / len(rows):.2f}</setvar></respcondition>'
        )
        fails.append(
            f"<respcondition><conditionvar><not>{right}</not></conditionvar>"
            f'<displayfeedback feedbacktype="Response" linkrefid="{answer_id}_fb"/></respcondition>'
        )
        says.append(_feedback(f"{answer_id}_fb", html(feedback)))
    general = _general(item, asked)
    if general:
        says.insert(0, _feedback("general_fb", html(general)))
        fails.insert(
            0,
            '<respcondition continue="Yes"><conditionvar><other/></conditionvar>'
            '<displayfeedback feedbacktype="Response" linkrefid="general_fb"/></respcondition>',
        )
    fields = {
        "question_type": "matching_question",
        "points_possible": f"{_points(item.first.points)}",
        "original_answer_ids": ",".join(str(each) for each in range(2001, 2001 + len(rows))),
        "assessment_question_identifierref": f"text2qti_question_ref_{read.id}",
    }
    metadata = "".join(
        f"<qtimetadatafield><fieldlabel>{name}</fieldlabel><fieldentry>{entry}</fieldentry></qtimetadatafield>"
        for name, entry in fields.items()
    )
    return (
        f'      <item ident="text2qti_question_{read.id}" title="{read.title_xml}">\n'
        f"<itemmetadata><qtimetadata>{metadata}</qtimetadata></itemmetadata>\n"
        f'<presentation><material><mattext texttype="text/html">{read.question_html_xml}</mattext></material>'
        f"{''.join(asks)}</presentation>\n"
        '<resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>'
        f"{''.join(fails)}{''.join(scores)}</resprocessing>\n{''.join(says)}      </item>\n"
    )


def _feedback(name: str, html: str) -> str:
    return (
        f'<itemfeedback ident="{name}"><flow_mat><material><mattext texttype="text/html">{html}</mattext></material>'
        "</flow_mat></itemfeedback>\n"
    )
