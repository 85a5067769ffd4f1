"""``python -m opsbook.publishing.editions.lms STAGE OUT``: write the packages of the stage this process belongs to."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from opsbook.errors import BankError
from opsbook.publishing.editions.lms.packages import write_packages


def _points(path: Path) -> dict[str, float]:
    """Read points by question id.

    Raises
    ------
    ValueError
        The file is no JSON object of numbers above zero.
    """
    held: Any = json.loads(path.read_text(encoding="utf8"))
    if not isinstance(held, dict) or not all(
        isinstance(each, int | float) and not isinstance(each, bool) and each > 0 for each in held.values()
    ):
        raise ValueError(f"`--points` must be a JSON object of numbers above zero by question id, got {path.name}.")
    return {question_id: float(each) for question_id, each in held.items()}


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, write, and return the exit code: 0, or 1 after a message of what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m opsbook.publishing.editions.lms", description=__doc__)
    parser.add_argument("stage", type=Path, help="the instructor stage")
    parser.add_argument("output", type=Path, help="the folder to write into")
    parser.add_argument("--seeds", type=int, default=5, help="sets of numbers of each question (default: 5)")
    parser.add_argument("--seed", type=int, help="the class seed (default: the stage's own)")
    parser.add_argument("--exam-questions", type=int, help="questions of the exam (default: 80, or all there are)")
    parser.add_argument("--exam-seed", type=int, default=1, help="the exam's number (default: 1)")
    parser.add_argument("--points", type=Path, help="a JSON file of points by question id: what counts")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        # The whole library draws by it, the exam as well.
        os.environ["OPSBOOK_SEED"] = str(given.seed)
    try:
        course = write_packages(
            given.stage,
            given.output,
            seeds=given.seeds,
            exam_questions=given.exam_questions,
            exam_seed=given.exam_seed,
            points=_points(given.points) if given.points else None,
        )
    except (ValueError, BankError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if course.exam is None and given.exam_questions != 0:
        sys.stdout.write("lms holds no exam: no bank of the edition has a question in the pool `exam`.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
