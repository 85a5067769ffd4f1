"""A factory line for contrast with services: batches, queues, stoppages and scrap at five stations."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["BATCH_PIECES", "RELEASE_CV", "RELEASE_MEAN_MIN", "STATIONS", "Station", "production_line"]

# Typical: the first seed tried gave the oven half as many stops again, and twice the flow time.
SHIPPED_SEED = 1988


class Station(NamedTuple):
    """What is assumed about one station of the line, a single machine that works on one batch at a time.

    Attributes
    ----------
    name : str
        What the station does.
    ideal_s : float
        Ideal cycle time: the shortest time per piece that the machine is built for, seconds.
    slowdown : float
        Mean time per piece when the machine runs ÷ ideal cycle time, at least 1.
    slowdown_cv : float
        Standard deviation ÷ mean of the part of the running time above the ideal, from batch to batch.
    stop_probability : float
        Share of batches during which the machine stops, in [0, 1].
    stop_mean_min : float
        Mean length of a stop, minutes.
    scrap : float
        Share of the pieces that go in and are thrown away, in [0, 1).
    """

    name: str
    ideal_s: float
    slowdown: float
    slowdown_cv: float
    stop_probability: float
    stop_mean_min: float
    scrap: float


# Invented figures, chosen so that the oven limits the line and its OEE is about 0.60. Nobody measured them.
STATIONS = (
    Station("mix", 1.00, 1.10, 0.5, 0.05, 8, 0.010),
    Station("shape", 1.20, 1.15, 0.5, 0.15, 6, 0.020),
    Station("bake", 1.50, 1.15, 0.5, 0.25, 10, 0.040),
    Station("cool", 1.30, 1.05, 0.5, 0.02, 10, 0.005),
    Station("pack", 1.40, 1.15, 0.5, 0.20, 6, 0.010),
)
BATCH_PIECES = 400
RELEASE_MEAN_MIN = 15.5
RELEASE_CV = 0.25

_TICKS_PER_MINUTE = 100  # all times are whole hundredths of a minute, so that they add up to the last digit


def production_line(*, seed: int | np.random.Generator = SHIPPED_SEED, jobs: int = 480) -> pd.DataFrame:
    r"""Return an invented log of the flatbread line of a bread factory: batches of 400 at five stations.

    The figures are assumptions of this generator. They serve to compute throughput, work in process, flow time and
    overall equipment effectiveness (OEE), and are no evidence about factories.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped file.
    jobs : int
        Number of batches, at least 1. The shipped 480 take about five days and nights.

    Returns
    -------
    pandas.DataFrame
        One row per batch and station, sorted by batch and step, with the columns

        - ``job``: number of the batch, from 1, in the order of release;
        - ``step``, ``station``: place of the station on the line, from 1, and its name;
        - ``arrived_min``, ``started_min``, ``ended_min``: when the batch joined the station's queue, when the machine
          took it and when it left, minutes since the first batch was released, to 0.01;
        - ``stop_min``: time between start and end that the machine stood still, minutes, to 0.01;
        - ``ideal_s``: ideal cycle time of the machine, seconds per piece;
        - ``pieces_in``, ``pieces_scrapped``: pieces that came in, and how many of them were thrown away.

    Raises
    ------
    ValueError
        `jobs` is below 1.

    Notes
    -----
    Batches of `BATCH_PIECES` are released at lognormal intervals of mean `RELEASE_MEAN_MIN` and coefficient of
    variation `RELEASE_CV`. Each station takes them in order of arrival; a batch moves on at once and whole, and there
    is room for any number between the stations, so nothing is blocked. A batch of :math:`n` pieces takes
    :math:`n` × ideal cycle time × :math:`(1 + (s - 1) X)` plus its stop, with the slowdown :math:`s` and a gamma
    variable :math:`X` of mean 1. A stop occurs with its probability and lasts an exponential time. Scrap is binomial,
    the good pieces go on. All of these are independent, which real lines are not: a machine that jams also scraps.

    The line is planned to run without a break from the first release until the last batch has left, which is its
    planned production time. A station's OEE is ideal cycle time × good pieces ÷ planned production time. It is the
    product of availability (time not stopped ÷ planned time), performance (ideal cycle time × pieces in ÷ time not
    stopped; waiting for work lowers it) and quality (good pieces ÷ pieces in). Over a long run it tends to the same
    ratio per batch, which for the oven is 0.60.

    The shipped file depends on NumPy's stream of random numbers, which NumPy keeps but does not promise to keep.

    References
    ----------
    Nakajima, S. (1988). Introduction to TPM: Total productive maintenance. Productivity Press.

    Examples
    --------
    >>> line = production_line(seed=1, jobs=5000)
    >>> oven = line.query("station == 'bake'")
    >>> planned_s = 60 * line["ended_min"].max()
    >>> good = oven["pieces_in"] - oven["pieces_scrapped"]
    >>> oee = (oven["ideal_s"] * good).sum() / planned_s
    >>> round(float(oee), 2)
    0.6
    """
    if jobs < 1:
        raise ValueError(f"`jobs` must be at least 1, got {jobs!r}. Ask for one batch or more.")
    rng = np.random.default_rng(seed)
    log_variance = np.log1p(RELEASE_CV**2)
    gaps = RELEASE_MEAN_MIN * np.exp(np.sqrt(log_variance) * rng.standard_normal(jobs) - log_variance / 2)
    gaps[0] = 0
    arrived = np.cumsum(_ticks(gaps))
    pieces = np.full(jobs, BATCH_PIECES)

    stations = []
    for step, station in enumerate(STATIONS, start=1):
        shape = station.slowdown_cv**-2
        excess = (station.slowdown - 1) * rng.gamma(shape, 1 / shape, jobs)
        stopped = rng.random(jobs) < station.stop_probability
        stop = _ticks(np.where(stopped, rng.exponential(station.stop_mean_min, jobs), 0))
        scrapped = rng.binomial(pieces, station.scrap)
        busy = _ticks(pieces * station.ideal_s / 60 * (1 + excess)) + stop
        ended = _served_in_order(arrived, busy)
        stations.append(
            pd.DataFrame(
                {
                    "job": np.arange(1, jobs + 1),
                    "step": step,
                    "station": station.name,
                    "arrived_min": arrived / _TICKS_PER_MINUTE,
                    "started_min": (ended - busy) / _TICKS_PER_MINUTE,
                    "ended_min": ended / _TICKS_PER_MINUTE,
                    "stop_min": stop / _TICKS_PER_MINUTE,
                    "ideal_s": station.ideal_s,
                    "pieces_in": pieces,
                    "pieces_scrapped": scrapped,
                }
            )
        )
        arrived, pieces = ended, pieces - scrapped
    return pd.concat(stations).sort_values(["job", "step"], ignore_index=True)


def _ticks(minutes: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(minutes * _TICKS_PER_MINUTE).astype("int64")


def _served_in_order(arrived: NDArray[np.int64], busy: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when each job leaves a single server: it starts when it has come and the job before it has gone."""
    work = np.cumsum(busy)
    # How long the server has been idle in all: a job that finds it so starts the moment it arrives.
    idle = np.maximum.accumulate(arrived - (work - busy))
    return work + idle
