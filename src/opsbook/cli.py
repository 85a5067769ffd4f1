"""The command line: it parses, and calls one function for each command."""

import argparse
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import opsbook
from opsbook.errors import EditionError

__all__ = ["main"]

_ENDS: Final = (
    "Ends with 0 when it is done, 1 when the file, a page or what lies there is at fault, 2 when the command is not "
    "used rightly, 130 when it was stopped."
)


def _book(arguments: argparse.Namespace) -> int:
    from opsbook.publishing import book  # noqa: PLC0415 - each command loads only what it needs

    page = book.build(book.project(Path()), clean=arguments.clean)
    if page is None:
        print("The book was not built: see the warnings above.", file=sys.stderr)
        return 1
    print(f"The book is in {page.parent}. Open {page.resolve().as_uri()} in a browser.")
    return 0


def _lab(arguments: argparse.Namespace) -> int:
    from opsbook.publishing import book, lab  # noqa: PLC0415 - as above

    lab.start(book.project(Path()), workspace=arguments.workspace, arguments=tuple(arguments.jupyterlab))
    return 0


def _bank_check(arguments: argparse.Namespace) -> int:
    from opsbook import exercises  # noqa: PLC0415 - as above

    report = exercises.bank_report(arguments.files or None)
    for problem in report.problems:
        print(problem, file=sys.stderr)
    if table := report.table():
        print(table)
    if report.problems:
        print(f"{_counted(len(report.problems), 'problem')}.", file=sys.stderr)
        return 1
    questions = sum(report.counts["kind"].values())
    print(f"{_counted(questions, 'question')} in {_counted(report.files, 'file')}, no problems.")
    return 0


def _staff(arguments: argparse.Namespace) -> int:
    from opsbook import planning  # noqa: PLC0415 - as above
    from opsbook.errors import ArrivalsError  # noqa: PLC0415 - as above

    level, threshold = arguments.target or (None, None)
    if level is None and arguments.max_wait is arguments.max_abandon is arguments.max_occupancy is None:
        arguments.wrong("give at least one of --target, --max-wait, --max-abandon and --max-occupancy")
    if arguments.max_abandon is not None and arguments.patience is None:
        arguments.wrong("--max-abandon needs --patience: how many seconds callers are willing to wait on average")
    try:
        staffed = planning.staff(
            arguments.arrivals,
            output=arguments.output,
            chart=arguments.chart,
            force=arguments.force,
            interval=None if arguments.interval is None else arguments.interval * 60,
            mean_service_time=arguments.aht,
            service_level=level,
            threshold=threshold,
            max_mean_wait=arguments.max_wait,
            max_prob_abandon=arguments.max_abandon,
            max_occupancy=arguments.max_occupancy,
            mean_patience=arguments.patience,
            shrinkage=arguments.shrinkage,
            of=arguments.of,
        )
    except ArrivalsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print(f"{_counted(len(error.problems), 'problem')}. Nothing was planned.", file=sys.stderr)
        return 1
    print(staffed.table())
    for warning in staffed.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    print(f"Saved in {' and '.join(map(str, staffed.saved))}.")
    return 0


def _kpi(arguments: argparse.Namespace) -> int:
    from opsbook import reporting  # noqa: PLC0415 - as above
    from opsbook.errors import ContactLogError  # noqa: PLC0415 - as above

    bar = _Bar() if sys.stderr.isatty() else None
    try:
        made = reporting.report(
            arguments.log,
            by=arguments.by,
            measures=arguments.measures,
            staffing=arguments.staffing,
            mapping=arguments.mapping,
            output=arguments.output,
            page=arguments.page,
            force=arguments.force,
            level=arguments.level,
            target=arguments.target,
            encoding=arguments.encoding,
            dates=arguments.dates,
            decimal=arguments.decimal,
            timezone=arguments.timezone,
            progress=bar,
        )
    except ContactLogError as error:
        if bar:
            bar.clear()
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print(f"{_counted(len(error.problems), 'problem')}. Nothing was written.", file=sys.stderr)
        return 1
    finally:
        if bar:
            bar.clear()
    print(made.table())
    print(f"\nSaved in {' and '.join(map(str, made.saved))}.")
    return 0


