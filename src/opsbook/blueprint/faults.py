"""What can be wrong with a blueprint: every fault with its place, so that one message can list them all."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from opsbook.blueprint.parts import ALLOWED, LANES, Link, Step, Way

__all__ = ["Fault", "Place", "faults", "order"]

Place = tuple[str | int, ...]
Fault = tuple[Place, str]

_MOST_STEPS = 200
_SUM = 1e-9
_TEXTS = ("id", "name", "lane", "resource", "contact", "evidence", "fail_point", "poka_yoke")


def faults(
    *,
    name: Any,
    steps: Sequence[Step],
    links: Sequence[Link],
    resources: Mapping[str, Any],
    start: Any,
    source: Any,
) -> list[Fault]:
    """Return every fault; what can only be judged once the parts are sound is left for the next look."""
    found = [
        *_wordings(name, start, source),
        *_resources(resources),
        *(fault for index, step in enumerate(steps) for fault in _step(("steps", index), step, resources)),
        *_doubles(steps),
    ]
    if not steps:
        return [
            *found,
            (("steps",), "a blueprint needs at least one step, got none. Add what the customer does first."),
        ]
    if len(steps) > _MOST_STEPS:
        return [*found, (("steps",), f"a blueprint has at most {_MOST_STEPS} steps, got {len(steps)}. Split it.")]
    ids = {step.id: step for step in steps if isinstance(step.id, str)}
    if isinstance(start, str) and start and start not in ids:
        found.append((("start",), f"there is no step {start!r} to start with. {_near(start, ids)}"))
    found += [fault for index, link in enumerate(links) for fault in _link(("links", index), link, ids)]
    if any(place[0] in {"links", "start"} for place, _ in found) or len(ids) < len(steps):
        return found
    return found + (_choices(links, ids) or _shape(steps, links, start or steps[0].id))


def order(steps: Sequence[Step], links: Sequence[Link]) -> list[str]:
    """Return the ids so that every link leads onward; steps of a cycle, and all that follow it, are left out."""
    after: dict[str, list[str]] = {step.id: [] for step in steps}
    open_links = Counter(link.target for link in links)
    for link in links:
        after[link.source].append(link.target)
    ready = [step.id for step in steps if not open_links[step.id]]
    done = []
    for current in ready:
        done.append(current)
        for target in after[current]:
            open_links[target] -= 1
            if not open_links[target]:
                ready.append(target)
    return done


def _near(word: object, known: Mapping[str, object] | Sequence[str]) -> str:
    near = get_close_matches(str(word), list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(map(str, known)) or 'none'}."


def _wordings(name: Any, start: Any, source: Any) -> Iterator[Fault]:
    if not isinstance(name, str) or not name.strip():
        yield ("name",), f"`name` must say which service this is, got {name!r}. Give a few words."
    for key, value in (("start", start), ("source", source)):
        if not isinstance(value, str):
            yield (key,), f"`{key}` must be text, got {value!r}. Put it in quotes, or leave it out."


def _resources(resources: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in resources.items():
        if not isinstance(key, str) or not key.strip():
            yield ("resources", key), f"a resource needs a name in words, got {key!r}. Say who it is."
        elif not _is_number(value) or value <= 0:
            yield (
                ("resources", key),
                f"of the resource {key!r} there must be a number above zero, got {value!r}. Say how many there are.",
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _called(step: Step, place: Place) -> str:
    return f"step {step.id!r}" if isinstance(step.id, str) and step.id else f"step {int(place[1]) + 1}"


def _step(place: Place, step: Step, resources: Mapping[str, Any]) -> Iterator[Fault]:
    who = _called(step, place)
    for key in _TEXTS:
        value = getattr(step, key)
        if not isinstance(value, str):
            yield (*place, key), f"{who}: `{key}` must be text, got {value!r}. Put it in quotes."
    if isinstance(step.id, str) and not re.fullmatch(r"[\w-]+", step.id):
        yield (*place, "id"), f"{who}: `id` must be one word, got {step.id!r}. Use letters, digits, - and _."
    if isinstance(step.name, str) and not step.name.strip():
        yield (*place, "name"), f"{who}: `name` must say what is done. Give a few words."
    if isinstance(step.lane, str):
        yield from _lane((*place, "lane"), who, step.lane)
    yield from _times(place, who, step.mean, step.spread)
    yield from _rework(place, who, step.rework)
    yield from _staffed(place, who, step, resources)
    if isinstance(step.poka_yoke, str) and step.poka_yoke.strip() and not step.fail_point:
        yield (
            (*place, "poka_yoke"),
            f"{who}: a poka-yoke guards against something. Name the `fail_point`.",
        )
    yield from _ways(place, who, step, resources)
    yield from _open_to((*place, "lanes"), who, step)


def _rework(place: Place, who: str, rework: Any) -> Iterator[Fault]:
    if not _is_number(rework) or not 0 <= rework < 1:
        yield (
            (*place, "rework"),
            (
                f"{who}: `rework` must be a probability from 0 to below 1, got {rework!r}. "
                "At 1 the step would never be done."
            ),
        )


def _ways(place: Place, who: str, step: Step, resources: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(step.elsewhere, tuple) or not all(
        isinstance(way, Way) and isinstance(way.lane, str) for way in step.elsewhere
    ):
        yield (*place, "elsewhere"), f"{who}: `elsewhere` must hold `Way`s, got {step.elsewhere!r}. Make them so."
        return
    for way in step.elsewhere:
        yield from _way((*place, "elsewhere", way.lane), who, step, way, resources)
    for lane, count in Counter(way.lane for way in step.elsewhere).items():
        if count > 1:
            yield (*place, "elsewhere"), f"{who}: `elsewhere` names the lane {lane!r} {count} times. Keep one."


def _open_to(place: Place, who: str, step: Step) -> Iterator[Fault]:
    if not isinstance(step.lanes, tuple) or not all(isinstance(lane, str) for lane in step.lanes):
        yield place, f"{who}: `lanes` must be a list of lanes, got {step.lanes!r}. Write `[frontstage, backstage]`."
        return
    for lane in step.lanes:
        yield from _lane(place, f"{who}, lanes", lane)
    if not step.lanes:
        return
    if step.lane not in step.lanes:
        yield place, f"{who}: `lanes` leaves out the lane {step.lane!r} in which the step is. Add it."
    for way in step.elsewhere if isinstance(step.elsewhere, tuple) else ():
        if isinstance(way, Way) and way.lane not in step.lanes:
            yield (
                place,
                (
                    f"{who}: `elsewhere` says how it is done in the lane {way.lane!r}, which `lanes` leaves out. "
                    "Add it here, or drop it there."
                ),
            )


def _lane(place: Place, who: str, lane: str) -> Iterator[Fault]:
    if lane == LANES[0]:
        yield (
            place,
            (
                f"{who}: physical evidence is what the customer sees at a step, not work. "
                "Give it as the `evidence` of that step."
            ),
        )
    elif lane not in ALLOWED:
        yield place, f"{who}: there is no lane {lane!r}. {_near(lane, LANES[1:])}"


def _times(place: Place, who: str, mean: Any, spread: Any) -> Iterator[Fault]:
    for key, value in (("mean", mean), ("spread", spread)):
        if not _is_number(value) or value < 0:
            yield (*place, key), f"{who}: `{key}` must be minutes, at least 0, got {value!r}. Give a number."
    if _is_number(mean) and _is_number(spread) and mean == 0 < spread:
        yield (*place, "spread"), f"{who}: a step that takes no time cannot vary, got a `spread` of {spread:g}. Set 0."


def _staffed(place: Place, who: str, step: Step | Way, resources: Mapping[str, Any]) -> Iterator[Fault]:
    if isinstance(step.resource, str) and step.resource and step.resource not in resources:
        yield (
            (*place, "resource"),
            f"{who}: there is no resource {step.resource!r}. {_near(step.resource, resources)}",
        )
    allowed = ALLOWED.get(step.lane) if isinstance(step.lane, str) else None
    if allowed and isinstance(step.contact, str) and step.contact and step.contact not in allowed:
        yield (
            (*place, "contact"),
            (
                f"{who}: `contact` in the lane {step.lane!r} must be one of {', '.join(map(repr, allowed))}, "
                f"got {step.contact!r}. {_near(step.contact, allowed)}"
            ),
        )


def _way(place: Place, who: str, step: Step, way: Way, resources: Mapping[str, Any]) -> Iterator[Fault]:
    who = f"{who}, elsewhere"
    yield from _lane(place, who, way.lane)
    if way.lane == step.lane:
        yield place, f"{who}: {way.lane!r} is the step's own lane. Say there how it is done, or name another."
    yield from _times(
        place, who, step.mean if way.mean is None else way.mean, step.spread if way.spread is None else way.spread
    )
    yield from _staffed(place, who, way, resources)
    for key in ("resource", "contact"):
        if not isinstance(getattr(way, key), str | None):
            yield (*place, key), f"{who}: `{key}` must be text, got {getattr(way, key)!r}. Put it in quotes."


def _doubles(steps: Sequence[Step]) -> Iterator[Fault]:
    for key in ("id", "name"):
        seen: dict[Any, int] = {}
        for index, step in enumerate(steps):
            value = getattr(step, key)
            if not isinstance(value, str):
                continue
            if value in seen:
                yield ("steps", index, key), f"two steps have the {key} {value!r}. Call one of them something else."
            seen[value] = index


def _link(place: Place, link: Link, ids: Mapping[str, Step]) -> Iterator[Fault]:
    ends = []
    for key, value in (("from", link.source), ("to", link.target)):
        if not isinstance(value, str) or value not in ids:
            yield (*place, key), f"a link leads {key} {value!r}, and there is no such step. {_near(value, ids)}"
        else:
            ends.append(ids[value])
    if link.probability is not None and not (_is_number(link.probability) and 0 < link.probability <= 1):
        yield (
            (*place, "probability"),
            (
                f"`probability` of the link from {link.source!r} to {link.target!r} must be above 0 and at most 1, "
                f"got {link.probability!r}. Divide percentages by 100, and leave out what never happens."
            ),
        )
    if len(ends) < len(("from", "to")):
        return
    source, target = ends
    if source.id == target.id:
        yield place, f"the step {source.id!r} leads to itself. Give the probability of doing it again as its `rework`."
    elif source.lane in LANES[1:] and target.lane in LANES[1:]:
        high, low = sorted((LANES.index(source.lane), LANES.index(target.lane)))
        if low - high > 1:
            skipped = " and ".join(LANES[high + 1 : low])
            yield (
                place,
                (
                    f"the link from {source.name!r} ({source.lane}) to {target.name!r} ({target.lane}) "
                    f"skips {skipped}. Somebody there has to pass it on: put a step between, or move one of the two."
                ),
            )


def _choices(links: Sequence[Link], ids: Mapping[str, Step]) -> list[Fault]:
    found: list[Fault] = []
    for index, link in enumerate(links):
        if any((link.source, link.target) == (other.source, other.target) for other in links[:index]):
            found.append(
                (("links", index), f"there are two links from {link.source!r} to {link.target!r}. Keep one of them.")
            )
    for step in ids:
        chances = [(index, link.chance) for index, link in enumerate(links) if link.source == step and link.probability]
        total = math.fsum(chance for _, chance in chances)
        if chances and abs(total - 1) > _SUM:
            found.append(
                (
                    ("links", chances[0][0], "probability"),
                    (
                        f"the probabilities of the links from {step!r} must add up to 1, got "
                        f"{' + '.join(f'{chance:g}' for _, chance in chances)} = {total:g}. "
                        "Correct them, or add the way that is missing."
                    ),
                )
            )
    return found


def _shape(steps: Sequence[Step], links: Sequence[Link], start: str) -> list[Fault]:
    places = {step.id: ("steps", index) for index, step in enumerate(steps)}
    cycle = _cycle(steps, links)
    if cycle:
        return [
            (
                places[cycle[0]],
                (
                    f"the links run in a circle: {' → '.join((*cycle, cycle[0]))}. "
                    "Give the probability of doing a step again as its `rework`, or draw the second round as steps."
                ),
            )
        ]
    reached, waiting = {start}, [start]
    while waiting:
        current = waiting.pop()
        fresh = {link.target for link in links if link.source == current} - reached
        reached |= fresh
        waiting += fresh
    found: list[Fault] = []
    for step in steps:
        if step.id not in reached:
            before = [link.source for link in links if link.target == step.id]
            why = f"it follows only {', '.join(map(repr, before))}" if before else "no link leads to it"
            found.append(
                (
                    places[step.id],
                    f"the step {step.id!r} cannot be reached from {start!r}: {why}. Link it in, or remove it.",
                )
            )
        elif step.id == start and any(link.target == start for link in links):
            found.append(
                (places[start], f"a link leads back to the start {start!r}. Start where nothing comes before.")
            )
    return found


def _cycle(steps: Sequence[Step], links: Sequence[Link]) -> list[str]:
    """Return the ids of one cycle, or nothing."""
    stuck = {step.id for step in steps} - set(order(steps, links))
    if not stuck:
        return []
    # Behind every step that is stuck stands another: walking back, one is met twice.
    before = {link.target: link.source for link in reversed(links) if link.source in stuck and link.target in stuck}
    path = [next(step.id for step in steps if step.id in stuck)]
    while before[path[-1]] not in path:
        path.append(before[path[-1]])
    path = path[path.index(before[path[-1]]) :][::-1]
    first = min(range(len(path)), key=lambda n: [step.id for step in steps].index(path[n]))
    cycle = path[first:] + path[:first]
    joined = {(link.source, link.target) for link in links}
    return cycle if all(pair in joined for pair in pairwise((*cycle, cycle[0]))) else path
