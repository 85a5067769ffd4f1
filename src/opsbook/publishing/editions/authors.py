"""Whose the questions of an edition are: opsbook's, or those of who made the edition."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

__all__ = ["LICENCE", "Authors", "read_authors"]

LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/legalcode"
"""The terms of opsbook's own text and questions."""


@dataclass(frozen=True)
class Authors:
    """Which chapters of a stage are not opsbook's, and who gives the course.

    Attributes
    ----------
    own : tuple of str
        The chapters of the edition's own, by name.
    who : str
        Its instructor and institution; empty if its file names neither.
    """

    own: tuple[str, ...] = ()
    who: str = ""

    def rights(self, chapters: Iterable[str]) -> str:
        """Return whose the questions from `chapters` are, and on which terms; an empty text where nobody knows.

        Examples
        --------
        >>> ours = Authors(own=("our-hotel",), who="A. Keeper")
        >>> ours.rights(["our-hotel"])
        'A. Keeper'
        >>> ours.rights(["service-design", "our-hotel"]).partition(" - ")[0]
        'CC BY 4.0, the opsbook authors, except what is from our-hotel, A. Keeper'
        """
        among = tuple(dict.fromkeys(chapters))
        own = [each for each in among if each in self.own]
        if own and len(own) == len(among):
            return self.who
        except_own = f", except what is from {', '.join(filter(None, [*own, self.who]))}" if own else ""
        return f"CC BY 4.0, the opsbook authors{except_own} - {LICENCE}"

    def note(self, titles: Mapping[str, str], form: Callable[[str], str]) -> str:
        """Return a sentence on the questions that are not opsbook's; an empty text if all are.

        Parameters
        ----------
        titles : mapping of str to str
            The titles of chapters, by name.
        form : callable
            Writes a text that somebody chose as the page around it shows it.

        Examples
        --------
        >>> Authors(own=("our-hotel",)).note({"service-design": "Service design", "our-hotel": "Our hotel"}, str)
        "Not opsbook's: the questions of Our hotel."
        """
        own = [title for name, title in titles.items() if name in self.own]
        return f"Not opsbook's: the questions of {', '.join(map(form, filter(None, [*own, self.who])))}." if own else ""


def read_authors(stage: Path) -> Authors:
    """Read whose a stage is from its settings."""
    settings = yaml.safe_load((stage / "_config.yml").read_text(encoding="utf8"))
    edition = settings.get("sphinx", {}).get("config", {}).get("opsbook_edition", {})
    who = ", ".join(edition[each] for each in ("instructor", "institution") if edition.get(each))
    return Authors(tuple(edition.get("own", ())), who)