def _edition_new(arguments: argparse.Namespace) -> int:
    from opsbook.publishing.editions import new, schema  # noqa: PLC0415 - as above

    new.new(
        arguments.file,
        title=arguments.title,
        institution=arguments.institution,
        chapters=arguments.chapter,
        start=arguments.start,
        every=arguments.every,
        weeks=arguments.weeks,
        accent=arguments.accent,
        solutions=arguments.solutions,
        root=_course(),
        force=arguments.force,
    )
    print(f"{arguments.file} is written. See what it makes: opsbook edition check {arguments.file}")
    # A file outside the project may be sent to anybody, so it does not say where the project lies.
    if "yaml-language-server" not in arguments.file.read_text(encoding="utf8").partition("\n")[0]:
        print("So that your editor knows its keys, put in front of it as its first line:")
        print(f"# yaml-language-server: $schema={schema.SCHEMA.as_posix()}")
    return 0


def _edition_check(arguments: argparse.Namespace) -> int:
    from opsbook.publishing.editions import build, plan  # noqa: PLC0415 - as above

    print(build.foreseen(plan.checked(arguments.file, _course())))
    return 0


def _edition_build(arguments: argparse.Namespace) -> int:
    from opsbook.publishing.editions import build, output  # noqa: PLC0415 - as above

    bar = _Bar() if sys.stderr.isatty() else None
    last = output.stamp(arguments.output)
    try:
        with _stopped_politely():
            built = build.build(
                arguments.file, arguments.output, root=_course(), dry_run=arguments.dry_run, progress=bar
            )
    except KeyboardInterrupt:
        if bar:
            bar.clear()
        if output.stamp(arguments.output) != last:  # it was all done by then
            raise
        as_it_was = "Nothing was written." if last is None else f"What was in {arguments.output} is as it was."
        print(f"opsbook: stopped. {as_it_was}", file=sys.stderr)
        return 130
    finally:
        if bar:
            bar.clear()
    print(built.report)
    if built.output is None:
        print("\nNothing was written: this was a dry run.")
    else:
        pages = [built.output / whose / "html" / "index.html" for whose in ("student", "instructor")]
        first = next((f" Open {page.as_uri()} in a browser." for page in pages if page.exists()), "")
        print(f"\n{built.table()}\n\nThe edition is in {built.output}.{first}")
    return 0


@contextmanager
def _stopped_politely() -> Iterator[None]:
    """Let who ends this process find no litter either: as after Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # others cannot be asked to
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _edition_leaks(arguments: argparse.Namespace) -> int:
    from opsbook.publishing.editions import leaks  # noqa: PLC0415 - as above

    found = leaks.check(arguments.folder)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print(f"{_counted(len(found), 'leak')}.", file=sys.stderr)
        return 1
    print("Nothing that is kept from students was found in what they get.")
    return 0


def _course() -> Path:
    """Return the course that editions are made from: around the current folder, else the one that opsbook runs from."""
    from opsbook.publishing import book  # noqa: PLC0415 - as above

    for folder in (Path(), *Path.cwd().parents):
        # Another book, such as the instructor's own, has contents and a configuration as well.
        files, folders = ("_toc.yml", "_config.yml"), ("chapters", "exercises/bank", "src/opsbook")
        if all((folder / name).is_file() for name in files) and all((folder / name).is_dir() for name in folders):
            return folder
    return book.project(Path(__file__).parent)


class _Bar:
    """A bar on standard error, in one line that is drawn over."""

    width = 30

    def __init__(self) -> None:
        self.drawn = ""

    def __call__(self, share: float, what: str) -> None:
        line = f"[{'#' * round(self.width * share):<{self.width}}] {100 * share:3.0f} % {what}"
        if line != self.drawn:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self.drawn = line

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self.drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.drawn = ""


def _time(text: str) -> float:
    """Read a number above 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return number


