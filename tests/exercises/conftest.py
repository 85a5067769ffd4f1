import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsbook.exercises import banks

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

NUMERIC = """
  - id: share
    kind: numeric
    objective: sample/2
    section: sec-two
    difficulty: 2
    points: 1
    pool: [check, exam]
    prompt: "Present for [[present]] of [[total]] minutes. What share is that?"
    given:
      present: {choices: [10, 11, 12, 13, 14]}
      total: {from: 40, to: 44, step: 2}
    answer: contact.extent(present, total)
    tolerance: {absolute: 0.005}
    unit: proportion
    mistakes:
      - {id: upside-down, value: total / present, feedback: "A share of [[total]] minutes is below 1."}
      - {id: rest, value: 1 - present / total, feedback: This is the rest.}
    hints: [A share., "[[present]] comes first."]
    solution: "[[present]] ÷ [[total]] = [[answer:.3f]]."
"""


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
    """Ask from one sound bank with a question of each kind."""
    return write_bank(CHOICE + NUMERIC)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use an installed Chromium where there is one."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        return browser_type_launch_args
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return browser_type_launch_args | {"executable_path": found, "args": arguments}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, whose form this pytest deprecates; no test here has a base address."""
