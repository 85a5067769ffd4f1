"""Questions that are shown and not checked: what was asked, with nothing in them that they could be marked by.

No author writes this kind. A student's edition holds it in place of what is graded, see `withhold`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from opsbook.exercises import prose
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.question import Entry, Mark, Problem, Question, Text

__all__ = ["MESSAGE", "MIME_TYPE", "WithheldEntry", "WithheldQuestion", "withheld"]

MESSAGE: Final = "Shown, not checked here: your instructor marks it."
# What a notebook stores of any question; the same as for a page.
MIME_TYPE: Final = "application/vnd.opsbook.question.v1+json"

_HOW: Final = {
    "choice": "Choose one answer.",
    "choices": "Choose every answer that fits.",
    "numeric": "Answer with a number.",
    "order": "Put these into the right order.",
    "match": "Put each item into a group.",
    "reflect": "Answer in your own words.",
    "code": "Answer in the notebook.",
}
_KEPT_BACK: Final = ("hints", "solution", "instructor")


def _list(texts: tuple[str, ...], numbered: str) -> str:
    items = "".join(f"<li>{prose.inline(text)}</li>" for text in texts)
    return f'<ol class="ops-withheld-list" type="{numbered}">{items}</ol>' if items else ""


@dataclass(frozen=True, kw_only=True, repr=False)
class WithheldQuestion(Question):
    """A question whose key is elsewhere.

    Attributes
    ----------
    asks : str
        The kind of the question whose place this takes.
    items : tuple of str
        Options, steps or items, in Markdown, in the order in which the class sees them.
    groups : tuple of str
        Where the items of a `match` may be put.
    unit : str
        The unit of a `numeric` answer.
    """

    kind: ClassVar[str] = "withheld"

    asks: str
    items: tuple[str, ...]
    groups: tuple[str, ...]
    unit: str

    def messages(self) -> dict[str, str]:
        """Return the one message, in Markdown."""
        return {"blank": MESSAGE}

    def mark(self, response: Any) -> Mark:  # noqa: ARG002 - whatever it is, there is nothing to judge it by
        """Return that `response` is not marked here: no attempt that counts, whatever it is."""
        return Mark(mark=0, message="Your instructor marks it.", attempted=False, judged=False)

    def markup(self, notebook_url: str | None = None) -> str:
        """Return the question as HTML, which no script brings to life: there is nothing to check.

        Of code, `notebook_url` is the notebook to download that it is written in.
        """
        if self.asks == "code":
            stem, legend = prose.to_html(self.prompt), ""
        else:
            stem, legend = prose.ask(self.prompt)
        ask = f'<span class="ops-ask">{legend}</span> ' if legend else ""
        named = f" In this unit: {escape(self.unit)}."
        unit = {"": "", "proportion": " As a proportion or in %."}.get(self.unit, named)
        there = ""
        if self.asks == "code" and notebook_url:
            there = f'<p class="ops-open"><a href="{escape(notebook_url)}" download>Download the notebook</a></p>'
        return (
            f'<ops-question id="q-{self.id.replace("/", "-")}" data-question="{self.id}" data-kind="withheld" '
            f'data-asks="{self.asks}" data-seed="{self.seed}"><div class="ops-stem">{stem}</div>'
            f'<p class="ops-withheld-ask"><span class="ops-kicker">Graded question:</span> {ask}'
            f'<span class="ops-how">{_HOW[self.asks]}{unit}</span></p>'
            f"{there}{_list(self.groups, 'A')}{_list(self.items, '1' if self.groups else 'A')}"
            f'<p class="ops-withheld-note">{MESSAGE} Worth {self.worth}.</p></ops-question>'
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {
            "text/plain": repr(self),
            MIME_TYPE: {"id": self.id, "seed": self.seed if self.fixed else None},
            "text/html": self.markup(),
        }


class WithheldEntry(Entry):
    """A question that is not checked, as an edition writes it: texts alone, in the order in which they are shown."""

    kind: Literal["withheld"]
    asks: Literal["choice", "choices", "numeric", "order", "match", "reflect", "code"]
    items: list[Text] = Field(default=[])
    groups: list[Text] = Field(default=[])
    unit: str = ""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text, with its key path."""
        yield from super().texts()
        for key in ("items", "groups"):
            for index, text in enumerate(getattr(self, key)):
                yield (key, index), text

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - nothing is drawn
        """Yield each key that would give away what is kept back."""
        for key in _KEPT_BACK:
            if getattr(self, key):
                yield (key,), "must not stand in a question whose key is kept back. Remove it."

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> WithheldQuestion:
        """Return the question, the same for every seed: its numbers and its order are the class's already."""
        return WithheldQuestion(
            **self.common(question_id, seed, {}, fixed=fixed),
            solution="",
            asks=self.asks,
            items=tuple(self.items),
            groups=tuple(self.groups),
            unit=self.unit,
        )


def withheld(asked: Question) -> dict[str, Any]:
    """Return what stands in a student's bank for a graded question.

    The ids of options and items stay away as well: an id such as ``upside-down`` says what it thinks of its option.

    Parameters
    ----------
    asked : Question
        The question with the numbers of the class and everything in the order that the class sees.

    Returns
    -------
    dict
        The entry, which `WithheldEntry` reads.

    Examples
    --------
    >>> from opsbook import exercises
    >>> entry = withheld(exercises.question("customer-contact/what-counts"))
    >>> entry["kind"], entry["asks"], entry["id"]
    ('withheld', 'choice', 'what-counts')
    >>> {"options", "solution", "hints"} & set(entry)
    set()
    """
    entry: dict[str, Any] = {
        "id": asked.id.partition("/")[2],
        "kind": "withheld",
        "asks": asked.kind,
        "objective": asked.objective,
        "section": asked.section,
        "difficulty": asked.difficulty,
        "points": asked.points,
        "graded": True,
        "pool": list(asked.pool),
        "prompt": asked.prompt,
    }
    match asked:
        case ChoiceQuestion() | ChoicesQuestion():
            entry["items"] = [option.text for option in asked.options]
        case OrderQuestion():
            entry["items"] = [item.text for item in asked.items]
        case MatchQuestion():
            entry["items"] = [item.text for item in asked.items]
            entry["groups"] = [group.text for group in asked.groups]
        case NumericQuestion():
            entry["unit"] = asked.unit
    return entry