def _share(text: str) -> float:
    """Read a share: 0.85, or 85%."""
    number = _number(text[:-1]) / 100 if text.endswith("%") else _number(text)
    if not 0 < number <= 1:
        meant = f". Did you mean {text}%?" if 1 < number <= 100 else ""  # noqa: PLR2004 - per cent
        raise argparse.ArgumentTypeError(
            f"must be a share such as 0.85 or 85%, above 0 and at most 1, got {text!r}{meant}"
        )
    return number


def _loss(text: str) -> float:
    """Read a share that may be 0 but not 1."""
    if _number(text.removesuffix("%")) == 0:
        return 0.0
    number = _share(text)
    if number == 1:
        raise argparse.ArgumentTypeError(f"must be below 1, got {text!r}: somebody has to be there")
    return number


def _target(text: str) -> tuple[float, float]:
    """Read a service level: 80/20 is 80 % within 20 seconds."""
    percent, _, seconds = text.partition("/")
    level, threshold = _number(percent.removesuffix("%")), _number(seconds)
    if not (1 < level < 100 and 0 <= threshold < math.inf):  # noqa: PLR2004 - percentages end there
        raise argparse.ArgumentTypeError(
            f"must be per cent/seconds such as 80/20, more than 1 and less than 100 per cent, got {text!r}"
        )
    return level / 100, threshold


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opsbook", description="An open course on service operations: read it, work through it, teach from it."
    )
    parser.add_argument("--version", action="version", version=f"opsbook {opsbook.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    book = commands.add_parser(
        "book", help="build the HTML book into _build/html", description="Build the HTML book into _build/html."
    )
    book.add_argument("--clean", action="store_true", help="build every page, not only what changed")
    book.set_defaults(run=_book)

    lab = commands.add_parser(
        "lab",
        help="open JupyterLab on your own copy of the chapters and exercises",
        description="Open JupyterLab on your own copy of the chapters and exercises. What you did there stays.",
        epilog="Options for JupyterLab go behind two dashes: opsbook lab -- --port=8890 --no-browser",
    )
    lab.add_argument("--workspace", type=Path, help="folder of your copy (default: workspace/ in the project)")
    lab.add_argument("jupyterlab", nargs="*", metavar="OPTION", help="options for JupyterLab, after --")
    lab.set_defaults(run=_lab)

    bank = commands.add_parser("bank", help="look after question banks", description="Look after question banks.")
    actions = bank.add_subparsers(title="actions", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="list every problem in question banks, and count what they hold",
        description="List every problem in question banks on standard error: file and line, question, key, rule, what "
        "was received and what to do. Then count what can be read, by kind, objective, difficulty and pool.",
        epilog="Ends with 0 when there is no problem, with 1 otherwise.",
    )
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="bank files (default: the course's own)")
    check.set_defaults(run=_bank_check)
    _add_edition(commands)
    _add_staff(commands)
    _add_kpi(commands)
    return parser


