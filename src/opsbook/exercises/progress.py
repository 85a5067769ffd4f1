"""Keeps what a learner answered: one JSON file under the Jupyter data directory, safe with two tabs open.

What a file must be like to be imported, and which of two answers stays, stand a second time in
``static/ops-progress.js``; a test compares the two.
"""

import json
import math
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

__all__ = ["MAX_BYTES", "Answer", "Merged", "export_text", "load", "merge", "path", "reset", "save", "undo"]

MAX_BYTES = 5_000_000

_LIMIT = f"{MAX_BYTES // 1_000_000} MB"
_FORMAT = 1
_CLOCKS_DIFFER = timedelta(hours=1)

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")
# Of the many spellings of ISO 8601, the ones that Python and every browser read alike.
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise ValueError("must be a moment such as 2025-03-01T10:00:00Z, with its time zone")
    datetime.fromisoformat(text)
    return text


def _whole(value: Any) -> Any:
    # JSON knows one kind of number, and other programs may write 3 as 3.0.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        # A whole number of four hundred digits, which a browser reads as infinite.
        return False


class Answer(BaseModel):
    """The last response to one question, as the page and JupyterLab both keep it.

    Attributes
    ----------
    seed : int
        The seed of the numbers that were answered.
    response : str, list of str or dict of str to str
        The response, typed as the question's kind types it.
    mark : float
        From 0 to 1.
    attempts, hints : int
        How often this seed was checked, and how many hints were shown.
    at : str
        The moment of the response in ISO 8601 with its time zone.
    """

    # What a later version adds to a record must survive this one.
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    seed: Whole
    response: str | list[str] | dict[str, str]
    mark: Annotated[float, Field(ge=0, le=1)]
    attempts: Annotated[Whole, Field(ge=0)]
    hints: Annotated[Whole, Field(ge=0)]
    at: Annotated[str, AfterValidator(_moment)]

    @model_validator(mode="before")
    @classmethod
    def _all_finite(cls, record: Any) -> Any:
        # JSON has no name for such a number, not even deep in what a later version adds.
        values = [record]
        while values:
            value = values.pop()
            if isinstance(value, dict):
                values.extend(value.values())
            elif isinstance(value, list):
                values.extend(value)
            elif isinstance(value, int | float) and not _is_finite(value):
                raise ValueError("must hold finite numbers only")
        return record


def path() -> Path:
    """Return where progress is kept: ``OPSBOOK_PROGRESS``, else ``opsbook/progress.json`` under Jupyter's data.

    Where that is a link, it is the file that the link leads to.
    """
    place = _place()
    # A file is replaced as a whole, which would put it in the place of the link.
    return place.resolve() if place.is_symlink() else place


def _place() -> Path:
    if override := os.environ.get("OPSBOOK_PROGRESS", "").strip():
        return Path(override).expanduser()
    try:
        from jupyter_core.paths import jupyter_data_dir  # noqa: PLC0415 - there outside Jupyter only by chance
    except ImportError:
        raise RuntimeError(
            "progress is kept by Jupyter, which is not installed. Set OPSBOOK_PROGRESS to a file."
        ) from None
    return Path(jupyter_data_dir()) / "opsbook" / "progress.json"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    # The operating system drops this lock when a process ends in any way, so none is ever left behind.
    with file.with_suffix(".lock").open("a+b") as lock:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists there only

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - exists there only

            # Some network folders know no locks; the write is atomic all the same.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if sys.platform == "win32":
                lock.seek(0)
                msvcrt.locking(lock.fileno(), msvcrt.LK_UNLCK, 1)


def _set_aside(file: Path, content: bytes, reason: str) -> None:
    number = 0
    while (spare := file.with_name(f"{file.name}.bak{number or ''}")).exists():
        if spare.read_bytes() == content:
            return
        number += 1
    spare.write_bytes(content)
    warnings.warn(
        f"The progress file {file.name} {reason}. It is kept beside it as {spare.name}; what could be read stays.",
        stacklevel=4,
    )


