"""What is measured: a piece of work with its results, each a time of ours beside a peer's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Result", "Work"]


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Attributes
    ----------
    work : str
        What was done.
    ours : float
        Seconds that we took.
    peer : str
        Who did the same beside us; empty where the goal is a time of our own.
    theirs : float
        Seconds that the peer took, or the seconds allowed where there is none.
    goal : float
        What ``theirs / ours`` should be at least.
    note : str
        Whether both gave the same answer, and what else a reader should know.
    """

    work: str
    ours: float
    peer: str
    theirs: float
    goal: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times faster we are."""
        return self.theirs / self.ours

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio >= self.goal


@dataclass(frozen=True)
class Work:
    """A name for the progress line, and what yields the results."""

    name: str
    run: Callable[[], Iterator[Result]]
