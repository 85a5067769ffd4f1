"""Who of the bank's service centre was there for the contacts, half hour by half hour, and what it cost."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opsbook.datasets.synthetic import contacts
from opsbook.datasets.synthetic.contacts import Floats
from opsbook.validation import whole_number

__all__ = ["contact_staffing"]

# Invented figures. The first is what the generator of the contacts brings on average: the plan is a fair one.
PLANNED_WORK_S = 745
PLANNED_OCCUPANCY = 0.80
ADHERENCE_SD = 0.10
FREE_MEAN_S = 120
HOURLY_COST_MEAN, HOURLY_COST_SD, HOURLY_COST_LEAST = 30.0, 3.0, 20.0
EVENING_FROM_H, EVENING_FACTOR = 18, 1.25

PAID_S = 1800
_SHIFT = contacts.OPEN_H  # half hours of a shift: half of the hours of opening time, two to the hour
_DAYS = contacts.WEEKS * contacts.DAYS_A_WEEK


def contact_staffing(*, seed: int | np.random.Generator = contacts.SHIPPED_SEED, scale: int = 1) -> pd.DataFrame:
    r"""Return invented staffed time and cost of the service centre whose contacts `contact_log` has.

    The figures are assumptions of this generator. They serve to compute occupancy, utilisation and cost per contact,
    and are no evidence about contact centres.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped file. The same number as for `contact_log`
        gives the staff of those contacts; a generator is moved on, so it gives the staff of contacts nobody has seen.
    scale : int
        Multiplies the customers, their cases and the agents, at least 1; give the one of the contacts.

    Returns
    -------
    pandas.DataFrame
        One row per agent on duty and half hour, in the order of time and agents, with the columns

        - ``agent_id``: who, as in `contact_log`;
        - ``start``: when the half hour began;
        - ``staffed_s``: time for which the agent was there for contacts, working or free, seconds; at most 1800;
        - ``paid_s``: time paid, seconds: 1800;
        - ``cost``: cost of the time paid, euros, to the cent.

    Raises
    ------
    TypeError
        `scale` is no whole number.
    ValueError
        `scale` is below 1.

    Notes
    -----
    **Shifts.** Half of the agents are on duty from 08:00 to 14:00 and half from 14:00 to 20:00, each on four days out
    of six: every contact that was answered has an agent who was on duty when it came.

    **Staffed time.** Half an hour's work of one agent is planned at `PLANNED_WORK_S` × the factor of the weekday × the
    factor of the hour, and staffed time at that over `PLANNED_OCCUPANCY`: the plan knows nothing of a busy day. Agents
    keep to it with a normal error, in proportion (`ADHERENCE_SD`). Where there is more work than planned, they stay
    with the contacts until it is done and for an exponential free time of mean `FREE_MEAN_S`, but never longer than
    the half hour. An agent does contacts one after the other: what does not fit into a half hour is done in
    the next one, on the next day of duty if need be. The rest of the paid time goes to breaks, training and other work.

    **Occupancy** is handling time over staffed time: about 0.68 in all, and below 1 on every day. The work that is done
    in a half hour fits into its staffed time. But the log books a contact's whole handling time at its arrival, while
    mail waits for hours and long talks go on: so handling time over staffed time exceeds 1 in some half hours, about
    one in fifteen of the whole team and one in thirteen of a single agent. Nobody worked more than the time there is.

    **Cost.** An agent costs a normal amount an hour of mean `HOURLY_COST_MEAN` euros and standard deviation
    `HOURLY_COST_SD`, to 0.10 and at least `HOURLY_COST_LEAST`, and from `EVENING_FROM_H` on `EVENING_FACTOR` times as
    much. It is the cost of all time paid, whether staffed or not. Cost and skill are independent, which in
    reality they are not.

    The shipped file depends on NumPy's stream of random numbers, which NumPy keeps but does not promise to keep.

    Examples
    --------
    >>> from opsbook.datasets import contact_log
    >>> log, staffing = contact_log(seed=1), contact_staffing(seed=1)
    >>> bool(staffing["staffed_s"].between(0, 1800).all())
    True
    >>> round(float(log["handle_s"].sum() / staffing["staffed_s"].sum()), 1)
    0.7
    """
    scale = whole_number("scale", scale)
    rng = np.random.default_rng(seed)
    agents = contacts.AGENTS * scale
    work = _work(contacts.made(rng, scale), agents)
    hourly_cost = HOURLY_COST_MEAN + HOURLY_COST_SD * rng.standard_normal(agents)
    hourly_cost = np.maximum(np.rint(10 * hourly_cost) / 10, HOURLY_COST_LEAST)

    # The two axes of time of the rows before the agents', so that the rows come in the order of time.
    agent, day = np.arange(agents), np.arange(_DAYS)[:, None]
    shift, place = np.divmod(agent, agents // 2)
    on_duty = (place - day) % contacts.OF_DAYS < contacts.DAYS_ON
    half_hour = np.arange(2 * _SHIFT)[:, None]
    there = on_duty[:, None, :] & (shift == half_hour // _SHIFT)
    day_of, half_hour_of, agent_of = np.nonzero(there)

    planned = PLANNED_WORK_S / PLANNED_OCCUPANCY * _factors()[day_of % contacts.DAYS_A_WEEK, half_hour_of]
    planned *= np.maximum(1 + ADHERENCE_SD * rng.standard_normal(len(planned)), 0)
    needed = _done(work, on_duty)[day_of, half_hour_of % _SHIFT, agent_of]
    needed = np.where(needed > planned, needed + FREE_MEAN_S * rng.standard_exponential(len(needed)), planned)
    evening = half_hour_of >= 2 * (EVENING_FROM_H - contacts.OPENS_AT_H)
    cents = np.rint(50 * hourly_cost[agent_of] * np.where(evening, EVENING_FACTOR, 1))
    return pd.DataFrame(
        {
            "agent_id": contacts.words(agent_of, contacts.agent_names(agents)),
            "start": contacts.time(day_of * contacts.OPEN_H * 3600 + half_hour_of * PAID_S),
            "staffed_s": np.rint(np.minimum(needed, PAID_S)).astype("int64"),
            "paid_s": np.full(len(needed), PAID_S),
            "cost": cents / 100,
        }
    )


def _factors() -> Floats:
    """Return the factor of each half hour of the week: days × half hours."""
    return np.outer(contacts.WEEKDAYS, np.repeat(contacts.HOURS, 2))


def _work(log: contacts.Arrays, agents: int) -> Floats:
    """Return the handling time that came to each agent, seconds: days × half hours of the shift × agents."""
    answered = log["agent"] >= 0
    half_hour = log["arrived"][answered] // PAID_S
    # Those of the day, and then those of the shift: what the agent's number tells already.
    cell = (half_hour // (2 * _SHIFT) * _SHIFT + half_hour % _SHIFT) * agents + log["agent"][answered]
    seconds = log["talk"][answered] + log["wrap"][answered]
    work = np.bincount(cell, seconds, _DAYS * _SHIFT * agents).astype("float64")
    return work.reshape(_DAYS, _SHIFT, agents)


def _done(work: Floats, on_duty: NDArray[np.bool_]) -> Floats:
    """Return the work that is done in each half hour: as much as fits, and the rest later."""
    done = np.empty_like(work)
    left = np.zeros(work.shape[-1])
    for day in range(len(work)):
        for half_hour in range(_SHIFT):
            left += work[day, half_hour]
            done[day, half_hour] = np.minimum(left, PAID_S) * on_duty[day]
            left -= done[day, half_hour]
    return done
