"""A control chart that can be watched: samples arrive, the process shifts, and the chart notices or does not.

The samples are simulated once, as standard normal noise, and shown at every position of the sliders, so that a reader
compares charts and not luck; `opsbook.quality` finds the signals. An element of its own plays them in both media.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsbook import charts, quality
from opsbook.charts.frame import View
from opsbook.exercises.explorers import Slider
from opsbook.exercises.views import ElementExplorer, ElementWidget
from opsbook.validation import between, positive, whole_number

__all__ = ["ControlPlayer", "ControlPlayerWidget", "play_control_chart"]

RULES = ("limits", "western-electric")
_TEXTS = ("limits alone", "limits and run rules")
_START = {"shift": 1, "begins": 10, "size": 4, "rules": 0}


class ControlPlayerWidget(ElementWidget, element="ops-control"):
    """The element in JupyterLab: it plays the samples that Python sends."""


@dataclass(frozen=True)
class _Process:
    """What is watched: its centre and standard deviation, and sets of samples as standard normal noise."""

    centre: float
    sigma: float
    unit: str
    sample: str
    noise: tuple[tuple[float, ...], ...]

    def means(self, run: int, shift: float, begins: float, size: float) -> np.ndarray:
        """Return the means of the subgroups of one set of samples; the first `begins` come before the shift."""
        noise = np.array(self.noise[run])
        away = np.where(np.arange(noise.size) >= begins, shift, 0)
        return self.centre + self.sigma * (away + noise / math.sqrt(size))

    def chart(
        self, run: int, *, shift: float, begins: float, size: float, rules: float, last: int | None = None
    ) -> quality.ControlChart:
        """Return the chart of one set of samples, up to the `last` one."""
        return quality.control_chart(
            self.means(run, shift, begins, size)[:last],
            "i-mr",
            centre=self.centre,
            sigma=self.sigma / math.sqrt(size),
            rules=RULES[int(rules)],
        )

    def alarms(self, run: int, *, shift: float, begins: float, size: float, rules: float) -> list[list[Any]]:
        """Return sample and rule of every signal, up to the first that comes after the shift."""
        seen: dict[int, str] = {}
        for signal in self.chart(run, shift=shift, begins=begins, size=size, rules=rules).signals:
            if signal.panel == "value":
                seen.setdefault(signal.sample, signal.rule)
        kept = []
        for sample, rule in seen.items():
            kept.append([sample, rule])
            if shift and sample > begins:
                break
        return kept

    def position(self, *, shift: float, begins: float, size: float, rules: float) -> dict[str, Any]:
        """Return all that the element needs at one position of the sliders."""
        words = RULES[int(rules)]
        return {
            "shift": shift,
            "begins": begins,
            "size": size,
            "noticed": round(quality.average_run_length(shift, size=int(size), rules=words), 2),
            "quiet": round(quality.average_run_length(0, rules=words), 2),
            "alarms": [
                self.alarms(run, shift=shift, begins=begins, size=size, rules=rules) for run in range(len(self.noise))
            ],
        }

    def sentence(self, *, shift: float, begins: float, size: float, rules: float) -> str:
        """Return what a chart does on average at one position of the sliders."""
        words = RULES[int(rules)]
        group = f"groups of {size:g}" if size > 1 else "single values"
        watched = f"With {group} and limits alone" if words == "limits" else f"With {group}, limits and run rules"
        quiet = self.counted(quality.average_run_length(0, rules=words))
        if not shift:
            return f"Nothing changes. {watched}, a chart gives a false alarm once in {quiet} on average."
        noticed = self.counted(quality.average_run_length(shift, size=int(size), rules=words))
        return (
            f"After {self.sample} {begins:g} the mean shifts by {shift:g} sigma. {watched}, a chart takes {noticed} on "
            f"average to notice, and gives a false alarm once in {quiet} where nothing has changed."
        )

    def counted(self, number: float) -> str:
        """Return so many samples, in two or three digits."""
        text = f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"  # noqa: PLR2004 - two digits
        return f"{text} {self.sample}" if text == "1" else f"{text} {self.sample}s"


@dataclass(frozen=True, repr=False)
class ControlPlayer(ElementExplorer):
    """A control chart that a reader plays; made by `play_control_chart`, shown by being a cell's last value."""

    process: _Process

    element = "ops-control"
    widget = ControlPlayerWidget
    remedy = "give it fewer positions, runs or samples"

    @property
    def common(self) -> dict[str, Any]:
        """The process and its noise, and what each rule looks for."""
        names = dict.fromkeys(name for each in RULES for name in quality.RULE_SETS[each])
        return {
            "centre": self.process.centre,
            "sigma": self.process.sigma,
            "unit": self.process.unit,
            "sample": self.process.sample,
            "noise": [list(run) for run in self.process.noise],
            "rules": {name: quality.RUN_RULES[name] for name in names},
        }

    def still(self, data: dict[str, Any]) -> View:
        """Return the first set of samples up to the signal."""
        at = {name: slider.start for name, slider in self.sliders.items()}
        alarms = data["alarms"][0]
        last = alarms[-1][0] if alarms and at["shift"] and alarms[-1][0] > at["begins"] else None
        return charts.control_chart(
            self.process.chart(0, **at, last=last),
            self.message,
            description=self.description,
            subtitle=self.subtitle,
            sample=self.process.sample,
            value=f"mean in {self.process.unit}" if self.process.unit else "mean in sigmas from the centre",
        )


