"""The question banks that came with opsbook, and what may be asked of them."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from opsbook.errors import BankError
from opsbook.exercises.question import Entry, Mark, Question
from opsbook.exercises.reading import read_bank
from opsbook.validation import known

__all__ = ["BankReport", "bank", "bank_paths", "bank_report", "default_seed", "mark", "question", "variants"]


def _folder() -> Path:
    here = Path(__file__).resolve().parent
    installed, checkout = here / "bank", here.parents[2] / "exercises" / "bank"
    return installed if installed.is_dir() else checkout


def bank_paths() -> dict[str, Path]:
    """Return the file of each bank that came with opsbook, by the name of its chapter."""
    paths = {path.stem: path for path in sorted(_folder().glob("*.yml"))}
    if not paths:
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
    """Return the seed that questions are drawn from when none is given: ``OPSBOOK_SEED``, else 0.

    Raises
    ------
    ValueError
        The environment variable is not a whole number.
    """
    text = os.environ.get("OPSBOOK_SEED", "").strip() or "0"
    if not re.fullmatch(r"-?[0-9]+", text):
        raise ValueError(
            f"the environment variable OPSBOOK_SEED must be a whole number, got {text!r}. Mend or unset it."
        )
    return int(text)


def _seed(seed: int | None) -> int:
    if seed is None:
        return default_seed()
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"`seed` must be a whole number or None, got {seed!r}.")
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
    """
    entry = _entry(question_id)
    seeds = entry.variant_seeds(question_id, _seed(seed))
    return tuple(entry.draw(question_id, each, fixed=seed is not None) for each in seeds)


def bank() -> tuple[Question, ...]:
    """Return every question of the shipped banks, drawn for the default seed.

    Raises
    ------
    BankError
        Any file breaks the rules of the bank; every problem of every file is listed.

    Examples
    --------
    >>> {item.kind for item in bank()} <= {"choice", "numeric"}
    True
    """
    files = [read_bank(path, path.name) for path in bank_paths().values()]
    problems = [problem for file in files for problem in file.problems]
    if problems:
        raise BankError(problems)
    seed = default_seed()
    return tuple(entry.draw(each, seed, fixed=False) for file in files for each, entry in file.entries.items())


def mark(asked: Question, response: str | None) -> Mark:
    """Mark a response to a question.

    Parameters
    ----------
    asked : Question
        The question as it was asked, with its seed.
    response : str or None
        An option's id for a choice, the number as typed for a numeric question; None or blank for no answer.

    Returns
    -------
    Mark
        The mark in [0, 1], the message, and the mistake that was recognised.

    Examples
    --------
    >>> mark(bank()[0], None).attempted
    False
    """
    return asked.mark(response)


class BankReport(NamedTuple):
    """What a check of bank files found.

    Attributes
    ----------
    problems : list of str
        One line each: file and line, question, key, rule, what was received, what to do.
    counts : dict
        How many questions there are by ``"kind"``, ``"objective"`` and ``"difficulty"``, sorted.
    """

    problems: list[str]
    counts: dict[str, dict[str, int]]


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

    Examples
    --------
    >>> bank_report(["missing.yml"]).problems
    ['missing.yml: there is no such file. Check the path.']
    """
    if paths is None:
        files = [read_bank(path, path.name) for path in bank_paths().values()]
    else:
        files = [read_bank(Path(path), str(path)) for path in paths]
    entries = [entry for file in files for entry in file.entries.values()]
    counts = {
        "kind": Counter(entry.kind for entry in entries),
        "objective": Counter(entry.objective for entry in entries),
        "difficulty": Counter(str(entry.difficulty) for entry in entries),
    }
    problems = [problem for file in files for problem in file.problems]
    return BankReport(problems, {key: dict(sorted(counted.items())) for key, counted in counts.items()})