def _read(file: Path) -> dict[str, Answer]:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        stored: Any = json.loads(content)
    except (ValueError, RecursionError):
        _set_aside(file, content, "is not valid JSON")
        return {}
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT or not isinstance(stored.get("answers"), dict):
        _set_aside(file, content, f"is not of format {_FORMAT}")
        return {}
    answers = {}
    for question_id, record in stored["answers"].items():
        with suppress(ValidationError):
            answers[question_id] = Answer.model_validate(record)
    if lost := len(stored["answers"]) - len(answers):
        _set_aside(file, content, f"holds {lost} answer{'s' * (lost > 1)} that cannot be read")
    return answers


def load() -> dict[str, Answer]:
    """Return the last answer to every question answered so far, by full id.

    A file that cannot be read is kept aside with a warning and never lost.
    """
    return _read(path())


def _text(answers: Mapping[str, Answer]) -> str:
    records = {question_id: answers[question_id].model_dump() for question_id in sorted(answers)}
    # Written tightly, as a page does, so that a file does not outgrow the limit on its way through an import.
    values = {"format": _FORMAT, "answers": records}
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    # Half of a pair of surrogates, which a browser may hand over, becomes the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _write(file: Path, answers: Mapping[str, Answer]) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(_text(answers))
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _moment_of(answer: Answer) -> datetime:
    return datetime.fromisoformat(answer.at)


def _is_ahead(answer: Answer) -> bool:
    return _moment_of(answer) > datetime.now(UTC) + _CLOCKS_DIFFER


def _replaces(answer: Answer, kept: Answer | None, *, on_tie: bool) -> bool:
    """Return whether an answer takes the place of the one kept; `on_tie`, whether it does so at equal times."""
    if kept is None:
        return True
    # One dated by a clock that was ahead would otherwise keep out every later one until that day.
    rank, other = ((not _is_ahead(each), _moment_of(each)) for each in (answer, kept))
    return rank > other or (on_tie and rank == other)


def _joined(kept: Answer | None, answer: Answer, *, on_tie: bool) -> Answer:
    """Return the one of two answers to a question that stays, with the larger counts if both are to one seed."""
    if kept is None:
        return answer
    stays, goes = (answer, kept) if _replaces(answer, kept, on_tie=on_tie) else (kept, answer)
    if stays.seed != goes.seed:
        return stays
    counts = {name: max(getattr(stays, name), getattr(goes, name)) for name in ("attempts", "hints")}
    return stays.model_copy(update=counts)


def save(question_id: str, answer: Answer) -> Answer:
    """Keep `answer` as the last one to a question, and return what is now kept.

    Other questions' answers are read again under a lock, so two tabs or kernels lose nothing of each other. Of two
    answers to one question the later stays, but for one dated more than an hour ahead of now: it gives way to any that
    is not. Where both answer the same numbers, the larger counts stay.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    answer : Answer
        The answer to keep. One dated more than an hour ahead is dated now, since a browser's clock may be wrong.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    file = path()
    if _is_ahead(answer):
        answer = answer.model_copy(update={"at": datetime.now(UTC).isoformat(timespec="milliseconds")})
    with _locked(file):
        answers = _read(file)
        answers[question_id] = answer = _joined(answers.get(question_id), answer, on_tie=True)
        _write(file, answers)
    return answer


class Merged(NamedTuple):
    """What became of the answers in an imported file.

    Attributes
    ----------
    taken : int
        Answers that are now kept: to questions not answered here, or later than the answer here.
    older : int
        Answers that are the same as the one kept here, or older, or dated ahead of now where the one here is not.
    refused : int
        Answers that break the format.
    """

    taken: int
    older: int
    refused: int


def _megabytes(size: int) -> str:
    return f"{math.ceil(size / 1e5) / 10:.1f} MB"


def _no_json(name: str) -> NoReturn:
    raise ValueError(name)


def _answers_in(text: str) -> dict[str, Any]:
    """Return the records of an exported file, or raise with a sentence that tells a reader what the file is."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise ValueError(
            f"The file must not exceed {_LIMIT}, got {_megabytes(size)}. Choose a file that was exported here."
        )
    try:
        # NaN and the infinities, which Python reads, are not JSON.
        stored = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise ValueError("The file must be JSON, and it is not. Choose a file that was exported here.") from None
    form, answers = (stored.get("format"), stored.get("answers")) if isinstance(stored, dict) else (None, None)
    number = _whole(form)
    number = number if isinstance(number, int) and not isinstance(number, bool) else 0
    if number > _FORMAT:
        raise ValueError(
            f"The file is of format {number}, and format {_FORMAT} is the newest that can be read here. "
            "Update opsbook, then import it again."
        )
    if number != _FORMAT or not isinstance(answers, dict):
        raise ValueError(
            f"The file must hold progress in format {_FORMAT}, and it does not. Choose a file that was exported here."
        )
    return answers


