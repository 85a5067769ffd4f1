"""A learner's notebook holds neither solutions nor what gives them away, and everything else as it was."""

from copy import deepcopy
from typing import Any

import pytest

from opsbook.publishing.solutions import has_solutions, reveal, reveal_page, solved, strip

Cell = dict[str, Any]

OUTPUT = {"output_type": "stream", "name": "stdout", "text": "45\n"}


def code(source: str | list[str], *, tags: tuple[str, ...] = (), grading: dict[str, Any] | None = None) -> Cell:
    metadata: dict[str, Any] = {"tags": list(tags)} if tags else {}
    if grading:
        metadata["nbgrader"] = grading
    return {
        "cell_type": "code",
        "execution_count": 3,
        "id": "a",
        "metadata": metadata,
        "outputs": [dict(OUTPUT)],
        "source": source,
    }


def text(source: str, *tags: str) -> Cell:
    return {"cell_type": "markdown", "id": "b", "metadata": {"tags": list(tags)}, "source": source}


def handed_out(*cells: Cell) -> list[Cell]:
    return strip({"cells": list(cells), "metadata": {"opsbook": {"minutes": 5}}, "nbformat": 4, "nbformat_minor": 5})[
        "cells"
    ]


def source(cell: Cell) -> str:
    return "".join(cell["source"])


def test_a_solution_becomes_a_stub_where_it_stood() -> None:
    given = code(
        "def extent(present, total):\n"
        '    """Return the share."""\n'
        "    ### BEGIN SOLUTION\n"
        "    share = present / total\n"
        "    return share\n"
        "    ### END SOLUTION\n"
        "\n"
        "extent(1, 2)"
    )
    (cell,) = handed_out(given)
    assert source(cell) == (
        'def extent(present, total):\n    """Return the share."""\n    ...  # your turn\n\nextent(1, 2)'
    )
    compile(source(cell), "cell", "exec")


def test_every_solution_of_a_cell_goes() -> None:
    part = "### BEGIN SOLUTION\n{0} = 'secret'\n### END SOLUTION"
    (cell,) = handed_out(code(f"a = ...\n{part.format('a')}\nb = ...\n{part.format('b')}\nc = 3"))
    assert (
        source(cell)
        == "a = ...\n# your turn: replace the dots above\nb = ...\n# your turn: replace the dots above\nc = 3"
    )


def test_hidden_tests_vanish() -> None:
    (cell,) = handed_out(code("check(a)\n### BEGIN HIDDEN TESTS\nassert a == 45\n### END HIDDEN TESTS\nprint('done')"))
    assert source(cell) == "check(a)\nprint('done')"


def test_hidden_tests_at_the_end_leave_nothing_behind() -> None:
    (cell,) = handed_out(code("check(a)\n### BEGIN HIDDEN TESTS\nassert a == 45\n### END HIDDEN TESTS"))
    assert source(cell) == "check(a)"


def test_lines_and_text_are_stripped_alike() -> None:
    lines = "a = ...\n### BEGIN SOLUTION\na = 45\n### END SOLUTION\na"
    (from_text,), (from_lines,) = handed_out(code(lines)), handed_out(code(lines.splitlines(keepends=True)))
    assert source(from_text) == source(from_lines) == "a = ...\n# your turn: replace the dots above\na"


