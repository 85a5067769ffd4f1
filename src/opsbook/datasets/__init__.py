"""The data of the course: what there is, what it means, and the tables themselves.

Every set is described before it is used: `names` lists them, `describe` says what a row is, whether the data are real,
where they come from and what to be careful about, and `load` returns a checked table. The synthetic sets can be drawn
anew, at any size, with the generator of the same name; the three of the bread factory that delivers, which begin with
``service_``, with `service_operations`.

Examples
--------
>>> from opsbook import datasets
>>> datasets.names()
['airlines_on_time', 'attitude', 'bank_calls', 'cms_patient_experience', 'contact_log', 'contact_shares',
 'contact_staffing', 'covid_testing', 'daycare_fines', 'flights', 'lecturer_ratings', 'piston_rings',
 'production_line', 'restaurant_inspections', 'service_contacts', 'service_defects', 'service_orders',
 'servqual_survey', 'solder', 'staff_turnover', 'tip_joke', 'tips', 'transplant']
>>> datasets.load("tip_joke").groupby("card")["tipped"].mean().round(2).to_dict()
{'ad': 0.19, 'joke': 0.42, 'none': 0.25}
"""

from opsbook.datasets.description import Column, Description, describe, names
from opsbook.datasets.loading import load
from opsbook.datasets.synthetic import (
    ServiceOperations,
    contact_log,
    contact_shares,
    contact_staffing,
    production_line,
    service_operations,
    servqual_survey,
    staff_turnover,
)

__all__ = [
    "Column",
    "Description",
    "ServiceOperations",
    "contact_log",
    "contact_shares",
    "contact_staffing",
    "describe",
    "load",
    "names",
    "production_line",
    "service_operations",
    "servqual_survey",
    "staff_turnover",
]
