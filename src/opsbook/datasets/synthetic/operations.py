"""A bread factory that delivers: its orders, what its service desk hears of them, and the defects it finds."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opsbook.validation import whole_number

__all__ = ["DEFECTS", "PRODUCTS", "Defect", "Product", "ServiceOperations", "service_operations"]

# The one of 2000 to 2039 whose main figures come nearest to the assumptions.
SHIPPED_SEED = 2033


class Product(NamedTuple):
    """What is assumed about one product.

    Attributes
    ----------
    name : str
        The product.
    share : float
        Share of the orders, in [0, 1]; all shares sum to 1.
    price : float
        Price of a box, euros.
    shifts : tuple of float
        Shares of its orders that are packed in each of `SHIFTS`; they sum to 1.
    lead : tuple of float
        Shares of its orders that are delivered 1, 2, 3 and 4 working days after they came; they sum to 1.
    promise : int
        Working days after which delivery is promised from `PROMISE_FROM` on; before, `PROMISE_BEFORE` for all.
    """

    name: str
    share: float
    price: float
    shifts: tuple[float, float, float]
    lead: tuple[float, float, float, float]
    promise: int


class Defect(NamedTuple):
    """What is assumed about one kind of defect.

    Attributes
    ----------
    name : str
        What is wrong.
    reason : str
        Reason that the service desk notes when a customer reports it.
    share : float
        Probability that an order has it, in [0, 1]; for mould, at `MOULD_AT_C`.
    inspected : float
        Probability that the inspection before dispatch finds and mends it, in [0, 1].
    reported : float
        Probability that a customer who gets it says so, in [0, 1].
    after_days : tuple of int
        Least and most working days from delivery to the report; each number is as likely.
    cause : str
        Where it comes from; for mould, if the bread was packed below `WARM_C`.
    """

    name: str
    reason: str
    share: float
    inspected: float
    reported: float
    after_days: tuple[int, int]
    cause: str


# Invented figures, chosen to be plausible and to carry the story that the docstring tells. Nobody measured them.
SHIFTS = ("early", "late", "night")
PRODUCTS = (
    Product("plain", 0.50, 18.0, (0.50, 0.38, 0.12), (0.55, 0.40, 0.05, 0.00), 2),
    Product("wholemeal", 0.30, 20.0, (0.20, 0.20, 0.60), (0.45, 0.47, 0.08, 0.00), 2),
    Product("seeded", 0.20, 24.0, (0.50, 0.38, 0.12), (0.00, 0.35, 0.45, 0.20), 4),
)
DEFECTS = (
    Defect("mould", "bread spoiled", 0.005, 0.0, 0.55, (2, 4), "leaking seal"),
    Defect("crushed box", "box damaged", 0.012, 0.3, 0.60, (0, 1), "stacked too high"),
    Defect("short count", "delivery wrong", 0.006, 0.5, 0.85, (0, 1), "counted wrong"),
    Defect("wrong product", "delivery wrong", 0.004, 0.4, 0.90, (0, 1), "picked wrong"),
)
CAUSE_FOUND = 0.75

FIRST_DAY = np.datetime64("2024-01-08")  # a Monday
WEEKS, DAYS_A_WEEK = 26, 6
ORDERS_PER_DAY = 120
WEEKDAYS = (1.20, 1.00, 0.95, 1.00, 1.15, 0.70)
CUSTOMERS, CUSTOMER_SKEW = 400, 1.5
EXTRA_BOXES_MEAN = 3.0

FAULT_FROM, FAULT_UNTIL, FAULT_SHIFT = np.datetime64("2024-03-04"), np.datetime64("2024-04-29"), "night"
PACKED_MEAN_C, PACKED_SD_C = 24.0, 1.5
FAULT_MEAN_C, FAULT_SD_C = 34.5, 2.0
MOULD_AT_C, MOULD_PER_C, MOULD_MOST = 24.0, 1.3, 0.5
WARM_C, WARM_CAUSE = 29.0, "packed warm"

PROMISE_BEFORE, PROMISE_FROM = 2, np.datetime64("2024-05-20")
WHERE_REASON, WHERE_ON_TIME, WHERE_LATE = "where is my order", 0.01, 0.30
INVOICE_REASON, INVOICE_SHARE, INVOICE_AFTER_DAYS = "invoice", 0.015, (4, 15)

REQUEST_REASON = "asks for something new"
REQUESTS = {"smaller boxes": 3.0, "sliced bread": 4.0, "gluten-free bread": 2.5, "later delivery": 2.5}  # a week
GROWING_REQUEST, REQUEST_GROWTH = "smaller boxes", 1.06

HANDLE_MEAN_MIN = {
    "bread spoiled": 9.0,
    "box damaged": 7.0,
    "delivery wrong": 8.0,
    WHERE_REASON: 4.0,
    INVOICE_REASON: 6.0,
    REQUEST_REASON: 5.0,
}
HANDLE_SIGMA = 0.6
CREDIT_SHARE = (0.2, 0.6)
OPEN_MEAN_DAYS = 1.2
FOLLOW_UP_AFTER_DAYS, FOLLOW_UP = 2, 0.40
ESCALATED_FIRST, ESCALATED_PER_DAY, ESCALATED_MOST = 0.01, 0.05, 0.50

_DAYS = WEEKS * DAYS_A_WEEK
_NONE = -1

Codes = NDArray[np.int64]


class ServiceOperations(NamedTuple):
    """Three tables of one firm, as three departments keep them.

    Attributes
    ----------
    orders : pandas.DataFrame
        One row per order, from the order book and the packing station.
    contacts : pandas.DataFrame
        One row per contact of a customer with the service desk.
    defects : pandas.DataFrame
        One row per order in which a defect was found, from the inspection or after a customer's report.

    Examples
    --------
    >>> firm = service_operations(seed=1)
    >>> joined = firm.orders.merge(firm.defects, on="order_id", how="left", validate="one_to_one")
    >>> len(joined) == len(firm.orders)
    True
    """

    orders: pd.DataFrame
    contacts: pd.DataFrame
    defects: pd.DataFrame


def service_operations(*, seed: int | np.random.Generator = SHIPPED_SEED, scale: int = 1) -> ServiceOperations:
    r"""Return invented orders, contacts and defects of a bread factory that delivers to restaurants and shops.

    The figures are assumptions of this generator. They serve to follow a complaint to its cause in the operation and
    the cure back to the complaints, and are no evidence about factories, customers or service desks.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped files.
    scale : int
        Multiplies customers, orders and requests, at least 1. The shipped files have about 18,000 orders in 26 weeks.

    Returns
    -------
    ServiceOperations
        Three tables that share the numbers of orders and customers.

        ``orders``, in the order in which they came: ``order_id`` and ``customer_id``, from 1; ``ordered_on``;
        ``product``, as in `PRODUCTS`; ``boxes``; ``value``, euros; ``promised_on``; ``packed_on``; ``shift``, which
        packed it; ``packed_c``, temperature of the bread when it was packed, °C; ``delivered_on``.

        ``contacts``, by day: ``contact_id``, from 1; ``contacted_on``; ``customer_id``; ``order_id``, missing for a
        request that is about no order; ``reason``; ``request``, what was asked for, missing for other reasons;
        ``repeat_of``, the contact before this one about the same trouble, missing for the first; ``handle_min``, time
        of the desk, minutes; ``days_open``, working days until the matter was settled; ``escalated``, whether a
        manager had to take it over; ``credit``, what was credited to the customer, euros.

        ``defects``, by day: ``defect_id``, from 1; ``order_id``, at most once; ``found_on``; ``found_by``, inspection
        or customer; ``defect``, as in `DEFECTS`; ``cause``, as the quality bench found it, missing if it did not.

    Raises
    ------
    TypeError
        `scale` is no whole number.
    ValueError
        `scale` is below 1.

    Notes
    -----
    Days are Monday to Saturday; "days" below are working days. Orders are Poisson, `ORDERS_PER_DAY` × the factor of the
    weekday a day. An order is delivered after the days of its product (``lead``) and packed the day before.

    **The cause.** Bread is packed at a normal temperature of mean `PACKED_MEAN_C`. From `FAULT_FROM` on the filter of
    the cooling tunnel is clogged at night, and the night shift packs at `FAULT_MEAN_C`; from `FAULT_UNTIL` on, by day
    of packing, the filter is changed and all is as before. An order spoils with probability ``share`` × `MOULD_PER_C`
    to the power of the degrees above `MOULD_AT_C`, at most `MOULD_MOST`. Neither the product nor the shift has any
    other part in it. But wholemeal bread is mostly packed at night: who compares products alone blames the wrong thing.

    **Contacts follow.** A customer who gets a defect reports it with probability ``reported``, some days after the
    delivery: the contacts come after the cause and last beyond the fix, and they are fewer than the defects. Defects
    that the inspection finds are mended before dispatch and never heard of. An order has one defect at most. The bench
    finds the cause of a share `CAUSE_FOUND` of all defects: `WARM_CAUSE` for mould on bread packed at `WARM_C` or more.

    **The promise.** Until `PROMISE_FROM` every order is promised in `PROMISE_BEFORE` days, which seeded bread rarely
    meets; from then on each product has a promise of its own. Nothing is delivered sooner. Customers ask where
    their order is with probability `WHERE_LATE` if it is not there on the promised day, on the day after, and with
    `WHERE_ON_TIME` otherwise, on the day before delivery.

    **Requests.** What customers ask for that is not on offer comes in Poisson numbers a week (`REQUESTS`), and
    `GROWING_REQUEST` grows by the factor `REQUEST_GROWTH` each week.

    **The desk.** Handling time is lognormal around the mean of the reason (`HANDLE_MEAN_MIN`, `HANDLE_SIGMA`). A matter
    is open for an exponential time of mean `OPEN_MEAN_DAYS`, in whole days; if it is still open after
    `FOLLOW_UP_AFTER_DAYS`, the customer asks again with probability `FOLLOW_UP`. Escalation has probability
    `ESCALATED_FIRST` + `ESCALATED_PER_DAY` × days open, at most `ESCALATED_MOST`. The first report of a defect is
    credited with a uniform share `CREDIT_SHARE` of the order's value.

    **The ends.** The last orders come four days before the last day, so that all are delivered by then. Contacts after
    the last day are cut off, and those about orders before the first day are not there: the first and last days have
    fewer contacts.

    All else is independent, which in reality it is not: a spoiled order makes a customer watchful. The shipped files
    depend on NumPy's stream of random numbers, which NumPy keeps but does not promise to keep.

    Examples
    --------
    >>> firm = service_operations(seed=1)
    >>> spoiled = firm.contacts.query("reason == 'bread spoiled' and repeat_of.isna()")
    >>> spoiled.merge(firm.orders, on="order_id")["shift"].mode().item()
    'night'
    """
    scale = whole_number("scale", scale)
    rng = np.random.default_rng(seed)
    orders = _orders(rng, scale)
    count = len(orders)
    defect = _defects(rng, orders["packed_c"].to_numpy())
    found = rng.random(count) < _of_defect("inspected", defect)
    reported = (rng.random(count) < _of_defect("reported", defect)) & ~found
    cause = np.where((defect == 0) & (orders["packed_c"] >= WARM_C), len(DEFECTS), defect)
    cause = np.where(rng.random(count) < CAUSE_FOUND, cause, _NONE)

    reports = _reports(rng, orders, np.where(reported, defect, _NONE))
    contacts = _desk(rng, pd.concat([reports, _questions(rng, orders), _requests(rng, scale)], ignore_index=True))
    told = reports.set_index("order")["day"].reindex(range(count), fill_value=_DAYS).to_numpy()
    day = np.where(found, orders["packed"], told)
    # A report that would come after the last day is no contact, and finds no defect.
    known = np.flatnonzero((found | reported) & (day < _DAYS))
    known = known[np.argsort(day[known], kind="stable")]
    return ServiceOperations(
        _order_table(orders),
        contacts,
        pd.DataFrame(
            {
                "defect_id": np.arange(1, len(known) + 1),
                "order_id": 1 + known,
                "found_on": _date(day[known]),
                "found_by": _words(1 * ~found[known], ["inspection", "customer"]),
                "defect": _words(defect[known], [one.name for one in DEFECTS]),
                "cause": _words(cause[known], [*(one.cause for one in DEFECTS), WARM_CAUSE]),
            }
        ),
    )


def _orders(rng: np.random.Generator, scale: int) -> pd.DataFrame:
    """Return the orders, with days counted from 0 and words as codes."""
    days = np.arange(_DAYS - len(PRODUCTS[0].lead))
    ordered = np.repeat(days, rng.poisson(ORDERS_PER_DAY * scale * np.array(WEEKDAYS)[days % DAYS_A_WEEK]))
    count = len(ordered)
    customer = (CUSTOMERS * scale * rng.random(count) ** CUSTOMER_SKEW).astype("int64")
    product = rng.choice(len(PRODUCTS), count, p=[one.share for one in PRODUCTS])
    boxes = 1 + rng.poisson(EXTRA_BOXES_MEAN, count)
    shift = _drawn(rng, [one.shifts for one in PRODUCTS], product)
    lead = 1 + _drawn(rng, [one.lead for one in PRODUCTS], product)
    packed = ordered + lead - 1
    fault = (_date(packed) >= FAULT_FROM) & (_date(packed) < FAULT_UNTIL) & (shift == SHIFTS.index(FAULT_SHIFT))
    packed_c = np.where(fault, FAULT_MEAN_C, PACKED_MEAN_C)
    packed_c += np.where(fault, FAULT_SD_C, PACKED_SD_C) * rng.standard_normal(count)
    promise = np.where(
        _date(ordered) < PROMISE_FROM, PROMISE_BEFORE, np.array([one.promise for one in PRODUCTS])[product]
    )
    return pd.DataFrame(
        {
            "customer": customer,
            "ordered": ordered,
            "product": product,
            "boxes": boxes,
            "value": boxes * np.array([one.price for one in PRODUCTS])[product],
            "promised": ordered + promise,
            "packed": packed,
            "shift": shift,
            "packed_c": np.rint(10 * packed_c) / 10,
            "delivered": ordered + lead,
        }
    )


def _defects(rng: np.random.Generator, packed_c: NDArray[np.float64]) -> Codes:
    """Return the defect of each order; below zero for none."""
    mould = np.minimum(DEFECTS[0].share * MOULD_PER_C ** (packed_c - MOULD_AT_C), MOULD_MOST)
    edges = mould[:, None] + np.concatenate([[0], np.cumsum([one.share for one in DEFECTS[1:]])])
    kind = (rng.random(len(packed_c))[:, None] >= edges).sum(axis=1)
    return np.where(kind < len(DEFECTS), kind, _NONE)


def _of_defect(name: str, defect: Codes) -> NDArray[np.float64]:
    # The last entry is that of the code below zero: no defect.
    return np.array([*(getattr(one, name) for one in DEFECTS), 0.0])[defect]


def _reports(rng: np.random.Generator, orders: pd.DataFrame, defect: Codes) -> pd.DataFrame:
    """Return the first contacts about defects."""
    order = np.flatnonzero(defect >= 0)
    kind = defect[order]
    least, most = np.array([one.after_days for one in DEFECTS]).T
    share = rng.uniform(*CREDIT_SHARE, len(order))
    reasons = np.array([_REASONS.index(one.reason) for one in DEFECTS])
    return pd.DataFrame(
        {
            "day": orders["delivered"].to_numpy()[order] + rng.integers(least[kind], most[kind], endpoint=True),
            "customer": orders["customer"].to_numpy()[order],
            "order": order,
            "reason": reasons[kind],
            "request": _NONE,
            "credit": np.rint(100 * share * orders["value"].to_numpy()[order]) / 100,
        }
    )


def _questions(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Return the first contacts about orders that have no fault: where they are, and their invoices."""
    count = len(orders)
    late = orders["delivered"] > orders["promised"]
    where = rng.random(count) < np.where(late, WHERE_LATE, WHERE_ON_TIME)
    invoice = rng.random(count) < INVOICE_SHARE
    asked = np.where(late, orders["promised"] + 1, orders["delivered"] - 1)
    invoiced = orders["delivered"] + rng.integers(*INVOICE_AFTER_DAYS, count, endpoint=True)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "day": np.asarray(day)[flags],
                    "customer": orders["customer"].to_numpy()[flags],
                    "order": np.flatnonzero(flags),
                    "reason": _REASONS.index(reason),
                    "request": _NONE,
                    "credit": 0.0,
                }
            )
            for flags, day, reason in ((where, asked, WHERE_REASON), (invoice, invoiced, INVOICE_REASON))
        ]
    )


