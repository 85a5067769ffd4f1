"""Pictures of customer contact: a job's timeline, shares of contact, its spread, and what decoupling changes."""

import altair as alt
import pandas as pd

from opsbook import contact
from opsbook.charts.frame import View, titled
from opsbook.charts.theme import CONTACT_COLOURS
from opsbook.validation import between, require_columns

__all__ = ["contact_extents", "contact_shares", "decoupling", "timeline"]

_WORDS = {"active": "active contact", "passive": "passive contact", "none": "customer absent"}
_EXACT = 999.5  # from here on, three significant digits would be written with an exponent
_PERCENT = alt.Axis(format="%", tickCount=5)


def _contact_colour(*, legend: bool = True) -> alt.Color:
    return alt.Color(
        "contact:N",
        title=None,
        legend=alt.Legend(orient="top", symbolType="square") if legend else None,
        scale=alt.Scale(domain=list(_WORDS.values()), range=[CONTACT_COLOURS[kind] for kind in _WORDS]),
        sort=list(_WORDS.values()),
    )


def timeline(tasks: pd.DataFrame, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw one job as a row of tasks in sequence, coloured by the customer's part in them.

    Parameters
    ----------
    tasks : pandas.DataFrame
        Columns ``task``, ``duration_min`` and ``contact`` (none, passive, active), in the order of work.
    message, description, subtitle : str
        As in `titled`.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    MissingColumnError
        If columns are missing.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["hear", "decide"], "duration_min": [6, 4], "contact": ["active", "none"]})
    >>> timeline(tasks, "Six minutes of ten need the customer", description="Two bars, one a task.").title.text
    'Six minutes of ten need the customer'
    """
    require_columns("a timeline", tasks.columns, ["task", "duration_min", "contact"])
    end = tasks["duration_min"].cumsum()
    drawn = pd.DataFrame(
        {
            "task": tasks["task"],
            "start": (end - tasks["duration_min"]).round(2),
            "end": end.round(2),
            "minutes": [
                f"{minutes:.3g}" if minutes < _EXACT else f"{minutes:.0f}" for minutes in tasks["duration_min"]
            ],
            "contact": tasks["contact"].map(_WORDS),
        }
    )
    base = alt.Chart(drawn).encode(y=alt.Y("task:N", sort=None, title=None))
    bars = base.mark_bar(height=18).encode(
        x=alt.X("start:Q", title="minutes from the start"), x2="end:Q", color=_contact_colour()
    )
    labels = base.mark_text(align="left", dx=5).encode(x="end:Q", text="minutes:N")
    return titled(
        alt.layer(bars, labels), message, description=description, subtitle=subtitle, height=26 * len(tasks) + 80
    )


def contact_shares(shares: pd.DataFrame, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw, for each operation, which share of the job the customer is actively, passively, or not present.

    Parameters
    ----------
    shares : pandas.DataFrame
        One row an operation: ``operation``, and the shares ``active`` and ``passive`` in [0, 1].
    message, description, subtitle : str
        As in `titled`.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    MissingColumnError
        If columns are missing.
    ValueError
        If an operation's shares add up to more than 1.

    Examples
    --------
    >>> shares = pd.DataFrame({"operation": ["clinic", "factory"], "active": [0.5, 0.0], "passive": [0.3, 0.1]})
    >>> contact_shares(shares, "The clinic keeps its patients", description="Two bars, in three parts.").title.text
    'The clinic keeps its patients'
    """
    require_columns("a chart of contact shares", shares.columns, ["operation", "active", "passive"])
    between("active + passive", shares["active"] + shares["passive"], 0, 1, hint="Give shares, not percentages.")
    wide = shares[["operation", "active", "passive"]].assign(none=1 - shares["active"] - shares["passive"])
    order = wide.sort_values("none")["operation"].tolist()
    drawn = wide.melt("operation", var_name="kind", value_name="share").round(3)
    drawn["contact"] = drawn["kind"].map(_WORDS)
    drawn["rank"] = drawn["kind"].map({kind: rank for rank, kind in enumerate(_WORDS)})
    base = alt.Chart(drawn).encode(y=alt.Y("operation:N", sort=order, title=None))
    bars = base.mark_bar().encode(
        x=alt.X("share:Q", title="share of the job's time", axis=_PERCENT, scale=alt.Scale(domain=[0, 1])),
        color=_contact_colour(),
        order="rank:O",
    )
    present = (
        alt.Chart(wide.assign(present=(1 - wide["none"]).round(3)))
        .mark_text(align="left", dx=5)
        .encode(
            y=alt.Y("operation:N", sort=order, title=None), x=alt.datum(1), text=alt.Text("present:Q", format=".0%")
        )
    )
    return titled(
        alt.layer(bars, present), message, description=description, subtitle=subtitle, height=28 * len(order) + 90
    )