def merge(text: str) -> Merged:
    """Take over the answers of a file that was exported here, on another device or from the page.

    Every answer is checked by itself. Which of two answers to one question stays is decided as in `save`; so importing
    a file twice, or in another order, ends in the same.

    Parameters
    ----------
    text : str
        What the file holds.

    Returns
    -------
    Merged
        How many answers were taken, older than or the same as the one kept, and refused.

    Raises
    ------
    ValueError
        The text is no progress file, is of a newer format, or exceeds 5 MB, alone or with what is kept here: what is
        exported can always be imported. Nothing has changed.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> merge('{"format": 1, "answers": {"customer-contact/branch-extent": "half"}}')
    Merged(taken=0, older=0, refused=1)
    """
    taken, refused = {}, 0
    for question_id, record in _answers_in(text).items():
        try:
            answer = Answer.model_validate(record)
        except ValidationError:
            refused += 1
            continue
        if _ID.fullmatch(question_id):
            taken[question_id] = answer
        else:
            refused += 1
    if not taken:
        return Merged(0, 0, refused)
    file = path()
    with _locked(file):
        kept = _read(file)
        count = sum(_replaces(answer, kept.get(question_id), on_tie=False) for question_id, answer in taken.items())
        merged = _merged(kept, taken)
        if (size := len(_text(merged).encode())) > MAX_BYTES:
            raise ValueError(
                f"What is kept here and the file must not exceed {_LIMIT} together, got {_megabytes(size)}. "
                "Export and reset what is kept here, then import the file."
            )
        _write(file, merged)
    return Merged(count, len(taken) - count, refused)


def _merged(kept: Mapping[str, Answer], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    joined = {each: _joined(kept.get(each), answer, on_tie=False) for each, answer in answers.items()}
    return {**kept, **joined}


def export_text() -> str:
    """Return all progress as the text of a file that `merge` and the page import."""
    return _text(load())


def _resets(file: Path) -> list[tuple[int, Path]]:
    """Return what earlier resets set aside with its number, the oldest first."""
    form = re.compile(re.escape(file.name) + r"\.reset([0-9]+)")
    return sorted((int(found[1]), spare) for spare in file.parent.iterdir() if (found := form.fullmatch(spare.name)))


def reset() -> Path | None:
    """Start again without any answer. The file is set aside beside itself, and `undo` brings it back.

    Returns
    -------
    Path or None
        Where the answers are kept; None if there were none.

    Raises
    ------
    OSError
        The file cannot be set aside. Nothing has changed.
    """
    file = path()
    with _locked(file):
        if not file.exists():
            return None
        number = max((number for number, _ in _resets(file)), default=0) + 1
        return file.rename(file.with_name(f"{file.name}.reset{number}"))


def undo() -> int:
    """Bring back the answers that the last `reset` set aside, and return how many there are.

    What has been answered since stays, as in `save`. Called again, it goes back one reset further. Without a reset it
    returns 0.

    Raises
    ------
    OSError
        The file cannot be read or written. Nothing is lost.
    """
    file = path()
    with _locked(file):
        if not (spares := _resets(file)):
            return 0
        spare = spares[-1][1]
        answers = _read(spare)
        _write(file, _merged(_read(file), answers))
        spare.unlink()
    return len(answers)
