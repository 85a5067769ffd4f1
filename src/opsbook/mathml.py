"""LaTeX mathematics to MathML, the one way in which the book and the questions typeset formulas."""

from functools import cache

from math_core import LatexError, LatexToMathML

__all__ = ["to_mathml"]


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False, xml_namespace=False)


@cache
def to_mathml(latex: str, *, display: bool = False) -> str:
    r"""Return `latex` as a MathML element that browsers draw without a script.

    Parameters
    ----------
    latex : str
        A formula in LaTeX's mathematical mode, without its dollar signs.
    display : bool
        True for a formula on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element.

    Raises
    ------
    ValueError
        The formula is not valid LaTeX, or uses a command that the converter does not know.

    Examples
    --------
    >>> to_mathml(r"\rho < 1")
    '<math><mi>ρ</mi><mo>&lt;</mo><mn>1</mn></math>'
    """
    try:
        return _converter().convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"`latex` must be valid LaTeX mathematics, got {latex!r}: {reason}") from None
