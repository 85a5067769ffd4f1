"""A queue that can be watched: a simulated stretch, played by an element of its own, the same in both media.

It is an explorer like the others (a model, sliders, the result in words) with a view of its own in place of a chart.
In JupyterLab every move of a slider simulates anew; the page carries the paths of every position. Without a script
the page shows the line's length over time for the first position, and says the result in words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from opsbook import charts
from opsbook.charts.frame import View
from opsbook.exercises.explorers import Slider
from opsbook.exercises.views import ElementExplorer, ElementWidget
from opsbook.validation import positive

__all__ = ["QueueAnimation", "QueueWidget", "animate_queue", "queue_path"]

_OPENING: Final = 9 * 60


class QueueWidget(ElementWidget, element="ops-queue"):
    """The element in JupyterLab: it plays the path that Python sends."""


def queue_path(
    records: Mapping[str, Any], *, servers: int, minutes: float, opens: float = _OPENING, server: str = "server"
) -> dict[str, Any]:
    """Return a stretch of a simulated queue as the animation plays it.

    Parameters
    ----------
    records : mapping
        One entry a customer, as `simulate` records one replication: ``arrival``, ``start`` (NaN for who gave up),
        ``end``, in minutes from the opening, and ``server`` (counted from 0).
    servers : int
        How many servers there are.
    minutes : float
        Length of the stretch; who arrives later is left out.
    opens : float
        Time of day at the opening, in minutes after midnight.
    server : str
        What a server is called: "clerk".

    Returns
    -------
    dict
        Plain numbers, times to a hundredth of a minute.

    Raises
    ------
    ValueError
        The stretch has no length, or nobody arrives in it.

    Examples
    --------
    >>> path = queue_path({"arrival": [0, 1], "start": [0, 4], "end": [4, 9], "server": [0, 0]}, servers=1, minutes=10)
    >>> path["start"], path["end"]
    ([0.0, 4.0], [4.0, 9.0])
    """
    positive("minutes", minutes)
    arrive = np.asarray(records["arrival"], dtype=float)
    come = np.flatnonzero(arrive < minutes)
    if not come.size:
        raise ValueError(f"`records` must hold an arrival before `minutes`, {minutes:g}. Watch a longer stretch.")
    come = come[np.argsort(arrive[come], kind="stable")]
    start, end = (np.asarray(records[name], dtype=float)[come] for name in ("start", "end"))
    at = np.asarray(records["server"])[come]
    return {
        "opens": opens,
        "minutes": minutes,
        "servers": servers,
        "server": server,
        "arrive": [round(float(time), 2) for time in arrive[come]],
        "start": [None if np.isnan(time) else round(float(time), 2) for time in start],
        "end": [round(float(time), 2) for time in end],
        "at": [int(which) for which in at],
    }


def _line(path: Mapping[str, Any]) -> pd.DataFrame:
    """Return how many wait after every moment at which that changes."""
    left = [end if start is None else start for start, end in zip(path["start"], path["end"], strict=True)]
    steps = pd.concat([pd.Series(1, index=path["arrive"]), pd.Series(-1, index=left)]).groupby(level=0).sum()
    line = steps.sort_index().cumsum()
    line = pd.concat([pd.Series({0.0: 0}), line[line.index <= path["minutes"]]])
    line = line[~line.index.duplicated(keep="last")]
    line.loc[path["minutes"]] = line.iloc[-1]
    return pd.DataFrame({"hour": (path["opens"] + line.index) / 60, "waiting": line.to_numpy()})


@dataclass(frozen=True)
class QueueAnimation(ElementExplorer):
    """A queue that a reader watches and moves; made by `animate_queue`, shown by being a cell's last value."""

    element = "ops-queue"
    widget = QueueWidget
    remedy = "give the sliders fewer positions or watch a shorter stretch"

    def __repr__(self) -> str:
        return f"[Animation] {self.message}"

    def still(self, data: dict[str, Any]) -> View:
        """Return the line's length over time."""
        return charts.waiting_line(_line(data), self.message, description=self.description, subtitle=self.subtitle)


def animate_queue(
    model: Callable[..., dict[str, Any]],
    *,
    sliders: Mapping[str, Slider],
    sentence: Callable[..., str],
    message: str,
    description: str,
    subtitle: str = "",
) -> QueueAnimation:
    """Let a reader watch a simulated queue, customer by customer, and move what makes it.

    Play, pause, speed and a slider for the time of day work by pointer and by keyboard; the scene is restated in words
    at every pause. Where the reader's system asks for less motion, the scene changes once a second and nothing glides.

    Parameters
    ----------
    model : callable
        Takes one keyword for each slider and returns `queue_path` of what it simulates.
    sliders : mapping of str to Slider
        The controls, by the keyword of `model` and `sentence` that each one moves.
    sentence : callable
        Takes the same keywords and says what to see in this stretch.
    message : str
        What the scene shows, as a sentence.
    description : str
        What is drawn in the still picture and what it means.
    subtitle : str
        What the simulation assumes.

    Returns
    -------
    QueueAnimation

    Raises
    ------
    ValueError
        The paths of all positions take more than 150 kB.

    Examples
    --------
    >>> def model(clerks):
    ...     records = {"arrival": [1.0, 2.0], "start": [1.0, 5.0], "end": [5.0, 9.0], "server": [0, 0]}
    ...     return queue_path(records, servers=clerks, minutes=10)
    >>> animate_queue(
    ...     model,
    ...     sliders={"clerks": Slider("clerks", values=[1, 2], start=1)},
    ...     sentence=lambda clerks: "The second customer waits for three minutes.",
    ...     message="Who comes second waits",
    ...     description="Two customers, and one clerk who serves them.",
    ... )
    [Animation] Who comes second waits
    """
    return QueueAnimation(model, sliders, sentence, message, description, subtitle)
