"""The question banks that came with opsbook, and what may be asked of them."""

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from opsbook.errors import BankError
from opsbook.exercises import progress, prose
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.question import Entry, Mark, Question
from opsbook.exercises.reading import BankFile, read_bank
from opsbook.exercises.withheld import WithheldQuestion
from opsbook.validation import known

__all__ = [
    "BankReport",
    "bank",
    "bank_paths",
    "bank_report",
    "catalogue",
    "check_code",
    "class_seed",
    "default_seed",
    "mark",
    "question",
    "variants",
]

_OF_CLASS: Final = "seed.txt"


def _folder() -> Path:
    here = Path(__file__).resolve().parent
    installed, checkout = here / "bank", here.parents[2] / "exercises" / "bank"
    return installed if installed.is_dir() else checkout


def bank_paths() -> dict[str, Path]:
    """Return the file of each bank that came with opsbook, by the name of its chapter.

    An edition, which has a class seed beside its banks, may have none.

    Raises
    ------
    BankError
        No bank came with opsbook.
    """
    paths = {path.stem: path for path in sorted(_folder().glob("*.yml"))}
    if not paths and not (_folder() / _OF_CLASS).exists():
        raise BankError(["no question bank came with opsbook. Install it again."])
    return paths


def _entry(question_id: str) -> Entry:
    paths = bank_paths()
    name, _, _ = question_id.partition("/")
    if name not in paths or "/" not in question_id:
        ids = [known_id for path in paths.values() for known_id in read_bank(path, path.name).entries]
        known("question", question_id, ids)
    file = read_bank(paths[name], paths[name].name)
    if file.problems:
        raise BankError(list(file.problems))
    return file.entries[known("question", question_id, file.entries)]


def default_seed() -> int:
    """Return the seed that questions are drawn from when none is given: ``OPSBOOK_SEED``, else the class's, else 0.

    A class has one when opsbook came with an edition of the course: the file ``seed.txt`` beside its banks.

    Raises
    ------
    ValueError
        What is read is not a whole number; the message names it.
    """
    if text := os.environ.get("OPSBOOK_SEED", "").strip():
        return _seed_in(text, "the environment variable OPSBOOK_SEED", "Mend or unset it.")
    return class_seed(_folder())


def class_seed(folder: Path) -> int:
    """Return the seed of the class that the banks in `folder` are for, 0 if they are for none.

    Raises
    ------
    ValueError
        The file ``seed.txt`` beside them holds no whole number.
    """
    file = folder / _OF_CLASS
    text = file.read_text(encoding="utf8", errors="replace").strip() if file.exists() else "0"
    return _seed_in(text, f"the class seed in {_OF_CLASS}, beside the banks,", "Write its digits alone.")


def _seed_in(text: str, read: str, mend: str) -> int:
    if not re.fullmatch(r"-?[0-9]+", text):
        raise ValueError(f"{read} must be a whole number, got {text!r}. {mend}")
    return int(text)


def _seed(seed: int | None) -> int:
    if seed is None:
        return default_seed()
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"`seed` must be a whole number or None, got {seed!r}. Write its digits alone.")
    return seed


def question(question_id: str, *, seed: int | None = None) -> Question:
    """Return one question of the bank with its numbers drawn.

    The same seed gives the same numbers everywhere: in the page, in JupyterLab and in exports. As the last value
    of a notebook cell the question shows itself.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``, such as ``"customer-contact/…"``.
    seed : int, optional
        The seed of the numbers. Without one, ``OPSBOOK_SEED`` decides, else 0.

    Returns
    -------
    Question
        The question, its texts and its key for this seed.

    Raises
    ------
    UnknownNameError
        The bank has no such question; the nearest is suggested.
    BankError
        The question's file breaks the rules of the bank.
    TypeError
        The seed is not a whole number.

    Examples
    --------
    >>> first = bank()[0]
    >>> question(first.id) == first
    True
    """
    entry = _entry(question_id)
    return entry.draw(question_id, _seed(seed), fixed=seed is not None)


