"""Service blueprints: what the customer sees, who does what behind it, and what that means for time and capacity.

A blueprint (Shostack, 1984) is a map of a service by steps and links, in lanes that three lines keep apart. Here it is
data: `Blueprint` holds it, checks it, and computes critical path, flow time, contact, bottleneck and capacity; `load`
and `dump` read and write it as YAML; `opsbook.charts.blueprint` draws it. Times are minutes, rates are per hour.

Notes
-----
**Lanes.** The customer's own acts stand above the line of interaction; below it what staff and interfaces do where the
customer sees it, then the line of visibility, the backstage, the line of internal interaction, and support. Physical
evidence, the top lane, holds no work: it is what the customer sees at a step, so a step names it. Lanes and lines have
the names of Bitner et al. (2008), but the lowest line differs: here it divides by what work is for, one case or many,
and there by whether those who do it ever meet customers.

**Contact.** It is the time that the customer is present, as in `opsbook.contact`, wherever the work is done. Who waits
in the house for work behind the line of visibility is in passive contact.

**Links and time.** A link leads to the same lane or a neighbouring one: whatever passes between the customer and the
backstage passes somebody in front. Links without a probability are all followed, side by side; links with one are a
choice, and exactly one of them is followed. A step begins when all links that are followed to it have arrived. Nobody
queues: waiting for a resource that serves somebody else is no part of the flow time here. See `opsbook.simulate`.

References
----------
Bitner, M. J., Ostrom, A. L., & Morgan, F. N. (2008). Service blueprinting: A practical technique for service
innovation. California Management Review, 50(3), 66–94.

Shostack, G. L. (1984). Designing services that deliver. Harvard Business Review, 62(1), 133–139.
"""

from opsbook.blueprint.files import dump, load
from opsbook.blueprint.model import Blueprint, Load, Path, Route, Visits
from opsbook.blueprint.parts import LANES, LINES, Link, Step, Way

__all__ = ["LANES", "LINES", "Blueprint", "Link", "Load", "Path", "Route", "Step", "Visits", "Way", "dump", "load"]
