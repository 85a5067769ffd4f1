"""Questions answered by code: what the learner's cells defined is put to the author's tests."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from types import CodeType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

import opsbook
from opsbook.exercises.checks import STUB, check, stopped
from opsbook.exercises.question import Entry, Mark, Problem, Question, Strict, Text, refusal

__all__ = ["CodeEntry", "CodeQuestion", "CodeTest", "CodeTestEntry"]

_FILE = "<test>"


class _Program(NamedTuple):
    """A test in parts: the statements, the expression at its end if there is one, and every name that it uses."""

    body: CodeType
    last: CodeType | None
    names: frozenset[str]


def _program(code: str) -> _Program:
    tree = ast.parse(code, _FILE)
    names = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body[-1].value), _FILE, "eval")
        tree.body.pop()
    return _Program(compile(tree, _FILE, "exec"), last, names)


def _tools(names: frozenset[str]) -> dict[str, Any]:
    modules = {name: import_module(f"opsbook.{name}") for name in opsbook.__all__ if name in names}
    return {"check": check, "opsbook": opsbook, **modules}


def _raised_here(error: BaseException) -> bool:
    """Return whether a test's own line raised `error`, and not something that it called."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename == _FILE


def _holds(value: object) -> bool:
    """Return whether what a test ends with lets it pass; a comparison that has no one truth value does not."""
    try:
        return bool(value) or not isinstance(value, bool | np.bool_ | np.ndarray)
    except Exception:  # noqa: BLE001 - an array, a table or a learner's class may refuse to say
        return False


@dataclass(frozen=True, kw_only=True)
class CodeTest:
    """One test; `message`, in Markdown, is for code that fails it. The code of a `hidden` one is never shown."""

    code: str
    message: str
    hidden: bool

    def run(self, namespace: Mapping[str, Any]) -> Mark:
        """Return a mark of 1 or 0 for what `namespace` holds."""
        program = _program(self.code)
        if any(namespace.get(name) is ... for name in program.names):
            return Mark(mark=0, message=STUB, attempted=False)
        space = {**namespace, **_tools(program.names)}
        try:
            # What the learner's functions print would come once for every call of every test.
            with redirect_stdout(StringIO()):
                # The tests come with the bank, which is trusted as the notebooks are, and the learner's code is theirs.
                exec(program.body, space)  # noqa: S102 - see above
                value = eval(program.last, space) if program.last else None  # noqa: S307 - see above
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a learner's code may raise anything
            return self._failed(error)
        if isinstance(value, Mark):
            return value
        return Mark(mark=1, message="") if _holds(value) else Mark(mark=0, message=self.message)

    def _failed(self, error: BaseException) -> Mark:
        here = _raised_here(error)
        if here and isinstance(error, NameError):
            name = f"`{error.name}` is not defined yet: run the cell above first."
            return Mark(mark=0, message=name, attempted=False)
        if here and isinstance(error, AssertionError):
            return Mark(mark=0, message=f"{self.message} {error}".strip())
        return Mark(mark=0, message=f"{self.message} Your code stops with {stopped(error)}")


@dataclass(frozen=True, kw_only=True, repr=False)
class CodeQuestion(Question):
    """A question answered in a notebook by code that passes all `tests`."""

    kind: ClassVar[str] = "code"

    tests: tuple[CodeTest, ...]

    def messages(self) -> dict[str, str]:
        """Return the fixed messages by name, in Markdown."""
        return {"blank": "Run the cell with your code first.", "right": "Every test passes."}

    def mark(self, response: Mapping[str, Any] | None) -> Mark:
        """Mark `response`, the namespace of the learner's code such as ``globals()``, by the share of tests it passes.

        Each test runs in a copy of the namespace, with ``check`` and the modules of opsbook. It fails when it raises,
        or when it ends with an expression that is False, an array that is not one True, or a `Mark` not correct.
        """
        if response is None:
            return self._blank()
        if not isinstance(response, Mapping):
            raise refusal(response, "the namespace of the learner's code", "Use globals().")
        marks = [test.run(response) for test in self.tests]
        number, failure = next(((n, mark) for n, mark in enumerate(marks, 1) if not mark.correct), (0, None))
        if failure is None:
            said = [mark.message for mark in marks if mark.message]
            return Mark(mark=1, message="\n\n".join(said) or self._says("right"))
        if not failure.attempted:
            return failure
        passed = sum(mark.correct for mark in marks)
        return Mark(mark=passed / len(marks), message=failure.message, mistake=f"test-{number}")


class CodeTestEntry(Strict):
    """A test as its author wrote it."""

    code: Text
    message: Text
    hidden: bool = False


class CodeEntry(Entry):
    """A question answered by code as its author wrote it."""

    kind: Literal["code"]
    tests: Annotated[list[CodeTestEntry], Field(min_length=1)]
    solution: Text

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text, with its key path."""
        yield from super().texts()
        for index, test in enumerate(self.tests):
            yield ("tests", index, "message"), test.message

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - nothing is drawn
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        for index, test in enumerate(self.tests):
            try:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    _program(test.code)
            except SyntaxError as error:
                line = f" in its line {error.lineno}" if error.lineno else ""
                yield ("tests", index, "code"), f"must be Python that compiles, got: {error.msg}{line}. Mend it."
            except (ValueError, RecursionError, MemoryError):
                yield ("tests", index, "code"), "must be Python that compiles, got what cannot be read. Mend it."
            else:
                # Such as `is` beside a number: it compiles, and hardly means what its author meant.
                for words, number in dict.fromkeys((str(each.message), each.lineno) for each in caught):
                    stop = "" if words.endswith(("?", ".")) else "."
                    yield ("tests", index, "code"), f"looks wrong: in its line {number}, {words}{stop} Mend it."

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> CodeQuestion:
        """Return the question, the same for every seed."""
        return CodeQuestion(
            **self.common(question_id, seed, {}, fixed=fixed),
            solution=self.shown_solution,
            tests=tuple(CodeTest(code=test.code, message=test.message, hidden=test.hidden) for test in self.tests),
        )
