"""Draws a practice exam: the same seed gives the same questions, numbers and order in the page and in Python."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from opsbook.exercises.banks import bank_paths, catalogue, variants
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.page import for_script, markup
from opsbook.exercises.question import Question
from opsbook.exercises.shuffling import disordered, hash32, shuffled
from opsbook.validation import known

__all__ = [
    "DIFFICULTY_SHARES",
    "FULL_MINUTES",
    "FULL_QUESTIONS",
    "KIND_SHARES",
    "balanced",
    "draw_exam",
    "exam_markup",
    "exam_pool",
    "exam_script",
    "examined",
    "full_exam",
    "quotas",
]

# How an exam is made up, in sixteenths and in quarters. What is kept without a mark, or run in a notebook, gives an
# exam nothing to count.
KIND_SHARES: Final = {"choice": 8, "numeric": 4, "choices": 2, "order": 1, "match": 1}
DIFFICULTY_SHARES: Final = {1: 1, 2: 2, 3: 1}
# The full exam: so many questions in so many minutes.
FULL_QUESTIONS: Final = 80
FULL_MINUTES: Final = 120


def _chapter(question_id: str) -> str:
    return question_id.partition("/")[0]


def examined(chapters: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what the catalogue says of each question that an exam of these chapters may hold."""
    return {
        each: about
        for each, about in catalogue()["questions"].items()
        if "exam" in about["pool"] and about["kind"] in KIND_SHARES and _chapter(each) in chapters
    }


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"`{name}` must be a whole number, got {value!r}. Write its digits alone.")
    return value


def _chapters(wanted: Iterable[str] | None) -> list[str]:
    if wanted is None:
        return list(bank_paths())
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        raise TypeError(f"`chapters` must be several names or None, got {wanted!r}. Write [{wanted!r}].")
    names = [known("chapter", name, bank_paths()) for name in wanted]
    if not names:
        raise ValueError("`chapters` must name at least one chapter, got none. Leave it out to draw from all.")
    return names


def _difficulties(wanted: Iterable[int] | None) -> list[int]:
    if wanted is None:
        return list(DIFFICULTY_SHARES)
    if not isinstance(wanted, Iterable):
        raise TypeError(f"`difficulties` must be several of 1, 2 and 3, or None, got {wanted!r}. Write [{wanted!r}].")
    levels = list(wanted)
    if not levels or any(isinstance(level, bool) or level not in DIFFICULTY_SHARES for level in levels):
        raise ValueError(f"`difficulties` must be some of 1, 2 and 3, got {levels!r}. Leave it out to draw from all.")
    return levels


def _arranged(asked: Question, seed: int) -> Question:
    salt = f"{asked.id}|{seed}"
    if isinstance(asked, ChoiceQuestion | ChoicesQuestion):
        options = {option.id: option for option in asked.options}
        return replace(asked, options=tuple(options[each] for each in shuffled(options, salt)))
    if isinstance(asked, MatchQuestion):
        pieces = {item.id: item for item in asked.items}
        return replace(asked, items=tuple(pieces[each] for each in shuffled(pieces, salt)))
    if isinstance(asked, OrderQuestion):
        steps = {item.id: item for item in asked.items}
        return replace(asked, items=tuple(steps[each] for each in disordered(asked.key, salt)))
    return asked