def _requests(rng: np.random.Generator, scale: int) -> pd.DataFrame:
    """Return the requests, which are about no order."""
    week = np.arange(WEEKS)[:, None]
    growth = np.where([name == GROWING_REQUEST for name in REQUESTS], REQUEST_GROWTH, 1.0) ** week
    numbers = rng.poisson(scale * growth * list(REQUESTS.values()))
    weeks = np.repeat(np.arange(WEEKS), numbers.sum(axis=1))
    count = len(weeks)
    return pd.DataFrame(
        {
            "day": weeks * DAYS_A_WEEK + rng.integers(DAYS_A_WEEK, size=count),
            "customer": (CUSTOMERS * scale * rng.random(count) ** CUSTOMER_SKEW).astype("int64"),
            "order": _NONE,
            "reason": _REASONS.index(REQUEST_REASON),
            "request": np.repeat(np.tile(np.arange(len(REQUESTS)), WEEKS), numbers.ravel()),
            "credit": 0.0,
        }
    )


def _desk(rng: np.random.Generator, first: pd.DataFrame) -> pd.DataFrame:
    """Return the table of contacts: the first ones, and those who ask again."""
    count = len(first)
    first["open"] = np.floor(OPEN_MEAN_DAYS * rng.standard_exponential(count)).astype("int64")
    first["first"] = _NONE
    again = np.flatnonzero((first["open"] >= FOLLOW_UP_AFTER_DAYS) & (rng.random(count) < FOLLOW_UP))
    second = first.iloc[again].assign(
        day=lambda one: one["day"] + FOLLOW_UP_AFTER_DAYS,
        open=lambda one: one["open"] - FOLLOW_UP_AFTER_DAYS,
        first=again,
        credit=0.0,
    )
    contacts = pd.concat([first, second], ignore_index=True)
    means = np.array(list(HANDLE_MEAN_MIN.values()))[contacts["reason"]]
    noise = np.exp(HANDLE_SIGMA * rng.standard_normal(len(contacts)) - HANDLE_SIGMA**2 / 2)
    contacts["handle"] = np.maximum(np.rint(10 * means * noise), 1) / 10
    danger = np.minimum(ESCALATED_FIRST + ESCALATED_PER_DAY * contacts["open"], ESCALATED_MOST)
    contacts["escalated"] = rng.random(len(contacts)) < danger
    contacts = contacts[contacts["day"] < _DAYS].sort_values("day", kind="stable")
    number = pd.Series(np.arange(1, len(contacts) + 1), index=contacts.index)
    return pd.DataFrame(
        {
            "contact_id": number,
            "contacted_on": _date(contacts["day"].to_numpy()),
            "customer_id": 1 + contacts["customer"],
            "order_id": (1.0 + contacts["order"]).where(contacts["order"] >= 0),
            "reason": _words(contacts["reason"].to_numpy(), _REASONS).set_axis(contacts.index),
            "request": _words(contacts["request"].to_numpy(), list(REQUESTS)).set_axis(contacts.index),
            "repeat_of": number.reindex(contacts["first"]).set_axis(contacts.index).astype("float64"),
            "handle_min": contacts["handle"],
            "days_open": contacts["open"],
            "escalated": contacts["escalated"],
            "credit": contacts["credit"],
        }
    ).reset_index(drop=True)