def variants(question_id: str, *, seed: int | None = None) -> tuple[Question, ...]:
    """Return the question and its further variants with other numbers, as a page carries them.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    seed : int, optional
        The seed of the first variant; see `question`.

    Returns
    -------
    tuple of Question
        One for a question without numbers, otherwise up to ten that differ.

    Raises
    ------
    UnknownNameError, BankError, TypeError
        As `question`.
    """
    entry = _entry(question_id)
    seeds = entry.variant_seeds(question_id, _seed(seed))
    return tuple(entry.draw(question_id, each, fixed=seed is not None) for each in seeds)


def _files() -> list[BankFile]:
    files = [read_bank(path, path.name) for path in bank_paths().values()]
    problems = [problem for file in files for problem in file.problems]
    if problems:
        raise BankError(problems)
    return files


def bank() -> tuple[Question, ...]:
    """Return every question of the shipped banks, drawn for the default seed.

    Returns
    -------
    tuple of Question
        File by file, in the order in which they stand there.

    Raises
    ------
    BankError
        Any file breaks the rules of the bank; every problem of every file is listed.

    Examples
    --------
    >>> len(bank()) == len({item.id for item in bank()})
    True
    """
    seed = default_seed()
    return tuple(entry.draw(each, seed, fixed=False) for file in _files() for each, entry in file.entries.items())


def catalogue() -> dict[str, dict[str, Any]]:
    """Return what the shipped banks hold, without any question's content: enough to chart progress and to draw exams.

    Returns
    -------
    dict
        ``"objectives"``: text by id, empty where the bank gives none; ``"questions"``: by full id a mapping with
        ``objective``, ``kind``, ``title``, ``difficulty``, ``points``, ``pool`` and ``section``. Both sorted by id.

    Raises
    ------
    BankError
        Any file breaks the rules of the bank; every problem of every file is listed.

    Examples
    --------
    >>> set(catalogue()["questions"]) == {item.id for item in bank()}
    True
    """
    files = _files()
    entries = {each: entry for file in files for each, entry in file.entries.items()}
    objectives = {entry.objective: "" for entry in entries.values()}
    for file in files:
        objectives |= {each: prose.plain(text, longest=len(text)) for each, text in file.objectives.items()}
    return {
        "objectives": dict(sorted(objectives.items())),
        "questions": {
            each: {
                "objective": entry.objective,
                "kind": entry.kind,
                "title": entry.title,
                "difficulty": entry.difficulty,
                "points": entry.points,
                "pool": list(entry.pool),
                "section": entry.section,
            }
            for each, entry in sorted(entries.items())
        },
    }


def mark(asked: Question, response: str | Iterable[str] | Mapping[str, Any] | None) -> Mark:
    """Mark a response to a question.

    Parameters
    ----------
    asked : Question
        The question as it was asked, with its seed.
    response : str, list of str, mapping or None
        An option's id for `choice`, a list of option ids for `choices`, the number as typed for `numeric`, a list of
        all item ids for `order`, group ids by item id for `match`, the text for `reflect`, the namespace of the
        learner's code for `code`; None or blank for no answer.

    Returns
    -------
    Mark
        The mark in [0, 1], the message, and the mistake that was recognised.

    Raises
    ------
    TypeError
        The response is not of the type that the question's kind has.

    Examples
    --------
    >>> mark(bank()[0], None).attempted
    False
    """
    return asked.mark(response)