def balanced(about: Mapping[str, Mapping[str, Any]], count: int, *, seed: int) -> list[str]:
    """Draw a balanced choice of questions: as many from each chapter, in the shares of kinds and difficulties.

    The chapters take turns, in an order that the seed decides. At its turn a chapter gives the question whose kind
    and difficulty are furthest behind their shares so far; among equals, one whose objective has been asked least.
    A chapter whose questions are all drawn drops out, and where a share has too few questions, others stand in.

    Parameters
    ----------
    about : mapping
        For each question by its full id its ``kind``, ``difficulty`` and ``objective``.
    count : int
        How many to draw, at most as many as there are.
    seed : int
        It decides the turns, and which of questions that would do equally well is drawn.

    Returns
    -------
    list of str
        The ids, in the order of the exam.

    Notes
    -----
    Whole numbers alone are compared, so that Python and a browser draw the very same.

    Examples
    --------
    >>> pool = {
    ...     f"{chapter}/{number}": {"kind": "choice", "difficulty": 2, "objective": f"{chapter}/{number}"}
    ...     for chapter in ("calls", "cases")
    ...     for number in range(9)
    ... }
    >>> sorted(each.partition("/")[0] for each in balanced(pool, 4, seed=1))
    ['calls', 'calls', 'cases', 'cases']
    """
    left: dict[str, list[str]] = {}
    for each in shuffled(about, str(seed)):
        left.setdefault(_chapter(each), []).append(each)
    turns = shuffled(left, f"{seed}|chapters")
    drawn: list[str] = []
    came: Counter[str | int] = Counter()

    def behind(question_id: str) -> tuple[int, int]:
        kind, difficulty, objective = (about[question_id][key] for key in ("kind", "difficulty", "objective"))
        place = len(drawn) + 1
        of_kind = KIND_SHARES[kind] * place - sum(KIND_SHARES.values()) * came[kind]
        of_difficulty = DIFFICULTY_SHARES[difficulty] * place - sum(DIFFICULTY_SHARES.values()) * came[difficulty]
        # Sixteenths and quarters of a question, brought to the same measure.
        return of_kind + 4 * of_difficulty, -came[objective]

    while len(drawn) < min(count, len(about)):
        for chapter in turns:
            if left[chapter] and len(drawn) < count:
                chosen = max(left[chapter], key=behind)
                left[chapter].remove(chosen)
                drawn.append(chosen)
                came.update(about[chosen][key] for key in ("kind", "difficulty", "objective"))
    return shuffled(drawn, f"{seed}|order")


def quotas(about: Collection[str], count: int) -> dict[str, tuple[int, int]]:
    """Return how many questions an exam of `count` has from each chapter: at least, and at most.

    Parameters
    ----------
    about : collection of str
        The ids of the questions to draw from.
    count : int
        How many are drawn, at most as many as there are.

    Examples
    --------
    >>> quotas(["calls/a", "calls/b", "calls/c", "cases/a", "cases/b"], 3)
    {'calls': (1, 2), 'cases': (1, 2)}
    """
    sizes = Counter(map(_chapter, about))
    rounds, spare = 0, count
    while spare >= (more := sum(size > rounds for size in sizes.values())) > 0:
        rounds, spare = rounds + 1, spare - more
    return {name: (min(size, rounds), min(size, rounds + (spare > 0))) for name, size in sizes.items()}


