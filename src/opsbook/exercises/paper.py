"""Sets an exam on paper: the questions with room for answers, the key at a glance, and the reason for every answer."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from math import ceil, floor, log10
from string import ascii_uppercase

from opsbook.exercises import prose
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.page import figure, review, with_solution
from opsbook.exercises.question import Question

__all__ = ["paper_guide", "paper_head", "paper_key", "paper_markup", "paper_reasons"]

_HOW = {
    "choices": "Choose every answer that fits.",
    "order": "Write the letters in the right order.",
    "match": "Write the letter of a group before each line.",
}
_BLANK = '<span class="ops-paper-blank"></span>'


def paper_head(questions: Iterable[Question]) -> str:
    """Return the line above an exam on which a learner writes, with the points that it has in all."""
    whole = f"{sum(each.points for each in questions):g}"
    head = "".join(f"<span>{name} {_BLANK}</span>" for name in ("Name", "Date"))
    return f'<p class="ops-paper-head">{head}<span>Points {_BLANK} of {whole}</span></p>'


def paper_markup(questions: Iterable[Question]) -> str:
    """Return the questions of an exam as a numbered list to print, with room for answers and no answer in it.

    Parameters
    ----------
    questions : iterable of Question
        The questions as `draw_exam` arranges them; every letter on paper and in the key follows their order.

    Returns
    -------
    str
        One list, which needs ``static/ops-paper.css`` and no script.
    """
    return _numbered("ops-paper", (_asked(each) for each in questions))


def paper_key(questions: Iterable[Question]) -> str:
    """Return the right answers alone, numbered as on paper: letters, numbers and what else counts, letters in order."""
    return _numbered("ops-paper-key", map(_short, questions))


def paper_reasons(questions: Iterable[Question], *, section_url: Callable[[Question], str]) -> str:
    """Return what is right and what is not in each question, and why, numbered as on paper.

    Parameters
    ----------
    questions : iterable of Question
        The questions as `draw_exam` arranges them.
    section_url : callable
        Returns the address of the section that a question rests on.
    """
    link = '<p><a href="{}">The section this rests on</a></p>'
    reasons = (f"{_reasons(each)}{link.format(escape(section_url(each)))}" for each in questions)
    return _numbered("ops-paper-reasons", reasons)


def paper_guide(questions: Iterable[Question], *, section: Callable[[Question], str]) -> str:
    """Return the reasons for whoever marks, away from the book: with the notes for the instructor.

    Parameters
    ----------
    questions : iterable of Question
        The questions as `draw_exam` arranges them.
    section : callable
        Returns the name of the section that a question rests on, in plain text.
    """
    return _numbered("ops-paper-reasons", (f"{_reasons(each)}{_beside(each, section(each))}" for each in questions))


def _beside(question: Question, section: str) -> str:
    note = prose.to_html(question.instructor)
    for_instructor = f"<p><strong>For the instructor</strong></p>{note}" if note else ""
    return f"{for_instructor}<p>It rests on {escape(section)}.</p>"


def _numbered(name: str, items: Iterable[str]) -> str:
    return f'<ol class="{name}">{"".join(f"<li>{each}</li>" for each in items)}</ol>'


# --- The questions ---------------------------------------------------------------------------------------------


def _asked(question: Question) -> str:
    stem, ask = prose.ask(question.prompt)
    how = f' <span class="ops-paper-how">{_HOW[question.kind]}</span>' if question.kind in _HOW else ""
    worth = f"{question.points:g} point{'' if question.points == 1 else 's'}"
    return (
        f'<p class="ops-paper-worth">{worth}</p><div class="ops-paper-stem">{stem}</div>'
        f'<p class="ops-paper-ask">{ask}{how}</p>{_room(question)}'
    )


def _room(question: Question) -> str:
    match question:
        case ChoiceQuestion() | ChoicesQuestion():
            return _lettered(f"ops-paper-{question.kind}", [option.text for option in question.options])
        case OrderQuestion():
            blanks = _BLANK * len(question.items)
            return f"{_lettered('ops-paper-steps', [item.text for item in question.items])}<p>Order: {blanks}</p>"
        case MatchQuestion():
            items = "".join(f"<li>{_BLANK} {prose.inline(item.text)}</li>" for item in question.items)
            groups = _lettered("ops-paper-groups", [group.text for group in question.groups])
            return f'{groups}<ul class="ops-paper-items">{items}</ul>'
        case NumericQuestion():
            unit = {"": "", "proportion": " (proportion or %)"}.get(question.unit, f" {escape(question.unit)}")
            return f'<p class="ops-paper-number">Answer: <span class="ops-paper-blank"></span>{unit}</p>'
    raise NotImplementedError(f"no paper form for questions of kind {question.kind!r}")


def _lettered(name: str, texts: Sequence[str]) -> str:
    lines = "".join(
        f"<li><b>{letter}</b> <span>{prose.inline(text)}</span></li>"
        for letter, text in zip(ascii_uppercase, texts, strict=False)
    )
    return f'<ul class="ops-paper-lines {name}">{lines}</ul>'


# --- The answers -----------------------------------------------------------------------------------------------


def _short(question: Question) -> str:
    match question:
        case ChoiceQuestion() | ChoicesQuestion():
            pairs = zip(ascii_uppercase, question.options, strict=False)
            return " ".join(letter for letter, option in pairs if option.correct)
        case OrderQuestion():
            letters = {item.id: letter for letter, item in zip(ascii_uppercase, question.items, strict=False)}
            return " ".join(letters[each] for each in question.key)
        case MatchQuestion():
            letters = {group.id: letter for letter, group in zip(ascii_uppercase, question.groups, strict=False)}
            return " ".join(letters[item.group] for item in question.items)
        case NumericQuestion():
            unit = "" if question.unit in {"", "proportion"} else f" {escape(question.unit)}"
            return f"<span>{figure(question.answer)}{unit}{_range(question.low, question.high)}</span>"
    raise NotImplementedError(f"no key for questions of kind {question.kind!r}")


def _range(low: float, high: float) -> str:
    """Return which numbers count, to four significant digits; rounded inwards, so that each of them does."""
    step = 10.0 ** (floor(log10(max(abs(low), abs(high)))) - 3)
    first, last = figure(ceil(low / step) * step), figure(floor(high / step) * step)
    return "" if float(first) >= float(last) else f" <small>{first} to {last}</small>"


def _reasons(question: Question) -> str:
    if not isinstance(question, ChoiceQuestion | ChoicesQuestion):
        return review(question)
    lines = (
        f"<li><p><b>{letter}</b> <strong>{'Right' if option.correct else 'Not right'}:</strong> "
        f"{prose.inline(option.text)}</p>{prose.to_html(option.rationale)}</li>"
        for letter, option in zip(ascii_uppercase, question.options, strict=False)
    )
    return with_solution(question, lines)