def contact_extents(jobs: pd.DataFrame, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw the extent of contact of every single job, with each operation's median.

    Parameters
    ----------
    jobs : pandas.DataFrame
        One row a job: ``operation`` and ``extent`` in [0, 1].
    message, description, subtitle : str
        As in `titled`.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    MissingColumnError
        If columns are missing.

    Examples
    --------
    >>> jobs = pd.DataFrame({"operation": ["clinic", "clinic", "factory"], "extent": [0.8, 0.6, 0.05]})
    >>> contact_extents(jobs, "The clinic keeps its patients", description="A mark for each job.").title.text
    'The clinic keeps its patients'
    """
    require_columns("a chart of contact extents", jobs.columns, ["operation", "extent"])
    drawn = jobs[["operation", "extent"]].round(3)
    medians = drawn.groupby("operation", as_index=False)[["extent"]].median()
    order = medians.sort_values("extent", ascending=False)["operation"].tolist()
    y = alt.Y("operation:N", sort=order, title=None)
    x = alt.X("extent:Q", title="extent of contact", axis=_PERCENT, scale=alt.Scale(domain=[0, 1]))
    dots = alt.Chart(drawn).mark_tick(opacity=0.55, height=12).encode(x=x, y=y)
    middle = alt.Chart(medians).mark_point(shape="diamond", size=110, color=CONTACT_COLOURS["passive"]).encode(x=x, y=y)
    return titled(
        alt.layer(dots, middle), message, description=description, subtitle=subtitle, height=28 * len(order) + 70
    )


def decoupling(change: contact.Decoupling, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw what a decoupling does to contact time, flow time and capacity, before and after.

    The three have different units, so each is drawn in per cent of its value before; the labels give the values.

    Parameters
    ----------
    change : contact.Decoupling
        As `contact.decouple` returns it.
    message, description, subtitle : str
        As in `titled`.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["hear", "decide"], "duration_min": [6, 4], "contact": ["active", "none"]})
    >>> change = contact.decouple(tasks, to_back="decide")
    >>> decoupling(change, "Two jobs an hour are lost", description="A bar for each measure.").title.text
    'Two jobs an hour are lost'
    """
    rows = []
    for measure, field, unit in (
        ("customer present", "contact_time", "min"),
        ("flow time", "flow_time", "min"),
        ("capacity", "capacity", "an hour"),
    ):
        before, after = getattr(change.before, field), getattr(change.after, field)
        rows.append(
            {
                "measure": measure,
                "before": before,
                "after": after,
                "ratio": round(after / before, 3) if before else 0.0,
                "label": f"{measure}: {before:.1f} → {after:.1f} {unit}",
            }
        )
    drawn = pd.DataFrame(rows).round({"before": 2, "after": 2})
    top = max(1.2, drawn["ratio"].max() * 1.05)
    x = alt.X(
        "ratio:Q", title="after, as a share of before", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, top])
    )
    y = alt.Y("measure:N", sort=None, title=None, axis=alt.Axis(labels=False, ticks=False, domain=False))
    base = alt.Chart(drawn).encode(y=y)
    bars = base.mark_bar(height=18, yOffset=10).encode(x=x)
    labels = base.mark_text(align="left", dy=-9, fontWeight=600).encode(x=alt.datum(0), text="label:N")
    reference = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(strokeDash=[4, 4]).encode(x="ratio:Q")
    return titled(alt.layer(bars, reference, labels), message, description=description, subtitle=subtitle, height=220)