def _order_table(orders: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": np.arange(1, len(orders) + 1),
            "customer_id": 1 + orders["customer"],
            "ordered_on": _date(orders["ordered"].to_numpy()),
            "product": _words(orders["product"].to_numpy(), [one.name for one in PRODUCTS]),
            "boxes": orders["boxes"],
            "value": orders["value"],
            "promised_on": _date(orders["promised"].to_numpy()),
            "packed_on": _date(orders["packed"].to_numpy()),
            "shift": _words(orders["shift"].to_numpy(), list(SHIFTS)),
            "packed_c": orders["packed_c"],
            "delivered_on": _date(orders["delivered"].to_numpy()),
        }
    )


_REASONS = list(HANDLE_MEAN_MIN)


def _drawn(rng: np.random.Generator, shares: list[Any], row: Codes) -> Codes:
    """Return a column for each row, with the shares of that row."""
    edges = np.cumsum(shares, axis=1)[:, :-1]
    # Shares are rounded, so an edge may lie a hair below 1 where it means 1.
    chance = rng.random(len(row)) * (1 - 1e-9)
    return np.asarray((chance[:, None] >= edges[row]).sum(axis=1), dtype="int64")


def _date(day: Codes) -> NDArray[np.datetime64]:
    """Return the dates of working days, counted from 0."""
    week, weekday = np.divmod(day, DAYS_A_WEEK)
    # The loader's resolution of time.
    return (FIRST_DAY + (7 * week + weekday).astype("timedelta64[D]")).astype("datetime64[us]")


def _words(codes: Codes, words: list[str]) -> "pd.Series[str]":
    """Return the words of the codes; a code below zero is a missing word."""
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(words))).astype("str")
