"""A blueprint that can be rearranged: the reader moves steps across its lines and sees at once what follows.

Python works out every arrangement beforehand, those that are refused with the reason, so that the page only looks up
what it shows. The same element serves JupyterLab. Without a script the page shows the blueprint as it is drawn.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsbook import charts
from opsbook.blueprint import LANES, LINES, Blueprint, Step
from opsbook.charts.frame import View
from opsbook.errors import BlueprintError
from opsbook.exercises.views import ElementExplorer, ElementWidget

__all__ = ["BlueprintEditor", "BlueprintWidget", "edit_blueprint"]

_WORK: Final = LANES[1:]
_MOST: Final = 4096
_REMEDY: Final = "let the reader move fewer steps"


class BlueprintWidget(ElementWidget, element="ops-blueprint"):
    """The element in JupyterLab: it shows the arrangements that Python sends."""


@dataclass(frozen=True)
class BlueprintEditor(ElementExplorer):
    """A blueprint that a reader rearranges; made by `edit_blueprint`, shown by being a cell's last value."""

    plan: Blueprint

    element = "ops-blueprint"
    widget = BlueprintWidget
    remedy = _REMEDY

    def __repr__(self) -> str:
        return f"[Editor] {self.message}"

    def still(self, data: dict[str, Any]) -> View:  # noqa: ARG002 - the blueprint as it is drawn
        """Return the picture of the blueprint."""
        return charts.blueprint(self.plan, self.message, description=self.description, subtitle=self.subtitle)


def edit_blueprint(
    plan: Blueprint,
    *,
    movable: Iterable[str] | None = None,
    message: str,
    description: str,
    subtitle: str = "",
    job: str = "job",
) -> BlueprintEditor:
    """Let a reader move steps of a blueprint across its lines, and show what it does to contact, times and capacity.

    Steps are moved by dragging, by buttons, or by the arrow keys; a move that the blueprint does not allow is refused
    in words. What a step needs in another lane is what `Step.in_lane` says; where it may go at all, its `lanes`.

    Parameters
    ----------
    plan : opsbook.blueprint.Blueprint
        The blueprint as it is at first.
    movable : iterable of str, optional
        Ids of the steps that can be moved; without it, all that can be done in another lane too.
    message : str
        What to see, as a sentence.
    description : str
        What the picture shows and what it means, for readers who do not see it.
    subtitle : str
        Where the times come from or what they assume.
    job : str
        What the service does one of at a time: "visit".

    Returns
    -------
    BlueprintEditor

    Raises
    ------
    UnknownNameError
        If `movable` names no step.
    ValueError
        If nothing can be moved, or there are too many arrangements for a page.

    Examples
    --------
    >>> from opsbook.blueprint import Link
    >>> steps = [
    ...     Step("ask", "Ask", "customer", mean=1),
    ...     Step("look", "Look it up", "frontstage", mean=4, resource="clerk", contact="passive"),
    ... ]
    >>> plan = Blueprint("A question", steps, [Link("ask", "look")], resources={"clerk": 1})
    >>> edit_blueprint(plan, movable=["look"], message="The customer can look", description="Two boxes.")
    [Editor] The customer can look
    """
    if movable is None:
        chosen = [step for step in plan.steps if len(_open_lanes(step)) > 1]
    else:
        chosen = [plan.step(step) for step in dict.fromkeys(movable)]
    if not any(len(_open_lanes(step)) > 1 for step in chosen):
        raise ValueError("`movable` must name a step that can be done in another lane. Say how under its `elsewhere`.")
    data = _arrangements(plan, chosen, job)
    return BlueprintEditor(
        model=lambda: data,
        sliders={},
        sentence=lambda: _as_drawn(plan, job),
        message=message,
        description=description,
        subtitle=subtitle,
        plan=plan,
    )


def _open_lanes(step: Step) -> list[str]:
    return [lane for lane in _WORK if not step.refusal(lane)]


def _arrangements(plan: Blueprint, movable: Sequence[Step], job: str) -> dict[str, Any]:
    """Return all that the element shows: steps, lanes, and the result or the refusal of every arrangement."""
    lanes = [_open_lanes(step) for step in movable]
    count = math.prod(map(len, lanes))
    if count > _MOST:
        raise ValueError(f"`movable` must leave at most {_MOST} arrangements, got {count:,}; {_REMEDY}.")
    resources = list(plan.resources)
    numbers = {step.id: number for number, step in enumerate(plan.steps)}
    reasons: dict[str, int] = {}
    results: list[list[Any] | int] = []
    exact = True
    for places in itertools.product(*lanes):
        try:
            arranged = plan.rearrange({step.id: lane for step, lane in zip(movable, places, strict=True)})
        except BlueprintError as refused:
            results.append(reasons.setdefault(refused.problems[0], len(reasons)))
        else:
            results.append(_result(arranged, resources, numbers))
            exact = exact and arranged.exact
    return {
        "job": job,
        "lanes": list(_WORK),
        "lines": list(LINES),
        "resources": resources,
        "steps": [_shown(plan, step, numbers) for step in plan.steps],
        "movable": [
            {
                "step": numbers[step.id],
                "lanes": [_WORK.index(lane) for lane in open_],
                "done": [_done(step.in_lane(lane)) for lane in open_],
                "refused": {_WORK.index(lane): step.refusal(lane) for lane in _WORK if lane not in open_},
            }
            for step, open_ in zip(movable, lanes, strict=True)
        ],
        "results": results,
        "reasons": list(reasons),
        "exact": exact,
    }


def _result(plan: Blueprint, resources: Sequence[str], numbers: dict[str, int]) -> list[Any]:
    """Return contact time, flow time, extent, capacity, the bottleneck's number, and those on the critical path."""
    ratio = plan.contact_ratio
    return [
        round(plan.contact_time, 4),
        round(plan.flow_time, 4),
        None if math.isnan(ratio) else round(ratio, 4),
        round(plan.capacity, 4) if math.isfinite(plan.capacity) else None,
        resources.index(plan.bottleneck) if plan.bottleneck in resources else -1,
        [numbers[step] for step in plan.critical_path().steps],
    ]


def _shown(plan: Blueprint, step: Step, numbers: dict[str, int]) -> dict[str, Any]:
    after = [
        f"{numbers[link.source] + 1}" + (f" ({100 * link.probability:.3g}%)" if link.probability else "")
        for link in plan.links
        if link.target == step.id
    ]
    return {
        "name": step.name,
        "lane": _WORK.index(step.lane),
        "after": ", ".join(after),
        "done": _done(step),
        "fail": step.fail_point,
        "guard": step.poka_yoke,
    }


def _done(step: Step) -> str:
    """Say in a line how long a step takes, who does it, and whether the customer is there."""
    presence = {"active": "customer takes part", "passive": "customer present", "none": "customer absent"}
    parts = [f"{round(step.time, 2):g} min" if step.mean else "", step.resource, presence[step.contact]]
    return " · ".join(part for part in parts if part)


def _as_drawn(plan: Blueprint, job: str) -> str:
    flow = plan.flow_time
    said = f"As it is drawn, a {job} takes {flow:.1f} minutes"
    if flow:
        said += f", and the customer is present for {plan.contact_time:.1f} of them ({100 * plan.contact_ratio:.0f}%)"
    if math.isfinite(plan.capacity):
        said += f". At most {plan.capacity:.1f} {job}s an hour are possible, limited by the {plan.bottleneck}"
    return f"{said}."
