"""Blueprints as YAML: read with every fault at its line, and written so that reading gives the same again."""

from pathlib import Path as File
from typing import Any

from opsbook.blueprint.faults import Place, faults
from opsbook.blueprint.model import Blueprint
from opsbook.blueprint.parts import Link, Step, Way
from opsbook.errors import BlueprintError
from opsbook.validation import known

__all__ = ["dump", "load"]

_KEYS = ("name", "source", "start", "resources", "steps", "links")
_STEP = (
    "id",
    "name",
    "lane",
    "mean",
    "spread",
    "resource",
    "contact",
    "rework",
    "evidence",
    "fail_point",
    "poka_yoke",
    "elsewhere",
    "lanes",
)
_WAY = ("mean", "spread", "resource", "contact")
_LINK = ("from", "to", "probability")


def load(source: str | File) -> Blueprint:
    r"""Read a blueprint from YAML.

    Parameters
    ----------
    source : str or pathlib.Path
        A file; or, if it holds a line break, the YAML itself. The keys are ``name``, ``source``, ``start``,
        ``resources``, ``steps`` (with the fields of `Step`) and ``links`` (``from``, ``to``, ``probability``);
        ``elsewhere`` of a step gives fields by lane.

    Returns
    -------
    Blueprint

    Raises
    ------
    BlueprintError
        With every fault, each with its line and key.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> visit = load('''
    ... name: A question
    ... resources: {clerk: 1}
    ... steps:
    ...   - {id: ask, name: Ask, lane: customer, mean: 1}
    ...   - {id: answer, name: Answer, lane: frontstage, mean: 2, resource: clerk}
    ... links:
    ...   - {from: ask, to: answer}
    ... ''')
    >>> visit.flow_time, visit.bottleneck
    (3.0, 'clerk')
    """
    from opsbook.located import UnreadableError, parse  # noqa: PLC0415 - a YAML reader, for this call alone

    where, text = "", str(source)
    if isinstance(source, File) or "\n" not in source:
        where = f"{File(source).name}: "
        try:
            text = File(source).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise BlueprintError([f"{where}the file is no text in UTF-8. Save it as UTF-8."]) from None
    try:
        tree = parse(text)
    except UnreadableError as error:
        spot = f"line {error.line}: " if error.line else ""
        raise BlueprintError([f"{where}{spot}{error}"]) from None

    def at(place: Place, rule: str) -> str:
        key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
        return f"{where}line {tree.line(place)}{f', `{key}`' if key else ''}: {rule}"

    reader = _Reader()
    given = reader.blueprint(tree.value)
    found = [(place, rule) for _, place, rule in tree.problems] + reader.problems
    if not found:
        found = faults(**given)
    if found:
        placed = sorted(found, key=lambda fault: tree.line(fault[0]))
        raise BlueprintError([at(place, rule) for place, rule in placed])
    return Blueprint(**given)


