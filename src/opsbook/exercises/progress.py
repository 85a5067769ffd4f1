"""Keeps what a learner answered: one JSON file under the Jupyter data directory, safe with two tabs open."""

import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

__all__ = ["FORMAT", "Answer", "load", "path", "save"]

FORMAT = 1


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("must carry its time zone")
    return text


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

    seed: int
    response: str | list[str] | dict[str, str]
    mark: Annotated[float, Field(ge=0, le=1)]
    attempts: Annotated[int, Field(ge=0)]
    hints: Annotated[int, Field(ge=0)]
    at: Annotated[str, AfterValidator(_moment)]


def path() -> Path:
    """Return where progress is kept: ``OPSBOOK_PROGRESS``, else ``opsbook/progress.json`` under Jupyter's data."""
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
    except ValueError:
        _set_aside(file, content, "is not valid JSON")
        return {}
    if not isinstance(stored, dict) or stored.get("format") != FORMAT or not isinstance(stored.get("answers"), dict):
        _set_aside(file, content, f"is not of format {FORMAT}")
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


def _write(file: Path, answers: Mapping[str, Answer]) -> None:
    records = {question_id: answers[question_id].model_dump() for question_id in sorted(answers)}
    text = json.dumps({"format": FORMAT, "answers": records}, ensure_ascii=False, indent=1)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(text + "\n")
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save(question_id: str, answer: Answer) -> Answer:
    """Keep `answer` as the last one to a question, and return what is now kept.

    Other questions' answers are read again under a lock, so two tabs or kernels lose nothing of each other. Of two
    answers to one question the later stays, with the larger counts where both answer the same numbers.

    Parameters
    ----------
    question_id : str
        ``NAME/slug``.
    answer : Answer
        The answer to keep.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    with _locked(file):
        answers = _read(file)
        kept = answers.get(question_id)
        if kept is not None:
            later, earlier = (
                (answer, kept)
                if datetime.fromisoformat(answer.at) >= datetime.fromisoformat(kept.at)
                else (kept, answer)
            )
            if later.seed == earlier.seed:
                counts = {name: max(getattr(later, name), getattr(earlier, name)) for name in ("attempts", "hints")}
                later = later.model_copy(update=counts)
            answer = later
        answers[question_id] = answer
        _write(file, answers)
    return answer
