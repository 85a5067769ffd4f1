import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsbook.exercises import banks
from opsbook.publishing.chromium import SWITCHES

from .questions import CHOICES, NUMERIC, REFLECT

CHOICE = """
  - id: which
    kind: choice
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1
    pool: [check]
    prompt: |
      Somebody waits.

      Which *one* is it?
    options:
      - {id: a, text: The first, correct: false, feedback: Not the first <b>because</b>.}
      - {id: b, text: The second, correct: true, feedback: "Yes: $x < 1$."}
      - {id: c, text: The third, correct: false, feedback: Not the third.}
    hints: [Think., Think harder.]
    solution: It is the second.
"""

ORDER = """
  - id: steps
    kind: order
    objective: sample/2
    section: sec-two
    difficulty: 2
    points: 2
    pool: [exercise, exam]
    prompt: Put the steps of a visit in order.
    items:
      - {id: arrive, text: She arrives, feedback: Nothing runs before somebody comes.}
      - {id: wait, text: She waits, feedback: The line stands between door and clerk.}
      - {id: talk, text: She *talks*, feedback: Talking needs a clerk who is free.}
      - {id: sign, text: She signs, feedback: "Signing needs papers: $x > 0$."}
      - {id: leave, text: She leaves, feedback: Nothing of the visit comes after this.}
    mistakes:
      - {id: sign-first, order: [sign, talk, wait], feedback: Papers do not come first.}
      - {id: gone, order: [leave, arrive], feedback: She is gone before she came.}
    solution: Arrive, wait, talk, sign, leave.
"""

MATCH = """
  - id: offices
    kind: match
    objective: sample/2
    section: sec-two
    difficulty: 1
    points: 2
    pool: [exercise, exam]
    prompt: Which task belongs where?
    groups:
      - id: front
        text: Front office
        items:
          - {id: greet, text: Greet, feedback: "Whom would you greet there?"}
          - {id: advise, text: Advise, feedback: Advice has somebody who asks.}
      - id: back
        text: Back office
        items:
          - {id: file, text: "File *papers*", feedback: Papers need nobody to look on.}
          - {id: bill, text: Write the bill, feedback: "A bill can wait: $t < 1$."}
"""

CODE = """
  - id: compute
    kind: code
    objective: sample/2
    section: sec-two
    difficulty: 2
    points: 2
    pool: [exercise]
    prompt: Write `share(present, total)`.
    tests:
      - code: |
          check(
              share,
              cases=[((12, 40), contact.extent(12, 40)), ((5, 5), 1)],
              mistakes=[(lambda present, total: total / present, "Upside down.")],
              right="Chase would agree.",
          )
        message: Not shown, since the check speaks for itself.
      - {code: "assert share(3, 4) == 0.75", message: Three of four is 0.75.}
      - {code: "share(0, 9) == 0", message: "Nobody there, no contact.", hidden: true}
    solution: |
      ```python
      def share(present, total):
          return present / total
      ```
"""

_VERBS = {1: "Describe", 2: "Measure"}


@pytest.fixture
def write_bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a bank file, which is then the only one that opsbook has."""
    folder = tmp_path / "bank"
    folder.mkdir()
    monkeypatch.setattr(banks, "_folder", lambda: folder)

    def write(text: str, name: str = "sample") -> Path:
        path = folder / f"{name}.yml"
        path.write_text("questions:" + text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def sample(write_bank: Callable[..., Path]) -> Path:
    """Ask from one sound bank with a choice and a number."""
    return write_bank(CHOICE + NUMERIC)


@pytest.fixture
def full_sample(write_bank: Callable[..., Path]) -> Path:
    """Ask from one sound bank with a question of each kind."""
    return write_bank(CHOICE + NUMERIC + CHOICES + ORDER + MATCH + REFLECT + CODE)


EXAM = """
  - id: which
    kind: choice
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1.5
    pool: [exam]
    prompt: Which of these does the customer take part in?
    options:
      - {id: desk, text: The talk at the desk, correct: true, rationale: "She speaks, so $x > 0$."}
      - {id: file, text: The filing, correct: false, feedback: "Who is there?", rationale: "Nobody </script> looks on."}
      - {id: post, text: The post, correct: false, feedback: "Who carries it?", rationale: The postman does.}
    solution: She takes part in the talk.
"""


@pytest.fixture
def exam_banks(write_bank: Callable[..., Path]) -> Path:
    """Ask from three banks: one with every kind at every difficulty, one with few exam questions, one with none."""

    def named(chapter: str, text: str, difficulty: int) -> str:
        text = re.sub(r"id: ([a-z]+)\n", rf"id: \g<1>-{difficulty}\n", text, count=1)
        text = re.sub(r"objective: sample/", f"objective: {chapter}/", text)
        return re.sub(r"difficulty: [1-3]", f"difficulty: {difficulty}", text)

    def objectives(chapter: str) -> str:
        lines = (f"  - {{id: {chapter}/{number}, text: {verb} the {chapter}}}\n" for number, verb in _VERBS.items())
        return "objectives:\n" + "".join(lines)

    kinds = (EXAM, NUMERIC, CHOICES, ORDER, MATCH)
    flow = "".join(named("flow", kind, difficulty) for difficulty in (1, 2, 3) for kind in kinds)
    write_bank(flow + objectives("flow"), "flow")
    write_bank(named("queues", EXAM, 1) + named("queues", NUMERIC, 3) + objectives("queues"), "queues")
    return write_bank(named("staff", CHOICE, 1) + named("staff", CODE, 3) + objectives("staff"), "staff").parent


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use an installed Chromium where there is one."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        return browser_type_launch_args
    return browser_type_launch_args | {"executable_path": found, "args": list(SWITCHES)}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, whose form this pytest deprecates; no test here has a base address."""
