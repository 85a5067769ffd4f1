"""Renders a question for the static page: readable without a script, and with what the script marks by."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from opsbook.exercises import prose
from opsbook.exercises.answers import LONGEST, spellings
from opsbook.exercises.banks import variants
from opsbook.exercises.choice import ChoiceQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.question import Question

__all__ = ["markup", "payload"]


def _variant(question: Question) -> dict[str, Any]:
    stem, legend = prose.ask(question.prompt)
    common = {
        "seed": question.seed,
        "stem": stem,
        "legend": legend,
        "hints": [prose.to_html(hint) for hint in question.hints],
        "solution": prose.to_html(question.solution),
    }
    if isinstance(question, ChoiceQuestion):
        options = [
            {
                "id": option.id,
                "html": prose.inline(option.text),
                "correct": option.correct,
                "feedback": prose.to_html(option.feedback or question.messages()["right"]),
            }
            for option in question.options
        ]
        return common | {"options": options}
    if isinstance(question, NumericQuestion):
        mistakes = [
            {"id": slip.id, "low": slip.low, "high": slip.high, "feedback": prose.to_html(slip.feedback)}
            for slip in question.mistakes
        ]
        return common | {"low": question.low, "high": question.high, "mistakes": mistakes}
    raise NotImplementedError(f"no page form for questions of kind {question.kind!r}")


def _payload(asked: tuple[Question, ...], section_url: str | None) -> dict[str, Any]:
    first = asked[0]
    return {
        "id": first.id,
        "kind": first.kind,
        "seed": first.seed,
        "section": section_url,
        "units": spellings(first.unit) if isinstance(first, NumericQuestion) else {},
        "messages": {name: prose.to_html(text) for name, text in first.messages().items()},
        "variants": [_variant(each) for each in asked],
    }


def payload(question_id: str, seed: int | None = None, *, section_url: str | None = None) -> dict[str, Any]:
    """Return what the ``<ops-question>`` element needs to ask and to mark, ready for JSON.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    seed : int, optional
        The seed of the first variant; without one, ``OPSBOOK_SEED`` decides, else 0.
    section_url : str, optional
        Where the section stands that the feedback points to, if the page knows.

    Returns
    -------
    dict
        ``id``, ``kind``, ``seed``, ``section``, ``units`` (what may follow a number → divisor), ``messages`` and
        ``variants``: each with its ``seed``, the prompt as ``stem`` and ``legend``, ``hints``, ``solution`` (all
        HTML), and ``options`` or the accepted interval ``low``, ``high`` with its ``mistakes``.
    """
    return _payload(variants(question_id, seed=seed), section_url)


def _fields(question: Question) -> str:
    if isinstance(question, ChoiceQuestion):
        options = "".join(
            f'<label class="ops-option"><input type="radio" name="response" value="{escape(option.id)}">'
            f"<span>{prose.inline(option.text)}</span></label>"
            for option in question.options
        )
        return f'<div class="ops-options">{options}</div>'
    if isinstance(question, NumericQuestion):
        unit = {"": "", "proportion": " (proportion or %)"}.get(question.unit, f" ({escape(question.unit)})")
        return (
            f'<label class="ops-number"><span>Your answer{unit}</span>'
            f'<input type="text" name="response" inputmode="decimal" autocomplete="off" spellcheck="false" '
            f'maxlength="{LONGEST}"></label>'
        )
    raise NotImplementedError(f"no page form for questions of kind {question.kind!r}")


def _key(question: Question) -> Iterator[str]:
    if isinstance(question, ChoiceQuestion):
        for option in question.options:
            word = "Right" if option.correct else "Not right"
            feedback = prose.to_html(option.feedback)
            yield f"<li><p><strong>{word}:</strong> {prose.inline(option.text)}</p>{feedback}</li>"
    elif isinstance(question, NumericQuestion):
        unit = "" if question.unit in {"", "proportion"} else f" {escape(question.unit)}"
        yield f"<li><p><strong>Right:</strong> {question.answer:.4g}{unit}, or close to it</p></li>"
        for slip in question.mistakes:
            feedback = prose.to_html(slip.feedback)
            yield f"<li><p><strong>Not right:</strong> {slip.value:.4g}{unit}</p>{feedback}</li>"


def markup(question_id: str, seed: int | None = None, *, section_url: str | None = None) -> str:
    """Return the question as HTML that reads without a script and comes alive with ``static/ops-question.js``.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    seed : int, optional
        The seed of the numbers; without one, ``OPSBOOK_SEED`` decides, else 0.
    section_url : str, optional
        Where the section stands that the feedback points to, if the page knows.

    Returns
    -------
    str
        One ``<ops-question>`` element.
    """
    asked = variants(question_id, seed=seed)
    question = asked[0]
    stem, legend = prose.ask(question.prompt)
    # What closes a script element may not stand inside one, nor what opens a comment.
    data = json.dumps(_payload(asked, section_url), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    hints = "".join(
        f"<details><summary>Hint {number}</summary>{prose.to_html(hint)}</details>"
        for number, hint in enumerate(question.hints, 1)
    )
    solution = f"<p><strong>Solution</strong></p>{prose.to_html(question.solution)}" if question.solution else ""
    section = f'<p><a href="{escape(section_url)}">The section this rests on</a></p>' if section_url else ""
    # A form of the method "dialog" sends nothing anywhere when Enter is pressed and no script runs.
    return (
        f'<ops-question id="q-{question.id.replace("/", "-")}" data-question="{question.id}" '
        f'data-kind="{question.kind}" data-seed="{question.seed}">'
        f'<form method="dialog"><div class="ops-stem">{stem}</div>'
        f'<fieldset><legend><span class="ops-kicker">Question:</span> <span class="ops-ask">{legend}</span></legend>'
        f"{_fields(question)}</fieldset></form>"
        f'<div class="ops-hints">{hints}</div>'
        f'<details class="ops-key"><summary>Answers and feedback</summary><ul>{"".join(_key(question))}</ul>'
        f"{solution}{section}</details>"
        f'<script type="application/json">{data}</script></ops-question>'
    )