def _add_edition(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    edition = commands.add_parser(
        "edition",
        help="make a course of your own from one file",
        description="Make a course of your own from one file: its website, notebooks, question packages for learning "
        "management systems, an nbgrader course and PDFs, for students without solutions and for you with them.",
    )
    actions = edition.add_subparsers(title="actions", required=True, metavar="ACTION")
    new = actions.add_parser(
        "new",
        help="write an edition's file that builds as it stands",
        description="Write an edition's file with a comment on every key. It builds as it stands; change it in an "
        "editor, which with a YAML extension knows the keys from the schema.",
        epilog='example: opsbook edition new mine.yml --title "Queues for clinics" --chapter service-delivery '
        f"--start 2027-02-01 --weeks 10. {_ENDS}",
    )
    new.add_argument("file", type=Path, metavar="FILE.yml", help="the file to write")
    new.add_argument("--title", required=True, help="the course's name")
    new.add_argument("--institution", default="", metavar="NAME", help="the school or company")
    new.add_argument(
        "--chapter",
        action="append",
        default=[],
        metavar="NAME",
        help="a chapter, a part by its caption or a file of your own, again for each; what it requires is added "
        "(default: the whole course)",
    )
    new.add_argument("--start", default="", metavar="DATE", help="first day of the term, as 2027-02-01: a week plan")
    new.add_argument(
        "--every", action="append", default=[], metavar="WEEKDAY", help="day of a session (default: that of --start)"
    )
    new.add_argument("--weeks", type=int, metavar="NUMBER", help="length of the term (default: 12)")
    new.add_argument("--accent", default="", metavar="COLOUR", help='colour of links and buttons, as "#1f4e79"')
    new.add_argument(
        "--solutions", default="", metavar="WHEN", help="hidden, shown, or the last day on which they are hidden"
    )
    new.add_argument("--force", action="store_true", help="replace a file that exists")
    new.set_defaults(run=_edition_new)

    check = actions.add_parser(
        "check",
        help="say what an edition would hold, and list everything that is wrong with its file",
        description="Say what an edition would hold and why: chapters, prerequisites, links rewritten, dates, outputs. "
        "Whatever is wrong with the file is listed at once.",
        epilog=_ENDS,
    )
    check.add_argument("file", type=Path, metavar="FILE.yml", help="the edition's file")
    check.set_defaults(run=_edition_check)

    build = actions.add_parser(
        "build",
        help="build an edition into a folder",
        description="Build an edition into a folder, and search what students get for everything that is kept from "
        "them. A build that fails or is stopped leaves what was there as it was.",
        epilog=f"example: opsbook edition build mine.yml --output ~/my-course. {_ENDS}",
    )
    build.add_argument("file", type=Path, metavar="FILE.yml", help="the edition's file")
    build.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="new, empty, or the output of an earlier build"
    )
    build.add_argument("--dry-run", action="store_true", help="only say what the edition would hold; write nothing")
    build.set_defaults(run=_edition_build)

    leaks = actions.add_parser(
        "leaks",
        help="search what students get for solutions, keys and notes",
        description="Search what students get of an edition for everything that is kept from them: solutions, keys, "
        "hidden tests, notes. The build lists it in instructor/secrets.json.",
        epilog="Ends with 0 when nothing was found, with 1 otherwise.",
    )
    leaks.add_argument("folder", type=Path, metavar="DIR", help="the output of `opsbook edition build`")
    leaks.set_defaults(run=_edition_leaks)


