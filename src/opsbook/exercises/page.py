"""Renders a question for the static page: readable without a script, and with what the script marks by."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from opsbook.exercises import prose
from opsbook.exercises.answers import LONGEST, spellings
from opsbook.exercises.banks import variants
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion, Option
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.question import Question
from opsbook.exercises.reflect import ReflectQuestion
from opsbook.exercises.withheld import MIME_TYPE, WithheldQuestion

__all__ = [
    "QUESTION_MIME_TYPE",
    "figure",
    "for_script",
    "markup",
    "payload",
    "print_key",
    "progress_markup",
    "review",
    "with_solution",
]

# What a notebook stores of a question, and what a page is built from: its id and its seed.
QUESTION_MIME_TYPE: Final = MIME_TYPE


# --- what the script marks by ------------------------------------------------------------------------------------


def _html(message: str | list[str]) -> str | list[str]:
    return prose.to_html(message) if isinstance(message, str) else [prose.to_html(each) for each in message]


def _ask(question: Question) -> prose.Asked:
    # A notebook's task needs no legend, for the page has no field to answer it in.
    if isinstance(question, CodeQuestion):
        return prose.Asked(stem=prose.to_html(question.prompt), legend="")
    return prose.ask(question.prompt)


def _marked_by(question: Question) -> dict[str, Any]:
    """Return what only this kind of question is marked by."""
    match question:
        case ChoiceQuestion() | ChoicesQuestion():
            # Of several right options, those that say nothing leave it to the others.
            silent = question.messages()["right"] if isinstance(question, ChoiceQuestion) else ""
            return {
                "options": [
                    {
                        "id": option.id,
                        "html": prose.inline(option.text),
                        "correct": option.correct,
                        "feedback": prose.to_html(option.feedback or str(silent)),
                    }
                    for option in question.options
                ]
            }
        case NumericQuestion():
            mistakes = [
                {"id": slip.id, "low": slip.low, "high": slip.high, "feedback": prose.to_html(slip.feedback)}
                for slip in question.mistakes
            ]
            return {"low": question.low, "high": question.high, "mistakes": mistakes}
        case OrderQuestion():
            return {
                "items": [
                    {"id": item.id, "html": prose.inline(item.text), "feedback": prose.to_html(item.feedback)}
                    for item in question.items
                ],
                "key": list(question.key),
                "mistakes": [
                    {"id": slip.id, "order": list(slip.order), "feedback": prose.to_html(slip.feedback)}
                    for slip in question.mistakes
                ],
            }
        case MatchQuestion():
            return {
                "groups": [{"id": group.id, "html": prose.inline(group.text)} for group in question.groups],
                "items": [
                    {
                        "id": item.id,
                        "html": prose.inline(item.text),
                        "group": item.group,
                        "feedback": prose.to_html(item.feedback),
                    }
                    for item in question.items
                ],
            }
    return {}


def _variant(question: Question, *, exam: bool) -> dict[str, Any]:
    stem, legend = _ask(question)
    return {
        "seed": question.seed,
        "stem": stem,
        "legend": legend,
        "hints": [] if exam else [prose.to_html(hint) for hint in question.hints],
        "solution": prose.to_html(question.solution),
        **_marked_by(question),
        **({"review": review(question)} if exam else {}),
    }


def _payload(asked: tuple[Question, ...], section_url: str | None, *, exam: bool) -> dict[str, Any]:
    first = asked[0]
    messages = {} if isinstance(first, CodeQuestion) else first.messages()
    return {
        "id": first.id,
        "kind": first.kind,
        "seed": first.seed,
        "section": section_url,
        "units": spellings(first.unit) if isinstance(first, NumericQuestion) else {},
        "messages": {name: _html(message) for name, message in messages.items()},
        "variants": [_variant(each, exam=exam) for each in asked],
    }


def for_script(value: object) -> str:
    r"""Return `value` as JSON that may stand inside a script element.

    Examples
    --------
    >>> for_script({"stem": "</script>"})
    '{"stem":"\\u003c/script>"}'
    """
    # What closes a script element may not stand inside one, nor what opens a comment.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def payload(
    question_id: str, seed: int | None = None, *, section_url: str | None = None, exam: bool = False
) -> dict[str, Any]:
    """Return what the ``<ops-question>`` element needs to ask and to mark, ready for JSON.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    seed : int, optional
        The seed of the first variant; without one, ``OPSBOOK_SEED`` decides, else 0.
    section_url : str, optional
        Where the section stands that the feedback points to, if the page knows.
    exam : bool
        Whether it is for an exam: no hints, and a key to read at the end.

    Returns
    -------
    dict
        ``id``, ``kind``, ``seed``, ``section``, ``units`` (what may follow a number → divisor), ``messages`` and
        ``variants``: each with its ``seed``, the prompt as ``stem`` and ``legend``, ``hints``, ``solution`` (all
        HTML), what its kind is marked by, and for an exam its ``review``. That is ``options``; the accepted interval
        ``low``, ``high`` with its ``mistakes``; ``items`` with the ``key`` of their ids and ``mistakes``; or
        ``groups`` and ``items``. Everything stands in the order in which it is shown.

    Examples
    --------
    >>> ready = payload("customer-contact/what-counts")
    >>> ready["kind"], sorted(ready["messages"])
    ('choice', ['blank', 'right'])
    """
    return _payload(variants(question_id, seed=seed), section_url, exam=exam)


# --- what a reader sees ------------------------------------------------------------------------------------------


def _choices(question: ChoiceQuestion | ChoicesQuestion) -> str:
    kind = "radio" if isinstance(question, ChoiceQuestion) else "checkbox"
    options = "".join(
        f'<label class="ops-option" data-id="{option.id}"><input type="{kind}" name="response" value="{option.id}">'
        f"<span>{prose.inline(option.text)}</span></label>"
        for option in question.options
    )
    return f'<div class="ops-options">{options}</div>'


def _number(question: NumericQuestion) -> str:
    unit = {"": "", "proportion": " (proportion or %)"}.get(question.unit, f" ({escape(question.unit)})")
    return (
        f'<label class="ops-number"><span>Your answer{unit}</span>'
        f'<input type="text" name="response" inputmode="decimal" autocomplete="off" spellcheck="false" '
        f'maxlength="{LONGEST}"></label>'
    )


def _steps(question: OrderQuestion) -> str:
    steps = "".join(
        f'<li data-id="{item.id}"><span class="ops-text">{prose.inline(item.text)}</span></li>'
        for item in question.items
    )
    # The numbers come from the style sheet, and some browsers take a list without markers for none.
    return f'<ol class="ops-steps" role="list">{steps}</ol>'


def _groups(question: MatchQuestion) -> str:
    def options(item_id: str) -> str:
        return "".join(
            f'<label class="ops-option"><input type="radio" name="item-{item_id}" value="{group.id}">'
            f"<span>{prose.inline(group.text)}</span></label>"
            for group in question.groups
        )

    items = "".join(
        f'<fieldset class="ops-item" data-id="{item.id}"><legend>{prose.inline(item.text)}</legend>'
        f'<div class="ops-options">{options(item.id)}</div></fieldset>'
        for item in question.items
    )
    return f'<div class="ops-items">{items}</div>'


def _fields(question: Question) -> str:
    match question:
        case ChoiceQuestion() | ChoicesQuestion():
            return _choices(question)
        case NumericQuestion():
            return _number(question)
        case OrderQuestion():
            return _steps(question)
        case MatchQuestion():
            return _groups(question)
        case ReflectQuestion():
            return '<label><span>Your answer</span><textarea name="response" rows="4"></textarea></label>'
    raise NotImplementedError(f"no page form for questions of kind {question.kind!r}")


def _asked(question: Question, notebook_url: str | None) -> str:
    stem, legend = _ask(question)
    story = f'<div class="ops-stem">{stem}</div>'
    if isinstance(question, CodeQuestion):
        link = (
            f'<p class="ops-open"><a href="{escape(notebook_url)}" download>Download the notebook</a></p>'
            if notebook_url
            else ""
        )
        return f'<p class="ops-kicker">In the notebook</p>{story}{link}'
    several = ' <span class="ops-how">Choose every answer that fits.</span>' if question.kind == "choices" else ""
    return (
        f'{story}<fieldset><legend><span class="ops-kicker">Question:</span> <span class="ops-ask">{legend}</span>'
        f"{several}</legend>{_fields(question)}</fieldset>"
    )


# --- right answers, for readers without a script, after an exam, and for who teaches -------------------------------


def _line(word: str, html: str, comment: str = "", *, of: str = "") -> str:
    # By what it is `of`, the script finds the line at the end of an exam.
    named = f' data-of="{of}"' if of else ""
    return f"<li{named}><p><strong>{word}:</strong> {html}</p>{prose.to_html(comment)}</li>"


def _option_lines(options: Iterable[Option], *, rationale: bool) -> Iterator[str]:
    for option in options:
        comment = (rationale and option.rationale) or option.feedback
        yield _line("Right" if option.correct else "Not right", prose.inline(option.text), comment, of=option.id)


def _right_order(question: OrderQuestion) -> str:
    texts = {item.id: prose.inline(item.text) for item in question.items}
    right = "".join(f"<li>{texts[each]}</li>" for each in question.key)
    return f"<li><p><strong>Right order:</strong></p><ol>{right}</ol></li>"


def _order_lines(question: OrderQuestion) -> Iterator[str]:
    yield _right_order(question)
    items = {item.id: item for item in question.items}
    wrong = [
        _line("Not right", ", then ".join(f"“{prose.inline(items[each].text)}”" for each in slip.order), slip.feedback)
        for slip in question.mistakes
    ]
    wrong += [_line("Out of place", prose.inline(items[each].text), items[each].feedback) for each in question.key]
    yield f"<li><p><strong>Typical wrong orders, and what is said of each:</strong></p><ul>{''.join(wrong)}</ul></li>"


def _match_lines(question: MatchQuestion) -> Iterator[str]:
    for group in question.groups:
        members = [item for item in question.items if item.group == group.id]
        right = "".join(f"<li>{prose.inline(item.text)}</li>" for item in members)
        yield f"<li><p><strong>{prose.inline(group.text)}:</strong></p><ul>{right}</ul></li>"
    # Each of these begins with its item.
    yield from (f'<li data-of="{item.id}">{prose.to_html(item.feedback)}</li>' for item in question.items)


def figure(value: float) -> str:
    """Return `value` to four significant digits, written out in full.

    Examples
    --------
    >>> figure(1224049.6), figure(0.65123), figure(36.0)
    ('1224000', '0.6512', '36')
    """
    return f"{float(f'{value:.4g}'):.12g}"


def _number_lines(question: NumericQuestion) -> Iterator[str]:
    unit = "" if question.unit in {"", "proportion"} else f" {escape(question.unit)}"
    yield _line("Right", f"{figure(question.answer)}{unit}, or close to it")
    for slip in question.mistakes:
        if not slip.general:
            yield _line("Not right", f"{figure(slip.value)}{unit}", slip.feedback)


def _lines(question: Question, *, rationale: bool) -> Iterator[str]:
    match question:
        case ChoiceQuestion() | ChoicesQuestion():
            return _option_lines(question.options, rationale=rationale)
        case NumericQuestion():
            return _number_lines(question)
        case OrderQuestion():
            return _order_lines(question)
        case MatchQuestion():
            return _match_lines(question)
    return iter(())


def _key(question: Question, *, rationale: bool) -> str:
    """Return the right answer, the wrong ones with what is said of each, and the solution."""
    return with_solution(question, _lines(question, rationale=rationale))


def review(question: Question) -> str:
    """Return the key for a learner at the end of an exam, who has read already what was wrong with an order."""
    if isinstance(question, OrderQuestion):
        return with_solution(question, [_right_order(question)])
    return _key(question, rationale=True)


def with_solution(question: Question, lines: Iterable[str]) -> str:
    """Return the items `lines` as a list, and beneath it the question's solution, if it has one."""
    listed = "".join(lines)
    answers = f"<ul>{listed}</ul>" if listed else ""
    if not question.solution:
        return answers
    name = "Model answer" if isinstance(question, ReflectQuestion) else "Solution"
    return f"{answers}<p><strong>{name}</strong></p>{prose.to_html(question.solution)}"


