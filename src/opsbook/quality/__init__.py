"""Quality: whether a process is stable, whether it is good enough, and what its failures cost.

==========================  ==================================================================================
`control_chart`             Which samples show more than the usual variation of a process (X̄–R, X̄–S, I–MR, p, np, c, u).
`control_constants`         d2, c4, A2, D4 and the others, computed for any subgroup size.
`average_run_length`        How long a chart takes to notice a shift, and how often it is wrong without one.
`capability`                Whether what a stable process does is what was promised (Cp, Cpk, Pp, Ppk).
`cronbach_alpha`            How well the items of a questionnaire hang together.
`servqual_gaps`             Perception minus expectation, by item, by dimension and overall.
`pareto`                    Which few categories make most of a total.
`cost_of_quality`           Prevention, appraisal and failure, added up and set in proportion.
==========================  ==================================================================================

A control chart separates the variation that a process always has from the signals of something new::

    rings = control_chart(diameters, phase_one=25)
    rings.panels[0].centre, rings.sigma, rings.signalled

Notes
-----
**Two questions, two sets of limits.** Control limits come from the process and say what it does; specification limits
come from customers and say what it should do. A stable process may fail every customer, and a capable one may drift.

**What is computed.** No constant is read from a table: see `control_constants`. Run lengths are exact for independent
normal observations with known centre and sigma, and say so where they are shown.
"""

from opsbook.quality.capability import Capability, capability
from opsbook.quality.constants import ControlConstants, control_constants
from opsbook.quality.control import ControlChart, Panel, Signal, control_chart
from opsbook.quality.cost import CostOfQuality, cost_of_quality
from opsbook.quality.pareto import pareto
from opsbook.quality.run_length import average_run_length
from opsbook.quality.run_rules import RULE_SETS, RUN_RULES
from opsbook.quality.samples import subgroups
from opsbook.quality.scales import Alpha, ServqualGaps, cronbach_alpha, servqual_gaps

__all__ = [
    "RULE_SETS",
    "RUN_RULES",
    "Alpha",
    "Capability",
    "ControlChart",
    "ControlConstants",
    "CostOfQuality",
    "Panel",
    "ServqualGaps",
    "Signal",
    "average_run_length",
    "capability",
    "control_chart",
    "control_constants",
    "cost_of_quality",
    "cronbach_alpha",
    "pareto",
    "servqual_gaps",
    "subgroups",
]