def _add_staff(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    staff = commands.add_parser(
        "staff",
        help="staff a forecast of contacts, interval by interval",
        description="Find the smallest number of agents for each interval of a forecast that keeps every target, print "
        "the plan with what it achieves, and save it as CSV. The forecast is a CSV file with the columns start (ISO "
        "time) and contacts.",
        epilog="example: opsbook staff arrivals.csv --aht 240 --target 80/20 --patience 120 --shrinkage 0.3 --chart "
        "arrivals.svg",
    )
    staff.add_argument("arrivals", type=Path, metavar="ARRIVALS.csv", help="the forecast")
    staff.add_argument("--aht", type=_time, required=True, metavar="SECONDS", help="average handling time of a contact")
    targets = staff.add_argument_group("targets", "At least one; shares are written 0.85 or 85%.")
    targets.add_argument(
        "--target", type=_target, metavar="PERCENT/SECONDS", help="service level: 80/20 is 80 %% within 20 seconds"
    )
    targets.add_argument("--max-wait", type=_time, metavar="SECONDS", help="longest mean wait of all contacts")
    targets.add_argument("--max-abandon", type=_share, metavar="SHARE", help="largest share that abandons")
    targets.add_argument("--max-occupancy", type=_share, metavar="SHARE", help="largest share of time agents are busy")
    staff.add_argument(
        "--patience",
        type=_time,
        metavar="SECONDS",
        help="how long callers are willing to wait on average (Erlang A; without it nobody abandons, Erlang C)",
    )
    staff.add_argument(
        "--shrinkage",
        type=_loss,
        default=0.0,
        metavar="SHARE",
        help="share of paid time lost to breaks, training and absence (default: 0)",
    )
    staff.add_argument(
        "--of",
        choices=("offered", "answered", "offered_less_short_abandons"),
        default="offered",
        help="whom the service level counts (default: offered, all contacts)",
    )
    staff.add_argument(
        "--interval", type=_time, metavar="MINUTES", help="length of an interval (default: told from the starts)"
    )
    staff.add_argument("--output", type=Path, metavar="FILE.csv", help="the plan (default: ARRIVALS-staffing.csv)")
    staff.add_argument("--chart", type=Path, metavar="FILE", help="also save a chart, as .svg or .png")
    staff.add_argument("--force", action="store_true", help="replace files that exist")
    staff.set_defaults(run=_staff, wrong=staff.error)


def _add_kpi(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kpi = commands.add_parser(
        "kpi",
        help="report on a contact log: every measure with its interval, as a table and as a page",
        description="Read a contact log that another system exported, print its key performance indicators with their "
        "intervals, and save them as CSV and as one page with charts that needs no connection. Everything that is "
        "missing or malformed is listed at once, and nothing is written then.",
        epilog='example: opsbook kpi contacts.csv --by day,channel --target 80/20 --measures "service_level, asa, '
        'abandonment, fcr(window=14)" --mapping names.yml',
    )
    kpi.add_argument("log", type=Path, metavar="CONTACTS.csv", help="the contact log, one row a contact")
    kpi.add_argument(
        "--by",
        default="",
        metavar="KEY,…",
        help="columns, and periods: 5min 10min 15min 20min 30min hour day week month (default: only the whole log)",
    )
    kpi.add_argument(
        "--measures",
        metavar="NAME,…",
        help='measures with options, as in "service_level(30), asa, fcr(window=14)" (default: all usual ones that '
        "the columns allow)",
    )
    kpi.add_argument(
        "--target", type=_target, metavar="PERCENT/SECONDS", help="a promise to judge by: 80/20 is 80 %% within 20 s"
    )
    kpi.add_argument(
        "--staffing", type=Path, metavar="FILE.csv", help="staffed time: agent_id, start, staffed_s, paid_s, cost"
    )
    kpi.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE.yml",
        help="names of foreign columns, a line each: their name: ours; also wait_s in minutes, abandoned when Lost",
    )
    kpi.add_argument(
        "--level", type=_share, default=0.95, metavar="SHARE", help="confidence of the intervals (default: 0.95)"
    )
    reading = kpi.add_argument_group("reading", "Only for files that have more than one meaning; you will be asked.")
    reading.add_argument("--dates", choices=("day-first", "month-first"), help="what 03/04/2024 means")
    reading.add_argument("--decimal", choices=("comma", "point"), help="what stands before decimals")
    reading.add_argument("--encoding", metavar="NAME", help="for example cp1252 (default: UTF-8, or UTF-16)")
    reading.add_argument("--timezone", metavar="ZONE", help="whose clock tells the day, for example Europe/Berlin")
    kpi.add_argument("--output", type=Path, metavar="FILE.csv", help="the figures (default: CONTACTS-kpi.csv)")
    kpi.add_argument("--page", type=Path, metavar="FILE.html", help="the page (default: CONTACTS-kpi.html)")
    kpi.add_argument("--force", action="store_true", help="replace files that exist")
    kpi.set_defaults(run=_kpi)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 done, 1 the input is at fault, 2 wrong usage, 130 stopped with Ctrl-C.
    """
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does; nothing more is to be said, not even by the closing stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("opsbook: stopped.", file=sys.stderr)
        return 130
    except EditionError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        print(f"{_counted(len(error.problems), 'problem')}. Nothing was written.", file=sys.stderr)
        return 1
    except (ValueError, LookupError, OSError, ImportError) as error:
        print(f"opsbook: {error}", file=sys.stderr)
        return 1
