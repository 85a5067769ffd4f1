"""``python -m opsbook.publishing.editions.lms STAGE OUT``: write the packages of the stage this process belongs to."""

import argparse
import sys
from pathlib import Path

from opsbook.errors import BankError
from opsbook.publishing.editions.lms.packages import write_packages
from opsbook.publishing.editions.lms.pools import read_course


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, write, and return the exit code: 0, or 1 after a message of what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m opsbook.publishing.editions.lms", description=__doc__)
    parser.add_argument("stage", type=Path, help="the instructor stage")
    parser.add_argument("output", type=Path, help="the folder to write into")
    parser.add_argument("--questions", type=int, help="how many questions the exam has (default: 80, or all there are)")
    parser.add_argument("--seed", type=int, default=1, help="the exam's number (default: 1)")
    given = parser.parse_args(arguments)
    try:
        course = read_course(given.stage, exam_questions=given.questions, exam_seed=given.seed)
        write_packages(course, given.output)
    except (ValueError, BankError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if course.exam is None:
        sys.stdout.write("lms holds no exam: no bank of the edition has a question in the pool `exam`.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