@pytest.mark.parametrize("tag", ["solution", "instructor"])
def test_tagged_cells_are_left_out(tag: str) -> None:
    kept = text("Your turn.")
    assert handed_out(kept, text("The answer is 45.", tag), code("45", tags=("hide-input", tag))) == [kept]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (code("a = 1\n### BEGIN SOLUTION\na = 45\n### END SOLUTION"), "holds a solution"),
        (code("check(a)\n### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS"), "holds hidden tests"),
        (code("check(a)", grading={"grade": True, "solution": False}), "checks a solution"),
        (code("a = 45", grading={"grade": False, "solution": True}), "is a solution"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_outputs_that_give_the_answer_away_go(cell: Cell, why: str) -> None:
    (stripped,) = handed_out(cell)
    assert (stripped["outputs"], stripped["execution_count"]) == ([], None), why


def test_nothing_else_changes() -> None:
    given = {
        "cells": [
            text("# Exercises\n\n### BEGIN with the first\n"),
            code("datasets.load('solder')  # solution: none", tags=("hide-input",)),
            code("x = 1\n\ny = 2"),
            code("check", grading={"grade": False, "solution": False, "locked": True}),
            {"cell_type": "raw", "metadata": {}, "source": "BEGIN SOLUTION"},
        ],
        "metadata": {"opsbook": {"covers": ["A1"]}, "kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    stripped = strip(given)
    for cell in stripped["cells"]:
        cell["source"] = source(cell)
    assert stripped == given


@pytest.mark.parametrize(
    "cell",
    [
        code("x = ...\n### BEGIN SOLUTION\nx = 45"),
        code("x = 45\n### END SOLUTION"),
        code("### BEGIN HIDDEN TESTS\nassert x == 45"),
        text("The answer.\n\n### BEGIN SOLUTION\n45\n### END SOLUTION"),
    ],
)
def test_a_region_that_cannot_be_taken_out_stops_everything(cell: Cell) -> None:
    with pytest.raises(ValueError, match="Begin and end each region in one code cell"):
        handed_out(cell)


def test_the_wrong_answers_that_tests_try_go() -> None:
    cell = code("x = ...\n### BEGIN SOLUTION\nx = 45\n### END SOLUTION")
    cell["metadata"]["opsbook"] = {"wrong": [{"source": "x = 54", "says": "The digits are the wrong way round."}]}
    assert "54" not in str(handed_out(cell))


def test_what_was_given_is_left_alone() -> None:
    given = {"cells": [code("### BEGIN SOLUTION\n45\n### END SOLUTION"), text("45", "solution")], "metadata": {}}
    before = deepcopy(given)
    strip(given)
    assert given == before


def test_stripping_again_changes_nothing() -> None:
    once = strip(
        {"cells": [code("a\n### BEGIN SOLUTION\n45\n### END SOLUTION"), text("45", "solution")], "metadata": {}}
    )
    assert strip(once) == once


# --- What nbgrader holds for a solution, and what pages for who teaches show ----------------------------------------


@pytest.mark.parametrize("marker", ["# BEGIN SOLUTION", "### BEGIN SOLUTION", "##BEGIN SOLUTION of the first part"])
def test_a_marker_is_known_by_its_words(marker: str) -> None:
    (cell,) = handed_out(code(f"a = ...\n{marker}\na = 45\n# END SOLUTION\na"))
    assert source(cell) == "a = ...\n# your turn: replace the dots above\na"


def test_a_solution_without_markers_goes_as_a_whole() -> None:
    grading = {"grade": False, "solution": True}
    written = text("The answer is 45.")
    written["metadata"]["nbgrader"] = grading
    first, second = handed_out(code("a = 45", grading=grading), written)
    assert (source(first), source(second)) == ("# your turn", "*Your answer:*")


SCHEME = "Explain.\n=== BEGIN MARK SCHEME ===\nTwo points for 45.\n=== END MARK SCHEME ===\n"


def test_mark_schemes_vanish() -> None:
    (cell,) = handed_out(text(SCHEME))
    assert source(cell) == "Explain.\n"


@pytest.mark.parametrize("word", ["INSTRUCTOR", "MARK SCHEME"])
@pytest.mark.parametrize("marker", ["### {}", "=== {} ===", "# {} of the second part"])
def test_what_is_marked_for_who_teaches_vanishes(word: str, marker: str) -> None:
    begin, end = (marker.format(f"{each} {word}") for each in ("BEGIN", "END"))
    words, lines = handed_out(
        text(f"Explain.\n{begin}\nTwo points for 45.\n{end}\nIn two lines.\n"),
        code(f"x = 1\n{begin}\nx = 45\n{end}\nprint(x)"),
    )
    assert (source(words), source(lines)) == ("Explain.\nIn two lines.\n", "x = 1\nprint(x)")
    assert (lines["outputs"], lines["execution_count"]) == ([], None)
    with pytest.raises(ValueError, match=f"END {word}' without its counterpart"):
        handed_out(text(f"Explain.\n{end}\n"))


def test_what_is_marked_for_the_instructor_is_folded_or_left_out_later() -> None:
    part = "### BEGIN INSTRUCTOR\nAsk why.\n### END INSTRUCTOR\n"
    cells = {"cells": [text(f"Explain.\n{part}"), code(f"x = 1\n{part}x")], "metadata": {}}
    assert [source(each) for each in solved(cells)["cells"]] == ["Explain.\n", "x = 1\nx"]
    assert solved(cells)["cells"][1]["outputs"] == []
    words, lines = reveal(cells)["cells"]
    assert source(words) == "Explain.\n```{kept-back} For the instructor\nAsk why.\n```\n"
    assert source(lines) == "x = 1\n# For the instructor:\nAsk why.\nx"
    assert lines["metadata"]["tags"] == ["hide-input", "instructor"]


def given() -> dict[str, Any]:
    cells = [
        text("# Exercises"),
        code("x = ...\n### BEGIN SOLUTION\nx = 45\n### END SOLUTION\nx"),
        code("check(x)\n### BEGIN HIDDEN TESTS\nassert x == 45\n### END HIDDEN TESTS"),
        text("(deep)=\n## The answer\n\nIt is `45`.\n\n```python\n# 45\n```", "solution"),
        text("Ask *why*.", "instructor"),
        code("print(45)", tags=("instructor",)),
        text(SCHEME),
    ]
    cells[1]["metadata"]["opsbook"] = {"wrong": [{"source": "x = 54"}]}
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_afterwards_learners_read_the_solutions_and_nothing_for_who_teaches() -> None:
    assert has_solutions(given())
    cells = solved(given())["cells"]
    assert [source(each) for each in cells] == [
        "# Exercises",
        "x = ...\nx = 45\nx",
        "check(x)",
        given()["cells"][3]["source"],
        "Explain.\n",
    ]
    assert "54" not in str(cells)
    assert (cells[1]["outputs"], cells[2]["outputs"]) == ([OUTPUT], [])
    assert not has_solutions({"cells": [text("Words."), code("1")]})


def test_who_teaches_sees_everything_folded_and_named() -> None:
    cells = reveal(given())["cells"]
    assert [source(each) for each in cells] == [
        "# Exercises",
        "x = ...\n# Solution:\nx = 45\nx",
        "check(x)\n# Hidden tests:\nassert x == 45",
        "````{kept-back} Solution\n**The answer**\n\nIt is `45`.\n\n```python\n# 45\n```\n````\n",
        "```{kept-back} For the instructor\nAsk *why*.\n```\n",
        "print(45)",
        "Explain.\n```{kept-back} Mark scheme\nTwo points for 45.\n```\n",
    ]
    assert cells[1]["metadata"]["tags"] == ["hide-input", "opsbook-solution"]
    assert cells[2]["metadata"]["tags"] == ["hide-input", "opsbook-tests"]
    assert cells[5]["metadata"]["tags"] == ["instructor", "hide-cell"]
    assert "BEGIN" not in str(cells)
    with pytest.raises(ValueError, match="without its counterpart"):
        reveal({"cells": [code("### BEGIN SOLUTION\nx = 45")], "metadata": {}})


PAGE = """\
# Our hotel

Why two desks?

=== BEGIN SOLUTION ===
## Pooling

It is `45`.
=== END SOLUTION ===

<!-- BEGIN INSTRUCTOR -->
Ask *why*.
<!-- END INSTRUCTOR -->

```{code-cell}
# === BEGIN SOLUTION ===
x = 45
# === END SOLUTION ===
x
```

::::{note}
### BEGIN MARK SCHEME
Two points.
### END MARK SCHEME
::::
"""


def test_a_page_for_who_teaches_shows_what_its_regions_hold_and_no_marker() -> None:
    assert (
        reveal_page(PAGE)
        == """\
# Our hotel

Why two desks?

```{kept-back} Solution
**Pooling**

It is `45`.
```

```{kept-back} For the instructor
Ask *why*.
```

```{code-cell}
# Solution:
x = 45
x
```

::::{note}
**Mark scheme.**

Two points.

::::
"""
    )
    assert reveal_page("No region.\n") == "No region.\n"
    with pytest.raises(ValueError, match="it holds '=== BEGIN SOLUTION' without its counterpart"):
        reveal_page("=== BEGIN SOLUTION ===\n45\n")