def print_key(question: Question) -> str:
    """Return the key to a question for an instructor's paper: answers, feedback, solution and the instructor's note.

    Parameters
    ----------
    question : Question
        The question with the numbers that the paper shows.

    Returns
    -------
    str
        One block that ``static/ops-question.css`` hides on the screen.
    """
    note = question.instructor and f"<p><strong>For the instructor</strong></p>{prose.to_html(question.instructor)}"
    counts = f" <em>It counts: {question.worth}.</em>" if question.graded else ""
    return (
        f'<div class="ops-print-key"><p><strong>Key:</strong> {escape(prose.plain(question.prompt))}{counts}</p>'
        f"{_key(question, rationale=True)}{note}</div>"
    )


def _without_script(question: Question, section_url: str | None) -> str:
    """Return the ladder of hints and the key, folded, for a reader whose browser runs no script."""
    hints = "".join(
        f"<details><summary>Hint {number}</summary>{prose.to_html(hint)}</details>"
        for number, hint in enumerate(question.hints, 1)
    )
    section = f'<p><a href="{escape(section_url)}">The section this rests on</a></p>' if section_url else ""
    name = {"reflect": "Model answer", "code": "Solution"}.get(question.kind, "Answers and feedback")
    key = _key(question, rationale=False)
    # Where the solution is kept back there may be nothing to open.
    folded = f'<details class="ops-key"><summary>{name}</summary>{key}{section}</details>' if key else ""
    return f'<div class="ops-hints">{hints}</div>{folded}'