def draw_exam(
    count: int, *, seed: int, chapters: Iterable[str] | None = None, difficulties: Iterable[int] | None = None
) -> tuple[Question, ...]:
    """Draw a practice exam from the questions whose pool names the exam.

    Every chapter gives as many questions as any other, to within one. Half of all ask for one option, a quarter for
    a number, an eighth for several options, and a sixteenth each for an order and for groups; a quarter are recall,
    half application, a quarter judgement: all this as far as the questions allow. The page draws by the same rule,
    so an exam's number, which is its seed, gives a whole class the same exam.

    Parameters
    ----------
    count : int
        How many questions to draw.
    seed : int
        The exam's number: it decides the questions, their order, their numbers, and the order of their options.
    chapters : iterable of str, optional
        The chapters to draw from, by name; without it, all.
    difficulties : iterable of int, optional
        The difficulties to draw from: 1 recall, 2 application, 3 judgement; without it, all.

    Returns
    -------
    tuple of Question
        The questions in the order of the exam, each arranged as the exam shows it. Questions of the kinds
        ``reflect`` and ``code`` are left out, since a page cannot mark them.

    Raises
    ------
    UnknownNameError
        There is no chapter of that name; the nearest is suggested.
    ValueError
        `count` is below one or more questions than fit, or a filter names nothing or what is no difficulty.
    TypeError
        `count` or `seed` is not a whole number, or a filter is not several values.
    BankError
        Any file breaks the rules of the bank.

    Examples
    --------
    >>> first, again = draw_exam(1, seed=4), draw_exam(1, seed=4)
    >>> first == again
    True
    """
    if _whole("count", count) < 1:
        raise ValueError(f"`count` must be above zero, got {count}. Ask for one or more.")
    _whole("seed", seed)
    levels = _difficulties(difficulties)
    eligible = {each: about for each, about in examined(_chapters(chapters)).items() if about["difficulty"] in levels}
    if count > len(eligible):
        raise ValueError(
            f"`count` must be at most {len(eligible)}, the number of exam questions that fit, got {count}. "
            "Ask for fewer, or allow more chapters or difficulties."
        )
    return tuple(_asked(each, seed) for each in balanced(eligible, count, seed=seed))


def full_exam(count: int | None = None, *, seed: int, chapters: Collection[str] | None = None) -> tuple[Question, ...]:
    """Draw an exam of `count` questions; without it of as many as the full exam has, or of all, where there are fewer.

    Parameters
    ----------
    count : int, optional
        How many questions to draw.
    seed : int
        The exam's number.
    chapters : collection of str, optional
        The chapters to draw from, by name; without it, all. One without a bank gives none.

    Returns
    -------
    tuple of Question
        The questions as `draw_exam` arranges them; none where no question of these chapters is for an exam.

    Raises
    ------
    ValueError, TypeError, BankError
        As `draw_exam`.

    Examples
    --------
    >>> len(full_exam(seed=1)) == FULL_QUESTIONS, full_exam(seed=1, chapters=["no-bank"])
    (True, ())
    """
    there = examined(bank_paths() if chapters is None else chapters)
    if not there:
        return ()
    named = {_chapter(each) for each in there}
    return draw_exam(min(FULL_QUESTIONS, len(there)) if count is None else count, seed=seed, chapters=named)


def _asked(question_id: str, seed: int) -> Question:
    offered = variants(question_id)
    return _arranged(offered[hash32(f"{seed}|{question_id}|numbers") % len(offered)], seed)


def exam_pool(chapter: str, *, section_url: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """Return a chapter's exam questions as a page draws from them, ready for JSON.

    Parameters
    ----------
    chapter : str
        The chapter's name.
    section_url : callable
        Returns the address of a section by its label, as seen from the page of the exam.

    Returns
    -------
    dict
        For each question by its full id its ``markup``, ``kind``, ``objective``, ``difficulty`` and ``points``.
    """
    return {
        each: {
            "markup": markup(each, section_url=section_url(about["section"]), exam=True),
            **{key: about[key] for key in ("kind", "objective", "difficulty", "points")},
        }
        for each, about in examined([known("chapter", chapter, bank_paths())]).items()
    }


def exam_script(chapter: str, *, section_url: Callable[[str], str]) -> str:
    """Return the classic script that hands a chapter's exam questions to ``static/ops-exam.js``.

    Parameters
    ----------
    chapter : str
        The chapter's name.
    section_url : callable
        Returns the address of a section by its label, as seen from the page of the exam.
    """
    return f"opsbookExam.add({for_script(chapter)}, {for_script(exam_pool(chapter, section_url=section_url))});\n"


def exam_markup() -> str:
    """Return the ``<ops-exam>`` element with what a reader without a script can do instead."""
    return (
        "<ops-exam><p>The practice exam draws and marks its questions with a script, and none runs here. "
        "The same kinds of questions stand in the chapters, where each shows its answers and feedback beneath it "
        "without a script.</p></ops-exam>"
    )