class _Reader:
    """Turns plain values into the parts of a blueprint, and keeps what is not of their form."""

    def __init__(self) -> None:
        self.problems: list[tuple[Place, str]] = []

    def blueprint(self, value: Any) -> dict[str, Any]:
        given = self._fields((), value, _KEYS, needed=("name", "steps"), what="a blueprint")
        steps = [self._step(("steps", n), item) for n, item in self._items("steps", given.get("steps"))]
        links = [self._link(("links", n), item) for n, item in self._items("links", given.get("links"))]
        resources = given.get("resources") or {}
        if not isinstance(resources, dict):
            self.problems.append((("resources",), "`resources` must name resources and their numbers. Use `name: 1`."))
            resources = {}
        return {
            "name": given.get("name"),
            "steps": tuple(step for step in steps if step),
            "links": tuple(link for link in links if link),
            "resources": {name: float(n) if type(n) is int else n for name, n in resources.items()},
            "start": given.get("start", ""),
            "source": given.get("source", ""),
        }

    def _items(self, key: str, value: Any) -> list[tuple[int, Any]]:
        if isinstance(value, list):
            return list(enumerate(value))
        if value is not None:
            self.problems.append(((key,), f"`{key}` must be a list. Begin each of them with a dash."))
        return []

    def _fields(
        self, place: Place, value: Any, keys: tuple[str, ...], *, needed: tuple[str, ...], what: str
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            got = "nothing" if value is None else f"{value!r:.60}"
            self.problems.append((place, f"{what} must have keys and values, got {got}. Write `key: value`."))
            return {}
        for key in value:
            try:
                known("key", key, keys)
            except LookupError as error:
                self.problems.append(((*place, key), str(error)))
        for key in needed:
            if value.get(key) is None:
                self.problems.append((place, f"{what} needs the key `{key}`. Add it."))
        return {key: value[key] for key in keys if value.get(key) is not None}

    def _step(self, place: Place, value: Any) -> Step | None:
        given = self._fields(place, value, _STEP, needed=("id", "name", "lane"), what="a step")
        if not {"id", "name", "lane"} <= given.keys():
            return None
        # An id such as 1 is a number to YAML and a word to us.
        given["id"] = str(given["id"]) if type(given["id"]) is int else given["id"]
        ways = given.pop("elsewhere", {})
        if not isinstance(ways, dict):
            self.problems.append(
                ((*place, "elsewhere"), "`elsewhere` must have lanes as keys. Write `lane: {mean: 3}`.")
            )
            ways = {}
        return Step(**given, elsewhere=tuple(self._way((*place, "elsewhere", lane), lane, ways[lane]) for lane in ways))

    def _way(self, place: Place, lane: str, value: Any) -> Way:
        return Way(lane, **self._fields(place, {} if value is None else value, _WAY, needed=(), what="a way"))

    def _link(self, place: Place, value: Any) -> Link | None:
        given = self._fields(place, value, _LINK, needed=("from", "to"), what="a link")
        if not {"from", "to"} <= given.keys():
            return None
        ends = [str(given[key]) if type(given[key]) is int else given[key] for key in ("from", "to")]
        return Link(ends[0], ends[1], given.get("probability"))


def dump(blueprint: Blueprint, path: str | File | None = None) -> str:
    """Return a blueprint as YAML, and write it to a file if `path` names one; `load` gives the same blueprint again.

    Parameters
    ----------
    blueprint : Blueprint
        The blueprint, moved steps as they now stand.
    path : str or pathlib.Path, optional
        A file to write, or to write anew.

    Returns
    -------
    str
        YAML with the keys that `load` reads; what is not given is left out.

    Examples
    --------
    >>> visit = Blueprint("A question", [Step("ask", "Ask", "customer", mean=2)])
    >>> print(dump(visit))
    name: A question
    steps:
    - {id: ask, name: Ask, lane: customer, mean: 2}
    <BLANKLINE>
    >>> load(dump(visit)) == visit
    True
    """
    from opsbook.located import write  # noqa: PLC0415 - as above

    plain: dict[str, Any] = {"name": blueprint.name}
    if blueprint.source:
        plain["source"] = blueprint.source
    if blueprint.start != blueprint.steps[0].id:
        plain["start"] = blueprint.start
    if blueprint.resources:
        plain["resources"] = {name: _short(number) for name, number in blueprint.resources.items()}
    plain["steps"] = [_plain_step(step) for step in blueprint.steps]
    if blueprint.links:
        plain["links"] = [_plain_link(link) for link in blueprint.links]
    text = write(plain)
    if path is not None:
        File(path).write_text(text, encoding="utf-8", newline="\n")
    return text


def _short(number: float) -> float:
    return int(number) if number.is_integer() and abs(number) < 1e15 else number  # noqa: PLR2004 - all its digits count


def _plain_step(step: Step) -> dict[str, Any]:
    bare = Step(step.id, step.name, step.lane)
    given = {key: getattr(step, key) for key in _STEP}
    plain: dict[str, Any] = {
        key: _short(value) if isinstance(value, float) else value
        for key, value in given.items()
        if key in {"id", "name", "lane"} or value != getattr(bare, key)
    }
    if step.lanes:
        plain["lanes"] = list(step.lanes)
    if step.elsewhere:
        plain["elsewhere"] = {way.lane: _plain_way(way) for way in step.elsewhere}
    return plain


def _plain_way(way: Way) -> dict[str, Any]:
    given: dict[str, Any] = {key: getattr(way, key) for key in _WAY}
    return {
        key: _short(value) if isinstance(value, float) else value
        for key, value in given.items()
        if value is not None and (key, value) != ("contact", "")
    }


def _plain_link(link: Link) -> dict[str, Any]:
    plain: dict[str, Any] = {"from": link.source, "to": link.target}
    return plain if link.probability is None else {**plain, "probability": _short(link.probability)}