def play_control_chart(
    *,
    message: str,
    description: str,
    subtitle: str = "",
    shifts: Sequence[float] = (0, 0.5, 1, 1.5, 2, 3),
    begins: Sequence[int] = (5, 10, 20),
    sizes: Sequence[int] = (1, 4, 9),
    samples: int = 40,
    runs: int = 12,
    seed: int = 1,
    centre: float = 0.0,
    sigma: float = 1.0,
    unit: str = "",
    sample: str = "sample",
    start: Mapping[str, float] | None = None,
) -> ControlPlayer:
    """Let a reader shift a process and watch when its X̄ chart notices.

    Sliders set the size of the shift, the sample after which it begins, the size of a subgroup, and whether run rules
    (Western Electric's) help the limits. Samples then arrive one by one until one signals after the shift; which came
    before it were false alarms. The same noise is shown at every position; a button brings another set of samples.
    Play, step and a slider for the sample work by pointer and by keyboard, and a status line says all that is seen.
    Where the reader's system asks for less motion, Play goes to the end at once.

    Parameters
    ----------
    message : str
        What there is to see, as a sentence.
    description : str
        What is drawn in the still picture and what it means.
    subtitle : str
        What the simulation assumes.
    shifts : sequence of float
        Sizes of the shift, in process standard deviations; 0 leaves the process as it is.
    begins : sequence of int
        After how many samples the shift comes.
    sizes : sequence of int
        Observations in a subgroup.
    samples : int
        How many samples a set holds, more than any of `begins`.
    runs : int
        How many sets of samples there are.
    seed : int
        Where their random numbers start.
    centre, sigma : float
        Mean and standard deviation of the process in control.
    unit : str
        Unit of the measurements: "min".
    sample : str
        What a sample is, under the horizontal axis and in the sentences; its plural takes an s.
    start : mapping of str to float, optional
        First positions by name: ``shift``, ``begins``, ``size``, ``rules`` (0 or 1). By default 1, 10, 4 and 0.

    Returns
    -------
    ControlPlayer

    Raises
    ------
    ValueError
        A position is out of range, the samples end before a shift, or the page would have to carry more than 150 kB.

    Examples
    --------
    >>> played = play_control_chart(
    ...     message="A small shift hides in the noise",
    ...     description="Means of subgroups between two limits, and the first one outside.",
    ... )
    >>> played
    [Explorer] A small shift hides in the noise
    >>> played.sentence(shift=1, begins=10, size=4, rules=0).partition(". ")[0]
    'After sample 10 the mean shifts by 1 sigma'
    """
    between("shifts", list(shifts), 0, 10)
    for name, values in (("begins", begins), ("sizes", sizes)):
        for each in values:
            whole_number(name, each)
    if max(begins) >= whole_number("samples", samples, least=2):
        raise ValueError(f"`samples` must exceed every one of `begins`, got {samples} and {max(begins)}. Add samples.")
    sets = np.random.default_rng(seed).standard_normal((whole_number("runs", runs), samples)).round(2)
    process = _Process(
        float(between("centre", centre, -math.inf, math.inf)),
        float(positive("sigma", sigma)),
        unit,
        sample,
        tuple(tuple(float(each) for each in run) for run in sets),
    )
    at = {**_START, **(start or {})}
    texts = [f"{shift:g} sigma" if shift else "no shift" for shift in shifts]
    groups = [f"groups of {size}" if size > 1 else "single values" for size in sizes]
    sliders = {
        "shift": Slider("size of the shift", list(shifts), at["shift"], texts=texts),
        "begins": Slider(f"{sample}s before the shift", list(begins), at["begins"]),
        "size": Slider("what is averaged", list(sizes), at["size"], texts=groups),
        "rules": Slider("what signals", [0, 1], at["rules"], texts=_TEXTS),
    }
    return ControlPlayer(process.position, sliders, process.sentence, message, description, subtitle, process)
