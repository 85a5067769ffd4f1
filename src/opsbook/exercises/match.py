"""Questions answered by putting each item into the group where it belongs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from opsbook.exercises.question import (
    INCOMPLETE,
    Entry,
    ItemEntry,
    Mark,
    Problem,
    Question,
    Slug,
    Strict,
    Text,
    counted,
    differing,
    refusal,
)
from opsbook.exercises.shuffling import shuffled

__all__ = ["Group", "GroupEntry", "MatchEntry", "MatchItem", "MatchQuestion"]

_FEWEST = 3


@dataclass(frozen=True, kw_only=True)
class Group:
    """Where items may be put; `text` is Markdown."""

    id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class MatchItem:
    """An item that belongs in `group`; `text` and `feedback`, which begins with the text in bold, are Markdown."""

    id: str
    text: str
    group: str
    feedback: str


@dataclass(frozen=True, kw_only=True, repr=False)
class MatchQuestion(Question):
    """A question whose `items`, shown in the order that the seed gives, belong in one of the `groups` each."""

    kind: ClassVar[str] = "match"

    groups: tuple[Group, ...]
    items: tuple[MatchItem, ...]

    def messages(self) -> dict[str, str | list[str]]:
        """Return the fixed messages by name, in Markdown; ``unplaced`` and ``misplaced`` by how many items are so."""
        most = len(self.items)
        return {
            "blank": "Choose a group for each item first.",
            "right": "That is right.",
            "unplaced": counted(most, "One item has no group yet.", "{} items have no group yet."),
            "misplaced": counted(
                most,
                "One item is in the wrong group.",
                "{} items are in the wrong group. This is one of them:",
            ),
        }

    def mark(self, response: Mapping[str, str] | None) -> Mark:
        """Mark `response`, group ids by item id; what is unknown is ignored, and nothing placed is not an attempt.

        The mark is the share of items that are in their group.
        """
        if response is not None and not (
            isinstance(response, Mapping) and all(isinstance(each, str) for pair in response.items() for each in pair)
        ):
            raise refusal(response, "a mapping of item ids to group ids", "Give the group of each item that is placed.")
        groups = {group.id for group in self.groups}
        placed = {item: group for item, group in (response or {}).items() if group in groups}
        unplaced = [item for item in self.items if item.id not in placed]
        misplaced = [item for item in self.items if placed.get(item.id, item.group) != item.group]
        if len(unplaced) == len(self.items):
            return self._blank()
        if not unplaced and not misplaced:
            return Mark(mark=1, message=self.solution or self._says("right"))
        parts = []
        if unplaced:
            parts.append(self._says("unplaced", len(unplaced)))
        if misplaced:
            parts += [self._says("misplaced", len(misplaced)), misplaced[0].feedback]
        return Mark(
            mark=(len(self.items) - len(unplaced) - len(misplaced)) / len(self.items),
            message="\n\n".join(parts),
            mistake=misplaced[0].id if misplaced else INCOMPLETE,
        )


class GroupEntry(Strict):
    """A group and the items that belong in it, as its author wrote it."""

    id: Slug
    text: Text
    items: Annotated[list[ItemEntry], Field(min_length=1)]


class MatchEntry(Entry):
    """A question of groups as its author wrote it."""

    kind: Literal["match"]
    groups: Annotated[list[GroupEntry], Field(min_length=2)]

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text, with its key path."""
        yield from super().texts()
        for index, group in enumerate(self.groups):
            yield ("groups", index, "text"), group.text
            for place, item in enumerate(group.items):
                yield ("groups", index, "items", place, "text"), item.text
                yield ("groups", index, "items", place, "feedback"), item.feedback

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - nothing is drawn
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        items = [item.id for group in self.groups for item in group.items]
        yield from differing(("groups",), "group", (group.id for group in self.groups))
        yield from differing(("groups",), "item", items, [INCOMPLETE])
        if len(items) < _FEWEST:
            yield ("groups",), f"must hold at least {_FEWEST} items in all, got {len(items)}. Add what is missing."

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> MatchQuestion:
        """Return the question with its items in the order that `seed` gives; the groups stay as they are."""
        by_id = {
            item.id: MatchItem(
                id=item.id,
                text=item.text,
                group=group.id,
                feedback=f"**{item.text.strip()}:** {item.feedback}",
            )
            for group in self.groups
            for item in group.items
        }
        return MatchQuestion(
            **self.common(question_id, seed, {}, fixed=fixed),
            solution=self.shown_solution,
            groups=tuple(Group(id=group.id, text=group.text) for group in self.groups),
            items=tuple(by_id[each] for each in shuffled(by_id, f"{question_id}|{seed}")),
        )
