"""Questions answered by putting steps in their order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, takewhile
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from opsbook.exercises.forms import enumerated, meant
from opsbook.exercises.question import (
    Entry,
    ItemEntry,
    Mark,
    Problem,
    Question,
    Slug,
    Strict,
    Text,
    differing,
    listed,
)
from opsbook.exercises.shuffling import disordered

__all__ = ["Item", "OrderEntry", "OrderMistake", "OrderMistakeEntry", "OrderQuestion"]

_REVERSED = "reversed"


def _holds(order: Sequence[str], ids: Sequence[str]) -> bool:
    """Return whether `ids` has everything in `order` in this order, with or without other ids between."""
    rest = iter(ids)
    return all(each in rest for each in order)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One step; `text` and `feedback`, which is for having it in another place, are Markdown."""

    id: str
    text: str
    feedback: str


@dataclass(frozen=True, kw_only=True)
class OrderMistake:
    """A wrong idea that is recognised by the steps in `order` standing in this order."""

    id: str
    order: tuple[str, ...]
    feedback: str


@dataclass(frozen=True, kw_only=True, repr=False)
class OrderQuestion(Question):
    """A question whose `items`, shown in the order that the seed gives, belong in the order of `key`."""

    kind: ClassVar[str] = "order"

    items: tuple[Item, ...]
    key: tuple[str, ...]
    mistakes: tuple[OrderMistake, ...]

    def messages(self) -> dict[str, str | list[str]]:
        """Return the fixed messages by name, in Markdown; ``leading`` by how many steps at the start are right."""
        return {
            "blank": "Put the steps in order first.",
            "right": "That is right.",
            "reversed": "This is the right order backwards. Ask of each step what must be there before it can begin.",
            "single": "Only one step is out of place.",
            "leading": [
                "The first step is not right yet.",
                "The first step is right; the second is not.",
                *(f"The first {count} steps are right; the next one is not." for count in range(2, len(self.key))),
            ],
        }

    def mark(self, response: Sequence[str] | None) -> Mark:
        """Mark `response`, the ids of all items in the learner's order; anything else is not an attempt.

        The mark is Kendall's rank correlation with the right order: the share of pairs that stand the right way round
        less the share that do not. It is never below zero.
        """
        given = listed(response, "item")
        if sorted(given) != sorted(self.key):
            return self._blank()
        if given == self.key:
            return Mark(mark=1, message=self.solution or self._says("right"))
        places = [self.key.index(each) for each in given]
        discordant = sum(first > second for first, second in combinations(places, 2))
        mistake, message = self._diagnosis(given)
        mark = max(0, 1 - 4 * discordant / (len(places) * (len(places) - 1)))
        return Mark(mark=mark, message=message, mistake=mistake)

    def _diagnosis(self, given: tuple[str, ...]) -> tuple[str | None, str]:
        for mistake in self.mistakes:
            if _holds(mistake.order, given):
                return mistake.id, mistake.feedback
        if given == self.key[::-1]:
            return _REVERSED, self._says("reversed")
        feedback = {item.id: item.feedback for item in self.items}
        for each in given:
            if [other for other in given if other != each] == [other for other in self.key if other != each]:
                return each, f"{self._says('single')}\n\n{feedback[each]}"
        pairs = zip(given, self.key, strict=True)
        return None, self._says("leading", len(list(takewhile(lambda pair: pair[0] == pair[1], pairs))))


class OrderMistakeEntry(Strict):
    """A catalogued wrong order as its author wrote it."""

    id: Slug
    order: Annotated[list[str], Field(min_length=2)]
    feedback: Text


class OrderEntry(Entry):
    """A question of order as its author wrote it: the items in the right one."""

    kind: Literal["order"]
    items: Annotated[list[ItemEntry], Field(min_length=3)]
    mistakes: list[OrderMistakeEntry] = Field(default=[])

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text, with its key path."""
        yield from super().texts()
        for index, item in enumerate(self.items):
            yield ("items", index, "text"), item.text
            yield ("items", index, "feedback"), item.feedback
        for index, mistake in enumerate(self.mistakes):
            yield ("mistakes", index, "feedback"), mistake.feedback

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - nothing is drawn
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        key = [item.id for item in self.items]
        yield from differing(("items",), "item", key, [_REVERSED])
        yield from differing(("mistakes",), "mistake", (mistake.id for mistake in self.mistakes), [_REVERSED, *key])
        for index, mistake in enumerate(self.mistakes):
            for rule in self._faults(mistake.order, self.mistakes[:index]):
                yield ("mistakes", index, "order"), rule

    def _faults(self, order: Sequence[str], earlier: Iterable[OrderMistakeEntry]) -> Iterator[str]:
        key = [item.id for item in self.items]
        known = f"Known here: {enumerated(key)}."
        unknown = [each for each in order if each not in key]
        for each in unknown:
            yield f"`{each}` is not the id of an item. {meant(each, key, known)}"
        if len(set(order)) < len(order):
            yield f"must name each item once, got {', '.join(order)}. Remove what stands twice."
        elif not unknown and _holds(order, key):
            yield f"must be wrong, got {', '.join(order)}, which holds in the right order. Change it."
        for other in earlier:
            if _holds(other.order, order):
                yield f"is never recognised, because `{other.id}` above fits wherever it does. Put this one first."

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> OrderQuestion:
        """Return the question with its items in the order that `seed` gives, which is never the right one."""
        by_id = {item.id: item for item in self.items}
        return OrderQuestion(
            **self.common(question_id, seed, {}, fixed=fixed),
            solution=self.shown_solution,
            items=tuple(
                Item(id=each, text=by_id[each].text, feedback=by_id[each].feedback)
                for each in disordered(by_id, f"{question_id}|{seed}")
            ),
            key=tuple(by_id),
            mistakes=tuple(
                OrderMistake(id=mistake.id, order=tuple(mistake.order), feedback=mistake.feedback)
                for mistake in self.mistakes
            ),
        )
