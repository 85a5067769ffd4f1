"""The command line: it parses, and calls one function for each command."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import opsbook

__all__ = ["main"]


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
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 done, 1 the input is at fault, 2 wrong usage.
    """
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does; nothing more is to be said, not even by the closing stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, LookupError, OSError, ImportError) as error:
        print(f"opsbook: {error}", file=sys.stderr)
        return 1
