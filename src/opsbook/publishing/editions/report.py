"""What is said of an edition before it is built: what it holds and why, and what each output will hold."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from opsbook.exercises.exam import FULL_QUESTIONS
from opsbook.publishing.editions import data
from opsbook.publishing.editions.course import examined, short
from opsbook.publishing.editions.plan import LEDGER, Plan
from opsbook.publishing.editions.settings import OUTPUTS
from opsbook.publishing.editions.weeks import Session, idle
from opsbook.publishing.editions.withholding import Policy
from opsbook.publishing.editions.wording import joined

__all__ = ["report"]

_EXAM_OUTPUT: Final = "exam-pdf"
_LISTED: Final = 12


def report(plan: Plan) -> str:
    """Return what an edition holds and why, for people."""
    return "\n\n".join("\n".join(lines) for lines in _reported(plan) if lines)


def _reported(plan: Plan) -> Iterator[list[str]]:
    settings, chapters = plan.settings, plan.chapters
    minutes = sum(each.minutes for each in chapters)
    yield [f"{settings.title}: {_count(len(chapters), 'chapter')}, {_count(minutes, 'minute')} of reading."]
    for part in plan.parts:
        yield [part.caption, *(f"  {each.name} ({each.minutes} min): {each.why}" for each in part.chapters)]
    yield _left(plan)
    yield _built_on(plan)
    yield _dropped(plan)
    yield _paged(plan)
    yield _linked(plan)
    if settings.points:
        worth = sum(settings.points.values())
        yield ["Graded", *(f"  {each}: {points:g}" for each, points in settings.points.items()), f"  In all: {worth:g}"]
    if settings.data:
        yield ["Data", *(f"  {line}" for line in data.report(settings, plan.root, [each.name for each in chapters]))]
    outputs = [f"  {name}: {holds}" for name, holds in _held(plan).items() if name in settings.outputs]
    if "outputs" not in settings.model_fields_set and _EXAM_OUTPUT not in settings.outputs:
        outputs.append(f"  {_EXAM_OUTPUT} is left out: no question in these chapters is kept for an exam")
    yield ["Outputs", *outputs]
    if plan.sessions:
        yield ["Week plan", *map(_met, plan.sessions)]
    yield _doubtful(plan)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _left(plan: Plan) -> list[str]:
    names = {each.name for each in plan.chapters}
    left = [name for name in plan.course.chapters if name not in names]
    return ["Left out", f"  {', '.join(left)}"] if left else []


def _built_on(plan: Plan) -> list[str]:
    """Return which chapters do not find before them what they build on."""
    order = [each.name for each in plan.chapters]
    lines = []
    for place, each in enumerate(plan.chapters):
        missing = [name for name in each.requires if name not in order]
        later = [name for name in each.requires if name in order[place + 1 :]]
        if missing:
            lines.append(f"  {each.name} builds on {joined(missing)}, not in this edition")
        if later:
            verb = "comes" if len(later) == 1 else "come"
            lines.append(f"  {each.name} builds on {joined(later)}, which {verb} after it")
    pulled = [each.name for each in plan.chapters if each.why.startswith("required by")]
    if pulled:
        lines.insert(0, f"  Added: {', '.join(pulled)}")
    return ["Prerequisites", *(lines or ["  All there, each before what builds on it"])]


def _dropped(plan: Plan) -> list[str]:
    if not plan.settings.drop:
        return []
    lines = ["Dropped"]
    for each in plan.settings.drop:
        document, heading = plan.links.labels.get(each, ("", ""))
        lines.append(f"  {each}: {heading} ({document})" if document else f"  {each}")
    if gone := sorted(plan.gone_questions.difference(plan.settings.drop)):
        lines.append(f"  With them {_count(len(gone), 'question')}: {', '.join(gone)}")
    return lines


def _paged(plan: Plan) -> list[str]:
    lines = ["Pages behind the chapters", f"  {', '.join(map(short, plan.pages))}"]
    withheld = Policy(hidden=plan.hidden).pages
    kept = [name for name in plan.pages if f"book/{name}" in withheld]
    if kept:
        lines.append(f"  Only in the instructor's book: {', '.join(kept)}")
    about = [plan.links.labels[label] for label in plan.course.whole]
    if gone := [heading for document, heading in about if f"{document}.md" in plan.files]:
        lines.append(f"  Without what is about the whole course: {', '.join(gone)}")
    return lines


def _linked(plan: Plan) -> list[str]:
    counts = Counter({path: len(plan.references(path)) for path in plan.files})
    if "evidence" in plan.pages:
        counts[LEDGER] = len(plan.references(LEDGER))
    whole = counts.total()
    if not whole:
        return ["Links", "  All lead to what is in the edition"]
    become = "links to the full book" if plan.links.full_book else "plain words, or go if they only point"
    lines = ["Links", f"  {_count(whole, 'reference')} to what is left out become {become}:"]
    lines += [f"  {path}: {number}" for path, number in counts.most_common(_LISTED) if number]
    rest = sum(number > 0 for number in counts.values()) - _LISTED
    return [*lines, f"  and {_count(rest, 'further file')}"] if rest > 0 else lines


def _held(plan: Plan) -> dict[str, str]:
    """Return what each output will hold."""
    chapters = _count(len(plan.chapters), "chapter")
    exercises = sum(each.exercises is not None for each in plan.chapters)
    notebooks = f"{chapters}, {f'exercises to {exercises}' if exercises else 'without exercises'}"
    if 0 < exercises < len(plan.chapters):
        notebooks += " of them"
    exam = min(plan.settings.exam.questions or FULL_QUESTIONS, examined(plan.questions))
    solutions = "without solutions" if plan.hidden else "with solutions"
    said = {
        "student-html": f"{notebooks}, {solutions}",
        "instructor-html": f"{notebooks}, with solutions and answer keys",
        "student-notebooks": f"{notebooks}, {solutions}, the data and the library",
        "instructor-notebooks": f"{notebooks}, with solutions and a marking guide",
        "lms": f"{_packed(plan)}, {f'an exam of {exam}' if exam else 'no exam'}",
        "grading": _assigned(plan),
        "book-pdf": chapters,
        "exam-pdf": f"{_count(exam, 'question')}, the key apart",
    }
    return {name: said[name] for name in OUTPUTS}


def _doubtful(plan: Plan) -> list[str]:
    """Return what is allowed, and may not be meant."""
    asked_nowhere = (
        f"{each} is asked on no page, only in the question packages and the marking guide: "
        "write a {question} block into a chapter of your own"
        for each in plan.unasked
    )
    lines = [f"  {each}" for each in (*idle(plan.settings.term), *asked_nowhere)]
    return ["Is this meant?", *lines] if lines else []


def _counted(plan: Plan) -> set[str]:
    return {each for each, asked in plan.questions.items() if asked.graded or each in plan.settings.points}


def _assigned(plan: Plan) -> str:
    """Return how many notebooks nbgrader grades: those with a code task that counts, and all where nothing counts."""
    counted = _counted(plan)
    tasks = [
        each for each, asked in plan.questions.items() if asked.kind == "code" and (each in counted or not counted)
    ]
    coded = {each.partition("/")[0] for each in tasks}
    number = sum(each.exercises is not None and each.name in coded for each in plan.chapters)
    if counted and not number:
        return "no assignment for nbgrader, since no code task counts"
    held = f"{_count(number, 'assignment')} for nbgrader"
    return f"{held}, {_count(len(tasks), 'code task')} that count{'s' * (len(tasks) == 1)}" if counted else held


def _packed(plan: Plan) -> str:
    """Return how many questions the packages hold, in how many, and how many of them count."""
    counted = _counted(plan)
    pools = {(each.partition("/")[0], each in counted) for each in plan.questions}
    held = f"{_count(len(plan.questions), 'question')} in {_count(len(pools), 'pool')}"
    return f"{held}, those that count ({len(counted)}) apart" if counted else held


def _met(session: Session) -> str:
    if session.holiday:
        return f"  {session.date}   -  no class: {session.holiday}"
    return f"  {session.date}  {session.number:2}  {', '.join(session.chapters) or 'review'}"
