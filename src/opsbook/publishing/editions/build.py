"""Builds an edition: from its file to everything that students and instructors get, whole or not at all.

What costs time runs two at a time, each in a process of a stage. What students get is searched for everything that is
kept from them before anything is put in place.
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from opsbook.errors import EditionError
from opsbook.publishing import book
from opsbook.publishing.editions import archives, kept_back, leaks, staging
from opsbook.publishing.editions.data import renew
from opsbook.publishing.editions.needs import missing
from opsbook.publishing.editions.output import Output
from opsbook.publishing.editions.plan import Plan, checked
from opsbook.publishing.editions.processes import (
    Processes,
    StageError,
    problems_told,
    stage_environment,
    stage_process,
)
from opsbook.publishing.editions.report import report
from opsbook.publishing.editions.streams import Secrets
from opsbook.publishing.editions.withholding import Policy, withhold
from opsbook.publishing.editions.wording import escaped

__all__ = ["Built", "Job", "build", "foreseen", "run_jobs"]

_AT_A_TIME: Final = 2
# Of what a process says that names neither a warning nor an error.
_MOST_SAID: Final = 20
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
# What a build leaves in a page's folder that is about itself.
_NOT_PAGES: Final = (".buildinfo", ".doctrees")
# Where what students get lies in the output.
_GIVEN: Final = {
    "student-html": "student/html",
    "student-notebooks": "student/notebooks.zip",
    "grading": "grading/release",
    "book-pdf": "book.pdf",
    "exam-pdf": "exam.pdf",
}


@dataclass(frozen=True)
class Built:
    """What a build did.

    Attributes
    ----------
    output : pathlib.Path or None
        The folder that holds the edition, None after a dry run.
    report : str
        What the edition holds and why.
    seconds : mapping of str to float
        How long each step took, in the order in which they ended.
    whole : float
        How many seconds passed from the beginning to the end.
    """

    output: Path | None
    report: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    whole: float = 0.0

    def table(self) -> str:
        """Return the times as aligned lines.

        Examples
        --------
        >>> print(Built(Path("out"), "", {"students' pages": 61.24, "search of students' files": 9.5}, 64.0).table())
        students' pages             61.2 s
        search of students' files    9.5 s
        in all, two at a time       64.0 s
        """
        rows = {**self.seconds, "in all, two at a time": self.whole}
        wide = max(map(len, rows))
        return "\n".join(f"{name:<{wide}} {seconds:6.1f} s" for name, seconds in rows.items())


def build(
    file: Path,
    output: Path,
    *,
    root: Path,
    dry_run: bool = False,
    progress: Callable[[float, str], None] | None = None,
    today: date | None = None,
) -> Built:
    """Build the edition that `file` describes into `output`.

    Parameters
    ----------
    file : pathlib.Path
        The edition's file.
    output : pathlib.Path
        A folder that is not there, is empty, or holds an earlier output of an edition as it was written.
    root : pathlib.Path
        The course.
    dry_run : bool
        Only say what the edition would hold; write nothing.
    progress : callable, optional
        Called with the share of the work that is done, and what is being done.
    today : datetime.date, optional
        The day that decides whether solutions are shown.

    Returns
    -------
    Built
        The report, and how long each step took.

    Raises
    ------
    EditionError
        The file is at fault, an output needs what is not on this machine, a page of the edition has a fault, or what
        students would get holds a secret; every problem is listed.
    ValueError
        `output` holds somebody's work, or is in use.
    """
    began = monotonic()
    plan = checked(file, root, today=today)
    if dry_run:
        return Built(None, foreseen(plan))
    if lacking := missing(plan.settings.outputs):
        raise EditionError([plan.settings.located(("outputs",), rule) for rule in lacking])
    watch = progress or (lambda _share, _what: None)
    with Output(output) as place, Processes() as processes:
        making = _Making(plan, place, processes)
        seconds = run_jobs(making.jobs(), watch, processes)
        making.finish()
        place.replace()
    said = "\n\n".join(filter(None, [report(plan), "\n".join(making.notes())]))
    return Built(place.folder, said, seconds, monotonic() - began)


def foreseen(plan: Plan) -> str:
    """Return what an edition would hold and why, and what its outputs need and this machine has not."""
    lacking = missing(plan.settings.outputs)
    section = ["Not on this machine", *(f"  {rule}" for rule in lacking)] if lacking else []
    return "\n\n".join(filter(None, [report(plan), "\n".join(section)]))


# --- Jobs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """A step of a build.

    Attributes
    ----------
    name : str
        What is done, as a user reads it.
    run : callable
        Does it.
    after : tuple of str
        The steps that must have ended.
    cost : float
        About how long it takes, compared with the others; the longest row of jobs begins first.
    """

    name: str
    run: Callable[[], None]
    after: tuple[str, ...] = ()
    cost: float = 1.0


def run_jobs(jobs: list[Job], progress: Callable[[float, str], None], processes: Processes) -> dict[str, float]:
    """Run jobs, two at a time, and return how long each took; at the first that fails, stop all.

    Raises
    ------
    EditionError
        Two jobs failed at once; what both complained of is listed. Of a single one its own error is raised.

    Examples
    --------
    >>> done = []
    >>> steps = [Job("second", lambda: done.append(2), after=("first",)), Job("first", lambda: done.append(1))]
    >>> with Processes() as processes:
    ...     list(run_jobs(steps, lambda share, what: None, processes)), done
    (['first', 'second'], [1, 2])
    """
    waiting = sorted(jobs, key=lambda job: -_way(job, jobs))
    whole, ended = sum(job.cost for job in jobs), 0.0
    running: dict[Future[float], Job] = {}
    seconds: dict[str, float] = {}
    failures: list[BaseException] = []
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        try:
            while (waiting or running) and not failures:
                for job in [each for each in waiting if set(each.after) <= seconds.keys()]:
                    if len(running) < _AT_A_TIME:
                        waiting.remove(job)
                        running[pool.submit(_timed, job)] = job
                progress(ended / whole, " and ".join(job.name for job in running.values()))
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                if any(future.exception() for future in done):
                    processes.stop()
                    done, _ = wait(running)
                for future in done:
                    job = running.pop(future)
                    if error := future.exception():
                        failures.append(error)
                    else:
                        seconds[job.name] = future.result()
                        ended += job.cost
        except BaseException:
            processes.stop()
            raise
    if failures:
        raise _together(failures)
    return seconds


def _together(failures: Sequence[BaseException]) -> BaseException:
    """Return one error for all failures; what was only stopped because of another has nothing to say."""
    own = [each for each in failures if not isinstance(each, InterruptedError)] or list(failures)
    if len(own) == 1:
        return own[0]
    told = [each.problems if isinstance(each, EditionError) else [f"{type(each).__name__}: {each}"] for each in own]
    return EditionError([problem for problems in told for problem in problems])


def _way(job: Job, jobs: Sequence[Job]) -> float:
    """Return how long the longest row of jobs is that begins with this one."""
    return job.cost + max((_way(each, jobs) for each in jobs if job.name in each.after), default=0.0)


def _timed(job: Job) -> float:
    began = monotonic()
    job.run()
    return monotonic() - began


class _Making:
    """Everything that is made of a plan, and where."""

    def __init__(self, plan: Plan, place: Output, processes: Processes) -> None:
        self._plan, self._new, self._work, self._processes = plan, place.new, place.work, processes
        self._whole, self._bare = self._work / "instructor", self._work / "student"
        self._renewed: list[str] = []
        self._left_out: list[str] = []
        self._policy = Policy(hidden=plan.hidden)
        people = (plan.settings.instructor, plan.settings.institution)
        self._who = ", ".join(escaped(each) for each in people if each)

    def jobs(self) -> list[Job]:
        """Return the steps that make what the edition asks for, and search what students get of it."""
        whole, outputs = len(self._plan.chapters), self._plan.settings.outputs
        prepared, withheld = ("preparing the edition",), ("withholding solutions",)
        # The book on paper is set from the pages, where there are any.
        printable = ("students' pages",) if "student-html" in outputs else withheld
        steps = {
            "instructor-html": Job("instructor's pages", self._instructor_pages, prepared, 4 + 2 * whole),
            "student-html": Job("students' pages", self._student_pages, withheld, 5 + 2 * whole),
            "instructor-notebooks": Job("instructor's notebooks", self._instructor_notebooks, withheld, 2 + whole / 4),
            "student-notebooks": Job("students' notebooks", self._student_notebooks, withheld, 2 + whole / 8),
            "lms": Job("question packages", self._lms, prepared, 3 + whole / 2),
            "grading": Job("nbgrader course", self._grading, prepared, 3 + whole / 2),
            "book-pdf": Job("book as PDF", self._book_pdf, printable, 6 + whole),
            "exam-pdf": Job("exam as PDF", self._exam_pdf, prepared, 4),
        }
        wanted = {name: job for name, job in steps.items() if name in outputs}
        # A search costs some seconds before it begins, so what is ready at about the same time goes together.
        searches = [
            Job(
                f"search of {what}",
                partial(self._search, parts),
                (*(wanted[each].name for each in parts), *withheld),
                cost,
            )
            for what, names, cost in (
                ("students' files", ("student-html", "student-notebooks"), 3 + whole / 3),
                ("printed and released files", ("book-pdf", "exam-pdf", "grading"), 2 + whole / 3),
            )
            if (parts := [each for each in names if each in wanted])
        ]
        first = [Job(*prepared, self._prepare, (), 1), Job(*withheld, self._withhold, prepared, 1 + whole / 10)]
        return [*first, *wanted.values(), *searches]

    def _prepare(self) -> None:
        staging.stage(self._plan, self._whole)
        self._renewed = renew(self._plan, self._whole, processes=self._processes)

    def _withhold(self) -> None:
        withhold(self._whole, self._bare, self._policy)
        staging.for_students(self._plan, self._bare)
        # Beside the archive, so that what students get can be searched whatever the edition's outputs are.
        kept = self._new / "instructor" / leaks.SECRETS_FILE
        kept.parent.mkdir(parents=True, exist_ok=True)
        secrets = kept_back.secrets(self._whole, self._policy)
        kept.write_text(secrets.dump(), encoding="utf8")
        self._search_own(secrets)

    # --- Pages

    def _pages(self, stage: Path, target: Path) -> None:
        done = self._processes.run(book.command(stage), folder=stage, environment=stage_environment(stage))
        if done.returncode != 0:
            raise EditionError(_complaints(done.stderr or done.stdout, stage))
        made = stage / "_build" / "html"
        for name in _NOT_PAGES:
            if (made / name).is_dir():
                shutil.rmtree(made / name)
            else:
                (made / name).unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        made.rename(target)

    def _instructor_pages(self) -> None:
        self._pages(self._whole, self._new / "instructor" / "html")

    def _student_pages(self) -> None:
        self._pages(self._bare, self._new / "student" / "html")

    # --- Notebooks

    def _own(self) -> str:
        own = [escaped(each.title) for part in self._plan.parts for each in part.chapters if each.own]
        return f"Not opsbook's: {', '.join(own)}." if own else ""

    def _student_notebooks(self) -> None:
        library = archives.wheel(self._bare, self._work / "student-wheel", processes=self._processes)
        title = self._plan.settings.title
        members = archives.student_members(self._bare, library, title=title, who=self._who, own=self._own())
        archives.pack(members, self._new / "student" / "notebooks.zip")

    def _instructor_notebooks(self) -> None:
        library = archives.wheel(self._whole, self._work / "instructor-wheel", processes=self._processes)
        guide, title = self._work / "guide.html", self._plan.settings.title
        self._run(self._whole, "guide", str(self._whole), str(guide), title)
        members = archives.instructor_members(
            self._whole,
            library,
            title=title,
            guide=guide.read_text(encoding="utf8"),
            edition=self._plan.settings.file,
            who=self._who,
            own=self._own(),
        )
        archives.pack(members, self._new / "instructor" / "notebooks.zip")

    # --- Other formats

    def _run(self, stage: Path, module: str, *arguments: str) -> str:
        try:
            return stage_process(stage, module, *arguments, processes=self._processes)
        except StageError as error:
            # It may have built pages of its own.
            said = _complaints(str(error), stage) if module == "paper" else problems_told(str(error))
            raise EditionError(said) from error

    def _exam(self) -> list[str]:
        exam = self._plan.settings.exam
        count = [] if exam.questions is None else ["--questions", str(exam.questions)]
        return [*count, "--seed", str(exam.seed)]

    def _lms(self) -> None:
        said = self._run(self._whole, "lms", str(self._whole), str(self._new / "lms"), *self._exam())
        self._left_out += said.splitlines()

    def _grading(self) -> None:
        self._run(self._whole, "grading", str(self._whole), str(self._new / "grading"))

    def _book_pdf(self) -> None:
        pages = self._new / "student" / "html"
        built = ["--pages", str(pages)] if pages.exists() else []
        self._run(self._bare, "paper", str(self._bare), str(self._new), "--book", *built)

    def _exam_pdf(self) -> None:
        minutes = self._plan.settings.exam.minutes
        lasting = [] if minutes is None else ["--minutes", str(minutes)]
        said = self._run(self._whole, "paper", str(self._whole), str(self._new), "--exam", *self._exam(), *lasting)
        self._left_out += said.splitlines()

    # --- Nothing leaks

    def _search_own(self, secrets: Secrets) -> None:
        """Search what instructors write first, so that no page is built only to find there what was copied."""
        named = {each.name for each in self._plan.chapters if each.own}
        folders = (self._bare / "chapters", self._bare / "exercises" / "bank")
        paths = [path for folder in folders for path in sorted(folder.iterdir()) if path.stem in named]
        if found := [line for path in paths for line in leaks.scan(path, secrets)]:
            raise EditionError(_leaks(found, "Write it differently there, or take it out."))

    def _search(self, outputs: Sequence[str]) -> None:
        parts = [_GIVEN[each] for each in outputs]
        if found := self._run(self._whole, "leaks", str(self._new), *parts):
            advice = "Write differently what of it is yours, or take it out. If none is, tell the authors of opsbook."
            raise EditionError(_leaks(found.splitlines(), advice))

    def notes(self) -> list[str]:
        """Return what is to be said of what was made: sets that were replaced, and what was left out."""
        return [*self._renewed, *sorted(self._left_out)]

    def finish(self) -> None:
        """Lay the notebooks where the front page of the students' site leads to them."""
        notebooks, pages = (self._new / _GIVEN[name] for name in ("student-notebooks", "student-html"))
        if notebooks.exists() and pages.exists():
            linked = pages / "_static" / "downloads" / notebooks.name
            linked.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notebooks, linked)


def _leaks(found: Sequence[str], advice: str) -> list[str]:
    """Return findings as problems, of which the last says what to do about them."""
    *first, last = [f"Leak: {line}" for line in found]
    return [*first, f"{last}\nStudents would read what is kept from them. {advice}"]


def _complaints(said: str, stage: Path) -> list[str]:
    """Return what Sphinx complained of, with paths as the edition knows them."""
    lines = [_COLOURS.sub("", line).replace(f"{stage}{os.sep}", "").rstrip() for line in said.splitlines()]
    found = [line for line in lines if "WARNING" in line or "ERROR" in line]
    return list(dict.fromkeys(found or problems_told("\n".join(lines))[-_MOST_SAID:]))
