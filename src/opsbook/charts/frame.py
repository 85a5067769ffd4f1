"""What turns an Altair chart into a figure of the book: its message and its description."""

import altair as alt

from opsbook.errors import ChartError

__all__ = ["View", "titled"]

# What altair calls a chart of one view, however it was put together.
View = alt.Chart | alt.LayerChart | alt.FacetChart


def titled(
    chart: View, message: str, *, description: str, subtitle: str = "", height: int | None = None, narrow: bool = True
) -> View:
    """Return `chart` with the message it brings and a description for readers who cannot see it.

    Parameters
    ----------
    chart : altair.Chart or altair.LayerChart
        One view, so that the page can draw it again at the width of a phone.
    message : str
        What the chart shows, as a sentence: "Mondays need 40 % more agents than Thursdays".
    description : str
        What is drawn and what it means, in one or two sentences. It becomes the alternative text.
    subtitle : str
        Where the data come from or what they assume.
    height : int, optional
        Height of the picture in pixels.
    narrow : bool
        False keeps the wide picture on a phone too, for a chart that is legible only when wide.

    Returns
    -------
    altair.Chart or altair.LayerChart
        A copy; `chart` itself is left as it was.

    Raises
    ------
    ChartError
        The message or the description is empty, or says no more than the other.

    Examples
    --------
    >>> import pandas as pd
    >>> agents = pd.DataFrame({"day": ["Mon", "Thu"], "agents": [14, 10]})
    >>> bars = alt.Chart(agents).mark_bar().encode(x="agents", y="day")
    >>> chart = titled(bars, "Mondays need four agents more", description="14 agents on Monday, 10 on Thursday.")
    >>> chart.title.text, chart.description
    ('Mondays need four agents more', '14 agents on Monday, 10 on Thursday.')
    """
    if not message.strip() or not description.strip():
        raise ChartError("`message` and `description` must both say something; a figure without words helps nobody.")
    if message.strip().rstrip(".") == description.strip().rstrip("."):
        raise ChartError("`description` must say what is drawn and what it means, not repeat `message`.")
    title = alt.TitleParams(text=message, subtitle=[subtitle] if subtitle else alt.Undefined)
    size = {} if height is None else {"height": height}
    return chart.properties(title=title, description=description, usermeta={"narrow": narrow}, **size)