def check_code(question_id: str, namespace: Mapping[str, Any]) -> Mark:
    """Mark a learner's code, keep the result in their progress, and return it to be shown.

    It counts as an attempt, unless the code was right at the last one and still is.

    Parameters
    ----------
    question_id : str
        ``NAME/slug`` of a question of the kind `code`.
    namespace : mapping
        What the learner's cells defined: ``globals()``.

    Returns
    -------
    Mark
        As the last value of a cell it shows its message.

    Raises
    ------
    UnknownNameError, BankError
        As `question`.
    ValueError
        The question is of another kind.
    TypeError
        `namespace` is not a mapping.

    Warns
    -----
    UserWarning
        The result cannot be kept; the mark counts all the same.

    Examples
    --------
    >>> check_code("customer-contact/extent-of", {})
    ○ Not attempted yet. `extent_of` is not defined yet: run the cell above first.
    """
    asked = question(question_id)
    if isinstance(asked, WithheldQuestion):
        return asked.mark(namespace)
    if not isinstance(asked, CodeQuestion):
        rule = f"`question_id` must be the id of a code question, got {question_id!r} of kind {asked.kind}."
        raise ValueError(f"{rule} Show it with `exercises.question`.")  # noqa: TRY004 - the id is at fault
    if not isinstance(namespace, Mapping):
        raise TypeError(f"`namespace` must be what your cells defined, got {namespace!r}. Pass `globals()`.")
    marked = asked.mark(namespace)
    if marked.attempted:
        try:
            kept = progress.load().get(question_id)
            # A notebook is often run again from the top; what was right already is then no further attempt.
            again = kept is not None and kept.seed == asked.seed and kept.mark == 1 and marked.correct
            answer = progress.Answer(
                seed=asked.seed,
                response="",
                mark=marked.mark,
                attempts=(kept.attempts if kept else 0) + (not again),
                hints=kept.hints if kept else 0,
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            )
            progress.save(question_id, answer)
        except (OSError, RuntimeError) as error:
            warnings.warn(f"Progress was not saved: {error}", stacklevel=2)
    return marked


class BankReport(NamedTuple):
    """What a check of bank files found.

    Attributes
    ----------
    problems : list of str
        One line each: file and line, question, key, rule, what was received, what to do.
    counts : dict
        How many questions there are by ``"kind"``, ``"objective"``, ``"difficulty"`` and ``"pool"``, sorted; a
        question may be in several pools.
    files : int
        How many files were checked.

    Examples
    --------
    >>> report = BankReport(problems=[], counts={"kind": {"choice": 12}}, files=1)
    >>> report.counts["kind"]["choice"]
    12
    """

    problems: list[str]
    counts: dict[str, dict[str, int]]
    files: int

    def table(self) -> str:
        """Return the counts as aligned lines.

        Examples
        --------
        >>> print(BankReport([], {"kind": {"choice": 12}, "difficulty": {"1": 9, "2": 3}}, 1).table())
        kind        choice  12
        difficulty  1        9
                    2        3
        """
        rows = [
            ("" if number else name, value, str(count))
            for name, counted in self.counts.items()
            for number, (value, count) in enumerate(counted.items())
        ]
        wide = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
        return "\n".join(f"{name:<{wide[0]}}  {value:<{wide[1]}}  {count:>{wide[2]}}" for name, value, count in rows)


def bank_report(paths: Iterable[str | Path] | None = None) -> BankReport:
    """Check bank files and count what they hold.

    Parameters
    ----------
    paths : iterable of str or Path, optional
        The files; without it, the banks that came with opsbook.

    Returns
    -------
    BankReport
        Every problem of every file, and counts over the questions that could be read.

    Raises
    ------
    TypeError
        `paths` is one text, whose letters would each be taken for a path.
    BankError
        Without `paths`: no bank came with opsbook.

    Examples
    --------
    >>> bank_report(["missing.yml"]).problems
    ['missing.yml: there is no such file. Check the path.']
    """
    if isinstance(paths, str):
        raise TypeError(f"`paths` must be several paths or None, got {paths!r}. Write [{paths!r}].")
    if paths is None:
        files = [read_bank(path, path.name) for path in bank_paths().values()]
    else:
        files = [read_bank(Path(path), str(path)) for path in paths]
    entries = [entry for file in files for entry in file.entries.values()]
    counts: dict[str, Counter[str]] = {
        "kind": Counter(entry.kind for entry in entries),
        "objective": Counter(entry.objective for entry in entries),
        "difficulty": Counter(str(entry.difficulty) for entry in entries),
        "pool": Counter(pool for entry in entries for pool in dict.fromkeys(entry.pool)),
    }
    problems = [problem for file in files for problem in file.problems]
    sorted_counts = {key: dict(sorted(counted.items())) for key, counted in counts.items()}
    return BankReport(problems, sorted_counts, len(files))
