"""The parts of a service blueprint: lanes, lines, steps, and the links between steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from types import MappingProxyType
from typing import Any, Final

__all__ = ["ALLOWED", "LANES", "LINES", "Link", "Step", "Way"]

LANES: Final = ("physical evidence", "customer", "frontstage", "backstage", "support")
"""The lanes from top to bottom. Steps stand in the last four; the first shows what the customer sees at a step."""

LINES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "line of interaction": ("customer", "frontstage"),
        "line of visibility": ("frontstage", "backstage"),
        "line of internal interaction": ("backstage", "support"),
    }
)
"""The three lines, each with the lanes above and below it."""

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "customer": ("active", "passive", "none"),
        "frontstage": ("active", "passive"),
        "backstage": ("none", "passive"),
        "support": ("none", "passive"),
    }
)
"""The kinds of contact that a step of each lane may have; the first is taken where none is given."""


def _number(value: Any) -> Any:
    """Return a real number as a plain float, and leave anything else for the list of faults."""
    return value if isinstance(value, bool) or not isinstance(value, Real) else float(value)


def _listed(value: Any) -> Any:
    """Return a list as a tuple, and leave anything else for the list of faults."""
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class Way:
    """How a step is done in a lane other than its own; what is not given stays as it is.

    Attributes
    ----------
    lane : str
        The other lane.
    mean, spread : float, optional
        Mean and standard deviation of its time there, in minutes.
    resource : str, optional
        Who does it there; "" for nobody on the staff.
    contact : str
        ``"active"``, ``"passive"`` or ``"none"``; without it, what `Step.in_lane` says.

    Examples
    --------
    >>> Way("customer", mean=3).lane
    'customer'
    """

    lane: str
    mean: float | None = None
    spread: float | None = None
    resource: str | None = None
    contact: str = ""

    def __post_init__(self) -> None:
        for name in ("mean", "spread"):
            object.__setattr__(self, name, _number(getattr(self, name)))


@dataclass(frozen=True)
class Step:
    """One step of a service.

    Attributes
    ----------
    id : str
        A short word of its own, by which links and moves name it.
    name : str
        What is done, in a few words.
    lane : str
        ``"customer"``, ``"frontstage"``, ``"backstage"`` or ``"support"``.
    mean, spread : float
        Mean and standard deviation of the time it takes once begun (minutes, at least 0).
    resource : str
        Which of the blueprint's resources it needs one of, for all its time; "" for none.
    contact : str
        The customer is there and takes part (``"active"``), is there (``"passive"``), or is not (``"none"``). In front
        of the customer it cannot be "none", and behind the line of visibility it cannot be "active". Without it, the
        customer takes part in steps of the first two lanes, and is absent from the others. It is the customer's contact
        and not the lane's: who waits in the house for work behind the wall is there, so such a step is "passive".
    rework : float
        Probability, from 0 to below 1, that it goes wrong and is done again at once, each time anew.
    evidence : str
        What the customer sees or holds at it: a sign, a bill, a uniform.
    fail_point : str
        What is likely to go wrong here.
    poka_yoke : str
        What makes this mistake impossible, or shows it at once.
    elsewhere : tuple of Way
        How it would be done in other lanes.
    lanes : tuple of str
        The lanes in which it may be done, its own among them; empty for any. What only staff may do names
        ``("frontstage", "backstage")``.

    Examples
    --------
    >>> step = Step("check", "Check the pressure", "frontstage", mean=3, resource="nurse", contact="passive")
    >>> step.in_lane("backstage").contact
    'none'
    """

    id: str
    name: str
    lane: str
    mean: float = 0.0
    spread: float = 0.0
    resource: str = ""
    contact: str = ""
    rework: float = 0.0
    evidence: str = ""
    fail_point: str = ""
    poka_yoke: str = ""
    elsewhere: tuple[Way, ...] = ()
    lanes: tuple[str, ...] = ()
    _home: "Step | None" = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("mean", "spread", "rework"):
            object.__setattr__(self, name, _number(getattr(self, name)))
        object.__setattr__(self, "lanes", _listed(self.lanes))
        if self.contact == "" and isinstance(self.lane, str) and self.lane in ALLOWED:
            object.__setattr__(self, "contact", ALLOWED[self.lane][0])

    @property
    def time(self) -> float:
        """Expected minutes with all repetitions: ``mean / (1 - rework)``."""
        return self.mean / (1 - self.rework)

    @property
    def varies(self) -> bool:
        """Whether the time differs from visit to visit."""
        return self.spread > 0 or (self.rework > 0 and self.mean > 0)

    @property
    def present(self) -> bool:
        """Whether the customer is there, actively or passively."""
        return self.contact != "none"

    def refusal(self, lane: str) -> str:
        """Say why the step cannot be done in `lane`, whatever its links; "" if it can."""
        home = self._home or self
        if lane == home.lane:
            return ""
        if lane not in ALLOWED:
            return f"{home.name!r} is work, and no work is done in the lane {lane!r}."
        if home.lanes and lane not in home.lanes:
            where = f"may be done in the lane {' or '.join(home.lanes)} only"
            return f"{home.name!r} {'is for staff only' if lane == 'customer' else where}."
        way = _way(home, lane)
        if not way.contact and home.contact == "active" and lane in {"backstage", "support"}:
            return f"{home.name!r} needs the customer to take part, so it cannot go behind the line of visibility."
        if way.resource is None and not home.resource and home.lane == "customer":
            return f"{home.name!r} is done by the customer; nobody of the staff is named who could do it."
        return ""

    def in_lane(self, lane: str) -> "Step":
        """Return the step as it is done in another lane.

        What `elsewhere` says of that lane holds. What it leaves open: the time stays. In the customer's lane no
        resource is needed, since customers serve themselves, and contact is active; in the other lanes the resource
        stays. Behind the line of visibility the customer is taken to have left, and to be needed again only at the next
        step with contact; for one who waits there, say ``contact: passive`` under `elsewhere`. In front of the customer
        the contact stays, and a customer who was absent looks on (passive contact).

        Raises
        ------
        ValueError
            If the step cannot be done there; see `refusal`.
        """
        home = self._home or self
        if lane == home.lane:
            return home
        reason = self.refusal(lane)
        if reason and home.lanes and lane not in home.lanes:
            raise ValueError(f"{reason} Leave it there, or add the other lane to its `lanes`.")
        if reason:
            raise ValueError(f"{reason} Redesign it first, and say under `elsewhere` how it is done there.")
        way = _way(home, lane)
        given = [other for other in home.elsewhere if other.lane != lane]
        return replace(
            home,
            lane=lane,
            mean=home.mean if way.mean is None else way.mean,
            spread=home.spread if way.spread is None else way.spread,
            resource=("" if lane == "customer" else home.resource) if way.resource is None else way.resource,
            contact=way.contact or _contact_in(home, lane),
            elsewhere=(*given, Way(home.lane, home.mean, home.spread, home.resource, home.contact)),
            _home=home,
        )


def _way(step: Step, lane: str) -> Way:
    return next((way for way in step.elsewhere if way.lane == lane), Way(lane))


def _contact_in(step: Step, lane: str) -> str:
    if lane == "customer":
        return "active"
    if lane == "frontstage":
        return step.contact if step.present else "passive"
    return step.contact if step.lane in {"backstage", "support"} else "none"


@dataclass(frozen=True)
class Link:
    """The way from one step to the next.

    Attributes
    ----------
    source, target : str
        Ids of the two steps, in the same lane or in neighbouring ones.
    probability : float, optional
        Without it the link is always followed; several such links from one step run side by side. Links from one step
        that have probabilities are a choice between them: each above 0, together 1.

    Examples
    --------
    >>> Link("triage", "laboratory", 0.5).probability
    0.5
    """

    source: str
    target: str
    probability: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "probability", _number(self.probability))

    @property
    def chance(self) -> float:
        """Probability that the link is followed once its source is done: 1 where none is given."""
        return 1.0 if self.probability is None else self.probability
