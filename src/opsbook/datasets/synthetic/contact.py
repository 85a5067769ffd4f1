"""Contact in eleven operations: task times that were invented to practise measuring contact."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["OPERATIONS", "Operation", "Task", "contact_shares"]

SHIPPED_SEED = 1978


class Task(NamedTuple):
    """What is assumed about one task of an operation.

    Attributes
    ----------
    name : str
        What is done.
    mean_min : float
        Mean of the elapsed time, minutes.
    cv : float
        Standard deviation of the elapsed time ÷ its mean.
    contact : str
        ``"none"``, ``"passive"`` (the customer is in the system but does not interact) or ``"active"``.
    channel : str
        ``"in person"``, ``"phone"`` or ``"online"``; ``"none"`` exactly when there is no contact.
    staff : float
        Staff minutes per minute of the task: 0 when nobody of the staff is busy with it, above 1 when several are.
    probability : float
        Share of jobs in which the task occurs, in (0, 1].
    """

    name: str
    mean_min: float
    cv: float
    contact: str
    channel: str
    staff: float
    probability: float


class Operation(NamedTuple):
    """An operation: its name, ``"manufacturing"`` or ``"service"``, and its tasks in the order of the work."""

    name: str
    sector: str
    tasks: Sequence[Task]


# Invented figures, chosen to be plausible. Nobody measured them.
# fmt: off
OPERATIONS = (
    # One job: a shop's order of bread for the next morning.
    Operation("bread factory", "manufacturing", (
        Task("place the order",                3, 0.40, "active",  "online",    0.00, 1.00),
        Task("weigh and mix",                 20, 0.10, "none",    "none",      1.00, 1.00),
        Task("let the dough rest",            60, 0.05, "none",    "none",      0.00, 1.00),
        Task("divide and shape",              25, 0.15, "none",    "none",      2.00, 1.00),
        Task("prove",                         50, 0.08, "none",    "none",      0.00, 1.00),
        Task("bake",                          35, 0.05, "none",    "none",      0.50, 1.00),
        Task("cool and pack",                 75, 0.10, "none",    "none",      0.50, 1.00),
        Task("drive to the shop",             30, 0.40, "none",    "none",      1.00, 1.00),
        Task("hand over at the shop",          5, 0.50, "active",  "in person", 1.00, 1.00),
    )),
    # One job: one car.
    Operation("car plant", "manufacturing", (
        Task("choose the equipment",          25, 0.80, "active",  "online",    0.00, 0.80),
        Task("press and weld the body",      180, 0.05, "none",    "none",      2.00, 1.00),
        Task("paint",                        480, 0.05, "none",    "none",      0.50, 1.00),
        Task("fit the interior",             200, 0.08, "none",    "none",      3.00, 1.00),
        Task("fit engine and wheels",        150, 0.08, "none",    "none",      3.00, 1.00),
        Task("test",                          40, 0.20, "none",    "none",      1.00, 1.00),
        Task("show the buyer the factory",    60, 0.15, "active",  "in person", 0.20, 0.10),
        Task("take to the showroom",         240, 0.40, "none",    "none",      0.15, 1.00),
        Task("hand over in the showroom",     45, 0.25, "active",  "in person", 1.00, 1.00),
    )),
    # One job: a fitted wardrobe.
    Operation("made-to-measure joinery", "manufacturing", (
        Task("take the enquiry",               8, 0.60, "active",  "phone",     1.00, 1.00),
        Task("measure at the home",           50, 0.30, "active",  "in person", 1.00, 1.00),
        Task("draw and quote",                90, 0.40, "none",    "none",      1.00, 1.00),
        Task("agree changes by video",        25, 0.50, "active",  "online",    1.00, 0.60),
        Task("cut the parts",                240, 0.25, "none",    "none",      1.00, 1.00),
        Task("assemble",                     300, 0.25, "none",    "none",      1.00, 1.00),
        Task("varnish and dry",              480, 0.10, "none",    "none",      0.15, 1.00),
        Task("fit in the home",              210, 0.30, "passive", "in person", 2.00, 1.00),
        Task("walk through with the owner",   15, 0.40, "active",  "in person", 1.00, 1.00),
    )),
    # One job: one order.
    Operation("online shop", "service", (
        Task("browse and choose",             14, 1.00, "active",  "online",    0.00, 1.00),
        Task("answer a question in chat",      7, 0.70, "active",  "online",    0.50, 0.12),
        Task("pay",                            3, 0.50, "active",  "online",    0.00, 1.00),
        Task("pick",                           6, 0.50, "none",    "none",      1.00, 1.00),
        Task("pack",                           4, 0.30, "none",    "none",      1.00, 1.00),
        Task("sort and load",                 20, 0.30, "none",    "none",      0.10, 1.00),
        Task("drive, share of the round",      6, 0.50, "none",    "none",      1.00, 1.00),
        Task("hand over at the door",          1, 0.60, "active",  "in person", 1.00, 0.70),
        Task("deal with a return",             9, 0.40, "none",    "none",      1.00, 0.18),
    )),
    # One job: one claim for water damage.
    Operation("insurance claim", "service", (
        Task("hold for an adviser",            4, 0.90, "passive", "phone",     0.00, 1.00),
        Task("report the damage",             14, 0.50, "active",  "phone",     1.00, 1.00),
        Task("upload photographs",            10, 0.70, "active",  "online",    0.00, 0.70),
        Task("register and check cover",      20, 0.40, "none",    "none",      1.00, 1.00),
        Task("inspect at the home",           45, 0.40, "active",  "in person", 1.00, 0.35),
        Task("assess and price",              60, 0.60, "none",    "none",      1.00, 1.00),
        Task("say how far the claim is",       6, 0.60, "active",  "phone",     1.00, 0.45),
        Task("approve and pay",               12, 0.40, "none",    "none",      1.00, 1.00),
        Task("explain the decision",           7, 0.50, "active",  "phone",     1.00, 0.50),
    )),
    # One job: one call.
    Operation("call centre", "service", (
        Task("choose from the menu",           1, 0.30, "active",  "phone",     0.00, 1.00),
        Task("wait for an agent",              2, 1.00, "passive", "phone",     0.00, 1.00),
        Task("talk",                           3, 1.10, "active",  "phone",     1.00, 1.00),
        Task("hold while the agent looks",     1, 0.80, "passive", "phone",     1.00, 0.35),
        Task("talk to a specialist",           5, 0.90, "active",  "phone",     1.00, 0.15),
        Task("write up the call",              1, 0.70, "none",    "none",      1.00, 1.00),
        Task("follow up",                      8, 0.80, "none",    "none",      1.00, 0.12),
    )),
    # One job: one visit.
    Operation("bank branch", "service", (
        Task("wait in line",                   5, 0.90, "passive", "in person", 0.00, 1.00),
        Task("serve at the counter",           5, 0.70, "active",  "in person", 1.00, 1.00),
        Task("check the papers",               3, 0.50, "passive", "in person", 1.00, 0.30),
        Task("advise in a meeting room",      35, 0.40, "active",  "in person", 1.00, 0.20),
        Task("complete the paperwork",        12, 0.50, "none",    "none",      1.00, 0.40),
        Task("post and check",                 6, 0.40, "none",    "none",      1.00, 1.00),
        Task("confirm in the app",             3, 0.60, "active",  "online",    0.00, 0.25),
    )),
    # One job: a table for two.
    Operation("restaurant", "service", (
        Task("book a table",                   3, 0.50, "active",  "online",    0.00, 0.50),
        Task("prepare the ingredients",       18, 0.30, "none",    "none",      1.00, 1.00),
        Task("greet and seat",                 3, 0.40, "active",  "in person", 1.00, 1.00),
        Task("take the order",                 5, 0.40, "active",  "in person", 1.00, 1.00),
        Task("cook while the guests wait",    22, 0.25, "passive", "in person", 1.00, 1.00),
        Task("eat",                           40, 0.30, "passive", "in person", 0.10, 1.00),
        Task("ask how it was",                 2, 0.50, "active",  "in person", 1.00, 0.80),
        Task("bring the bill",                 5, 0.50, "active",  "in person", 1.00, 1.00),
        Task("clear and wash up",             10, 0.30, "none",    "none",      1.00, 1.00),
    )),
    # One job: one night.
    Operation("hotel stay", "service", (
        Task("book a room",                    9, 0.70, "active",  "online",    0.00, 0.85),
        Task("prepare the room",              30, 0.20, "none",    "none",      1.00, 1.00),
        Task("check in",                       6, 0.50, "active",  "in person", 1.00, 1.00),
        Task("use the room",                 150, 0.40, "passive", "in person", 0.00, 1.00),
        Task("ask the front desk",             4, 0.60, "active",  "in person", 1.00, 0.30),
        Task("drink at the bar",              45, 0.50, "active",  "in person", 0.25, 0.40),
        Task("sleep",                        450, 0.12, "passive", "in person", 0.00, 1.00),
        Task("eat breakfast",                 35, 0.30, "passive", "in person", 0.20, 0.80),
        Task("check out",                      4, 0.50, "active",  "in person", 1.00, 1.00),
    )),
    # One job: one appointment.
    Operation("general-practice clinic visit", "service", (
        Task("book the appointment",           4, 0.60, "active",  "phone",     1.00, 1.00),
        Task("sign in at the desk",            2, 0.50, "active",  "in person", 1.00, 1.00),
        Task("sit in the waiting room",       17, 0.70, "passive", "in person", 0.00, 1.00),
        Task("measure and take samples",       5, 0.40, "active",  "in person", 1.00, 0.50),
        Task("see the doctor",                11, 0.40, "active",  "in person", 1.00, 1.00),
        Task("write the notes",                4, 0.50, "none",    "none",      1.00, 1.00),
        Task("test the samples",              25, 0.40, "none",    "none",      0.30, 0.30),
        Task("give the results",               4, 0.50, "active",  "phone",     1.00, 0.30),
    )),
    # One job: one operation without a night in hospital.
    Operation("day surgery", "service", (
        Task("assess beforehand",             15, 0.40, "active",  "phone",     1.00, 0.90),
        Task("admit",                         18, 0.30, "active",  "in person", 1.00, 1.00),
        Task("wait on the ward",              55, 0.50, "passive", "in person", 0.10, 1.00),
        Task("prepare the theatre",           25, 0.25, "none",    "none",      3.00, 1.00),
        Task("give the anaesthetic",          15, 0.30, "active",  "in person", 2.00, 1.00),
        Task("operate",                       50, 0.40, "passive", "in person", 5.00, 1.00),
        Task("recover under observation",     90, 0.30, "passive", "in person", 0.50, 1.00),
        Task("explain and discharge",         15, 0.35, "active",  "in person", 1.00, 1.00),
        Task("clean the instruments",         60, 0.15, "none",    "none",      0.50, 1.00),
    )),
)
# fmt: on


def contact_shares(*, seed: int | np.random.Generator = SHIPPED_SEED, jobs: int = 40) -> pd.DataFrame:
    r"""Return invented task times of eleven operations, from a bread factory to day surgery.

    The figures are assumptions: no published table of contact shares by industry is known. They serve to practise
    measuring contact and must never be read as a finding about industries.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped file.
    jobs : int
        Number of jobs observed in each operation, at least 1.

    Returns
    -------
    pandas.DataFrame
        One row per task of a job, sorted by operation (in the order of `OPERATIONS`), job and step, with the columns

        - ``operation``, ``sector``: which operation, and ``"manufacturing"`` or ``"service"``;
        - ``job``: number of the job within its operation, from 1;
        - ``step``: place of the task within the job, from 1, tasks that do not occur left out;
        - ``task``: what is done;
        - ``duration_min``: elapsed time, minutes, to 0.01;
        - ``contact``, ``channel``: as in `Task`;
        - ``staff_min``: staff time spent on the task, minutes, to 0.01. It may exceed the duration.

    Raises
    ------
    ValueError
        `jobs` is below 1.

    Notes
    -----
    A task with mean :math:`m` and coefficient of variation :math:`c` lasts
    :math:`\exp(\ln m - \sigma^2/2 + \sigma Z)` with :math:`\sigma^2 = \ln(1 + c^2)` and standard normal :math:`Z`: a
    lognormal time with exactly that mean and coefficient of variation. It occurs in a job with its probability.
    Everything is independent, which real work is not: a difficult case is slow in all its tasks. The customer's own
    waiting counts as a task where it is spent in the system; work waiting for the next step does not count. Staff time
    is proportional to the duration.

    The shipped file depends on NumPy's stream of random numbers, which NumPy keeps but does not promise to keep.

    Examples
    --------
    >>> tasks = contact_shares(seed=1, jobs=2)
    >>> sorted(tasks["contact"].unique())
    ['active', 'none', 'passive']
    >>> tasks.query("task == 'sleep'")["staff_min"].sum()
    np.float64(0.0)
    """
    if jobs < 1:
        raise ValueError(f"`jobs` must be at least 1, got {jobs!r}. Ask for one job or more of each operation.")
    rng = np.random.default_rng(seed)
    assumed = pd.DataFrame(
        [(operation.name, operation.sector, *task) for operation in OPERATIONS for task in operation.tasks],
        columns=["operation", "sector", "task", *Task._fields[1:]],
    )
    shape = (len(assumed), jobs)
    normal = rng.standard_normal(shape)
    occurs = rng.random(shape) < assumed["probability"].to_numpy()[:, np.newaxis]

    task, job = np.nonzero(occurs)
    operation = pd.factorize(assumed["operation"])[0]
    order = np.lexsort((task, job, operation[task]))
    task, job = task[order], job[order]

    log_variance = np.log1p(assumed["cv"].to_numpy() ** 2)
    log_mean = np.log(assumed["mean_min"].to_numpy()) - log_variance / 2
    duration = np.exp(log_mean[task] + np.sqrt(log_variance[task]) * normal[task, job])

    table = assumed.iloc[task].reset_index(drop=True)
    table["job"] = job + 1
    table["step"] = table.groupby(["operation", "job"]).cumcount() + 1
    table["duration_min"] = duration.round(2)
    table["staff_min"] = (duration * table["staff"].to_numpy()).round(2)
    return table[["operation", "sector", "job", "step", "task", "duration_min", "contact", "channel", "staff_min"]]
