"""The cost of quality: what is spent to get things right, and what it costs to get them wrong."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from opsbook.validation import nonnegative, positive

__all__ = ["CostOfQuality", "cost_of_quality"]

Amount = float | Mapping[str, float]


@dataclass(frozen=True)
class CostOfQuality:
    """Costs of quality in four categories, in one unit of money for one period.

    Attributes
    ----------
    prevention, appraisal, internal_failure, external_failure : float
        Cost of each category.
    revenue : float or None
        Revenue of the same period.
    items : mapping of str to mapping of str to float
        What each category consists of, where it was given.

    Examples
    --------
    >>> clinic = cost_of_quality(prevention=20, appraisal=30, internal_failure=40, external_failure=110, revenue=1000)
    >>> clinic.total, clinic.failure_share, clinic.per_revenue
    (200.0, 0.75, 0.2)
    """

    prevention: float
    appraisal: float
    internal_failure: float
    external_failure: float
    revenue: float | None = None
    items: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def conformance(self) -> float:
        """Prevention and appraisal: what is spent so that things go right."""
        return self.prevention + self.appraisal

    @property
    def failure(self) -> float:
        """Internal and external failure: what it costs that things go wrong."""
        return self.internal_failure + self.external_failure

    @property
    def total(self) -> float:
        """All four categories."""
        return self.conformance + self.failure

    @property
    def shares(self) -> dict[str, float]:
        """Each category ÷ total, in [0, 1]; NaN if nothing is spent at all."""
        return {name: getattr(self, name) / self.total if self.total else math.nan for name in _CATEGORIES}

    @property
    def failure_share(self) -> float:
        """Failure ÷ total, in [0, 1]; NaN if nothing is spent at all."""
        return self.failure / self.total if self.total else math.nan

    @property
    def per_revenue(self) -> float:
        """Total ÷ revenue; NaN if the revenue is not known."""
        return math.nan if self.revenue is None else self.total / self.revenue


_CATEGORIES = ("prevention", "appraisal", "internal_failure", "external_failure")


def cost_of_quality(
    *,
    prevention: Amount,
    appraisal: Amount,
    internal_failure: Amount,
    external_failure: Amount,
    revenue: float | None = None,
) -> CostOfQuality:
    """Add up the cost of quality in its four categories.

    Parameters
    ----------
    prevention : float or mapping of str to float
        What keeps errors from happening: training, design, mistake-proofing. A sum, or amounts by item; any one unit of
        money, for one period; not negative.
    appraisal : float or mapping of str to float
        What finds errors: inspection, call monitoring, mystery shopping, audits.
    internal_failure : float or mapping of str to float
        What errors cost that are found before they reach the customer: rework, idle time.
    external_failure : float or mapping of str to float
        What errors cost that reach the customer: repeat contacts, refunds, compensation, lost custom.
    revenue : float, optional
        Revenue of the same period, above zero.

    Returns
    -------
    CostOfQuality
        Total, shares, cost of conformance and of failure, and total ÷ revenue.

    Raises
    ------
    TypeError
        An amount is no number.
    ValueError
        An amount is negative or not finite, or the revenue is not above zero.

    Notes
    -----
    In a service the customer is there while it is made, so often little failure is internal. Lost custom and word of
    mouth are in no ledger: without an estimate of them external failure is a lower bound. Whether another euro of
    prevention pays is a question about what it changes, which these sums do not answer.

    References
    ----------
    Feigenbaum, A. V. (1956). Total quality control. Harvard Business Review, 34(6), 93–101.

    Examples
    --------
    >>> bank = cost_of_quality(
    ...     prevention={"training": 12_000},
    ...     appraisal={"call monitoring": 18_000},
    ...     internal_failure=5_000,
    ...     external_failure={"repeat contacts": 48_000, "compensation": 17_000},
    ... )
    >>> bank.total, bank.conformance, bank.failure_share
    (100000.0, 30000.0, 0.7)
    """
    given = dict(
        zip(_CATEGORIES, (prevention, appraisal, internal_failure, external_failure), strict=True),
    )
    sums = {name: _sum(name, amount) for name, amount in given.items()}
    return CostOfQuality(
        **sums,
        revenue=None if revenue is None else float(positive("revenue", revenue)),
        items={name: dict(amount) for name, amount in given.items() if isinstance(amount, Mapping)},
    )


def _sum(name: str, amount: Amount) -> float:
    if isinstance(amount, Mapping):
        return math.fsum(float(nonnegative(f"{name}[{item!r}]", value)) for item, value in amount.items())
    value = nonnegative(name, amount)
    if value.ndim:
        raise TypeError(
            f"`{name}` must be one sum or a mapping of amounts, got {amount!r}. Add it up or name its items."
        )
    return float(value)
