"""opsbook computes what the course on service operations explains.

Import a module and call its functions::

    from opsbook import contact, datasets, kpi

Modules load on first use, so ``import opsbook`` itself costs next to nothing.
"""

from importlib import import_module
from types import ModuleType

__all__ = [
    "blueprint",
    "charts",
    "contact",
    "datasets",
    "exercises",
    "forecast",
    "kpi",
    "quality",
    "queues",
    "simulate",
    "staffing",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'opsbook' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