def markup(
    question_id: str,
    seed: int | None = None,
    *,
    section_url: str | None = None,
    notebook_url: str | None = None,
    exam: bool = False,
    instructor: bool = False,
) -> str:
    """Return the question as HTML that reads without a script and comes alive with ``static/ops-question.js``.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    seed : int, optional
        The seed of the numbers; without one, ``OPSBOOK_SEED`` decides, else 0.
    section_url : str, optional
        Where the section stands that the feedback points to, if the page knows.
    notebook_url : str, optional
        Where the notebook stands in which a code question is answered, if there is one to open.
    exam : bool
        Whether it is for an exam: no hints, no feedback, and no key for readers without a script.
    instructor : bool
        Whether its key stands beneath it on paper; see `print_key`.

    Returns
    -------
    str
        One ``<ops-question>`` element.

    Examples
    --------
    >>> markup("customer-contact/what-counts")[:64]
    '<ops-question id="q-customer-contact-what-counts" data-question='
    """
    asked = variants(question_id, seed=seed)
    question = asked[0]
    if isinstance(question, WithheldQuestion):
        return question.markup(notebook_url)
    data = for_script(_payload(asked, section_url, exam=exam))
    # A form of the method "dialog" sends nothing anywhere when Enter is pressed and no script runs.
    return (
        f'<ops-question id="q-{question.id.replace("/", "-")}" data-question="{question.id}" '
        f'data-kind="{question.kind}" data-seed="{question.seed}"{" data-exam" if exam else ""}>'
        f'<form method="dialog">{_asked(question, notebook_url)}</form>'
        f"{'' if exam else _without_script(question, section_url)}"
        f"{print_key(question) if instructor else ''}"
        f'<script type="application/json">{data}</script></ops-question>'
    )


def progress_markup() -> str:
    """Return the ``<ops-progress>`` element as it stands in a page before a script brings it to life.

    Its script needs ``ops-question.js`` for the store, and the catalogue as the global ``opsbookCatalogue``.

    Examples
    --------
    >>> progress_markup().startswith("<ops-progress><p>Your progress needs JavaScript")
    True
    """
    return (
        "<ops-progress><p>Your progress needs JavaScript, which is off or has not loaded. Every chapter and every "
        "question reads without it, and what this browser keeps of your answers stays.</p></ops-progress>"
    )
