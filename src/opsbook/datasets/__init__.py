"""The data of the course: what there is, what it means, and the tables themselves.

Every set is described before it is used: `names` lists them, `describe` says what a row is, whether the data are real,
where they come from and what to be careful about, and `load` returns a checked table. The synthetic sets can be drawn
anew, at any size, with the generator of the same name.

Examples
--------
>>> from opsbook import datasets
>>> datasets.names()
['bank_calls', 'cms_patient_experience', 'contact_log', 'contact_shares', 'covid_testing', 'daycare_fines',
 'flights', 'piston_rings', 'production_line', 'servqual_survey', 'solder', 'staff_turnover', 'tip_joke', 'tips']
>>> datasets.load("tip_joke").groupby("card")["tipped"].mean().round(2).to_dict()
{'ad': 0.19, 'joke': 0.42, 'none': 0.25}
"""

from opsbook.datasets.description import Column, Description, describe, names
from opsbook.datasets.loading import load
from opsbook.datasets.synthetic import (
    contact_log,
    contact_shares,
    production_line,
    servqual_survey,
    staff_turnover,
)

__all__ = [
    "Column",
    "Description",
    "contact_log",
    "contact_shares",
    "describe",
    "load",
    "names",
    "production_line",
    "servqual_survey",
    "staff_turnover",
]
