"""The form around an audit in JupyterLab: a list to upload, boxes to tick, what changes, and a decision to save.

Every change makes a new `Audit`, so that undoing is going back to an old one.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import anywidget
import ipywidgets as widgets
import traitlets

from opsbook.charts import decoupling
from opsbook.charts.picture import NARROW, WIDE, svg
from opsbook.exercises.assets import asset
from opsbook.exercises.audit import MAX_HANDOVER, MAX_STAFF, MIN_STAFF, Audit, amount, read_audit
from opsbook.exercises.task_lists import MAX_NAME, SAMPLE, read_tasks

__all__ = ["ContactAudit", "contact_audit"]


class _StatusLine(anywidget.AnyWidget):
    """A line of text that a screen reader announces whenever it changes."""

    _esm = asset("status-line.js")
    value = traitlets.Unicode().tag(sync=True)


_STYLE = f"<style>{asset('audit.css')}</style>"
_FILE_HELP = Template(asset("task-list.html")).substitute(sample=SAMPLE, quoted=quote(SAMPLE))
_MODEL_NOTE = asset("audit-model.html")


class ContactAudit:
    """The form around an `Audit`, made by `contact_audit` and shown by being a cell's last value.

    Attributes
    ----------
    audit : Audit
        The state that the form shows.
    view : ipywidgets.VBox
        The form.
    """

    audit: Audit
    view: Any

    def __init__(self, audit: Audit, save_to: Path, *, keep_list: bool) -> None:
        self.audit = audit
        # A notebook may change its working directory later on; the file belongs beside it all the same.
        self._path = save_to.absolute()
        self._on_disk: bytes | None = None
        self._past: list[Audit] = []
        self._filling = False
        self._build()
        self._restore(keep_list=keep_list)
        self._fill()

    def __repr__(self) -> str:
        return f"[Contact audit] {self.audit}"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        view = self.view._repr_mimebundle_()
        return {**view, "text/plain": repr(self)}

    def _build(self) -> None:
        def button(label: str, tooltip: str, act: Callable[[], None], style: str = "") -> Any:
            made = widgets.Button(
                description=label, tooltip=tooltip, button_style=style, layout={"width": "auto", "max_width": "100%"}
            )
            made.on_click(lambda _button: act())
            return made

        def number(label: str, tooltip: str, low: float, high: float) -> Any:
            made = widgets.BoundedFloatText(
                min=low, max=high, step=0.5, value=low, description=label, tooltip=tooltip, **_above("min(20em, 98%)")
            )
            made.observe(self._chosen, names="value")
            return made

        def buttons(*made: Any) -> Any:
            return widgets.HBox(made, layout={"flex_flow": "row wrap", "width": "98%"})

        self._news = {place: _StatusLine() for place in ("list", "choices", "decision")}
        self._result = _StatusLine()
        self._tasks, self._summary, self._staying = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._boxes = widgets.VBox()
        self._picture, self._figures = widgets.HTML(), widgets.HTML()
        self._handover = number(
            "Handover, staff minutes a job on each side",
            "The front writes each case up, the back reads it: both take this long",
            0,
            MAX_HANDOVER,
        )
        self._front = number("People in front", "Staff in the customer's sight after the split", MIN_STAFF, MAX_STAFF)
        self._back = number("People in the back", "Staff out of sight after the split", MIN_STAFF, MAX_STAFF)
        self._upload = widgets.FileUpload(
            accept=".csv,.txt,.tsv,text/csv",
            multiple=False,
            description="Upload a CSV file",
            tooltip="Your own task list, one line for each task",
            layout={"width": "auto", "max_width": "100%"},
        )
        self._upload.observe(self._uploaded, names="value")
        self._decision = widgets.Textarea(
            description="What moves, why, and the measure that would tell whether it worked",
            tooltip="It is saved with the list, your choices and the figures",
            rows=5,
            **_above("min(42em, 98%)"),
        )
        self.view = widgets.VBox(
            [
                widgets.HTML(_STYLE + "<h3>1. The tasks of one job</h3>"),
                buttons(
                    self._upload,
                    button("Use the sample", "Opening an account at an invented branch of a bank", self._use_sample),
                ),
                widgets.HTML(_FILE_HELP),
                self._news["list"],
                self._tasks,
                self._summary,
                widgets.HTML("<h3>2. What moves out of sight</h3><p>Tick the tasks that go to the back office.</p>"),
                self._boxes,
                self._staying,
                self._handover,
                self._front,
                self._back,
                buttons(
                    button("Undo", "Take the last change back", self._undo),
                    button("Start again", "Put every task in front again and reset the numbers", self._start_again),
                ),
                self._news["choices"],
                widgets.HTML("<h3>3. What changes</h3>"),
                self._result,
                self._picture,
                self._figures,
                widgets.HTML(_MODEL_NOTE),
                widgets.HTML("<h3>4. Your decision</h3>"),
                self._decision,
                buttons(button("Save", f"Write {self._path.name} beside the notebook", self._save, "primary")),
                self._news["decision"],
            ],
            layout={"width": "100%"},
        )
        self.view.add_class("opsbook-audit")

    def _say(self, place: str, text: str) -> None:
        for line in self._news.values():
            line.value = ""
        # Emptied first, so that the same words a second time are announced again.
        self._news[place].value = text

    def _fill(self) -> None:
        """Show the audit in every control and every result."""
        audit = self.audit
        self._filling = True
        try:
            self._handover.value = audit.handover
            self._front.value, self._back.value = audit.front_staff, audit.back_staff
            self._offer(audit)
        finally:
            self._filling = False
        self._tasks.value, self._summary.value = _tasks_table(audit), f"<p>{audit.summary}</p>"
        stays = "".join(f"<li>{escape(name)}</li>" for name in audit.staying)
        self._staying.value = f"<p>Stays in front: active contact</p><ul>{stays}</ul>" if stays else ""
        self._result.value = audit.sentence
        self._picture.value = _picture(audit) if audit.to_back else ""
        self._figures.value = _figures_table(audit) if audit.to_back else ""

    def _offer(self, audit: Audit) -> None:
        # New boxes would take the keyboard's focus away from the one just ticked.
        if audit.labels != tuple(box.description for box in self._boxes.children):
            old = self._boxes.children
            self._boxes.children = [
                widgets.Checkbox(
                    description=label,
                    indent=False,
                    tooltip="Tick to move this task to the back office",
                    style={"description_width": "initial"},
                    layout={"width": "98%", "height": "auto"},
                )
                for label in audit.labels
            ]
            for box in self._boxes.children:
                box.observe(self._chosen, names="value")
            for box in old:
                box.close()
        for name, box in zip(audit.movable, self._boxes.children, strict=True):
            box.value = name in audit.to_back

    def _become(self, audit: Audit, place: str, text: str = "") -> None:
        self._past.append(self.audit)
        self.audit = audit
        self._fill()
        self._say(place, text)

    def _chosen(self, _change: object) -> None:
        if self._filling:
            return
        ticked = zip(self.audit.movable, self._boxes.children, strict=True)
        audit = replace(
            self.audit,
            to_back=[name for name, box in ticked if box.value],
            handover=self._handover.value,
            front_staff=self._front.value,
            back_staff=self._back.value,
        )
        self._become(audit, "choices")

    def _undo(self) -> None:
        if not self._past:
            self._say("choices", "There is nothing to undo.")
            return
        self.audit = self._past.pop()
        self._fill()
        self._say("choices", "The last change is undone.")

    def _start_again(self) -> None:
        fresh = Audit(self.audit.tasks, name=self.audit.name)
        if fresh.choices == self.audit.choices:
            self._say("choices", "There is nothing to reset.")
            return
        self._become(fresh, "choices", "Every task is in front again. Undo brings your choices back.")

    def _use_sample(self) -> None:
        self._become(_sample(), "list", "This is the sample, which is invented.")

    def _uploaded(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        file = change["new"][0]
        # Emptied, so that the same file can be sent again once it is corrected.
        self._upload.value = ()
        name = " ".join(Path(file["name"]).stem.split())[:MAX_NAME] or "your tasks"
        try:
            audit = Audit(read_tasks(bytes(file["content"])), name=name)
        except ValueError as error:
            fault = str(error)
            self._say("list", f"{fault[0].upper()}{fault[1:]} The list below is still the last good one.")
            return
        self._become(audit, "list", f"Loaded {audit}.")

    def _restore(self, *, keep_list: bool) -> None:
        file = self._path.name
        try:
            content = self._path.read_bytes()
            audit, decision = read_audit(content)
        except FileNotFoundError:
            return
        except OSError as error:
            self._say("list", f"{file} cannot be opened ({error.strerror}), so nothing was restored.")
            return
        except ValueError:
            self._say("list", f"{file} is not a saved audit, so nothing was restored. Saving will set it aside.")
            return
        if keep_list and not audit.tasks.equals(self.audit.tasks):
            self._say("list", f"{file} holds another list, so nothing was restored. Saving will set it aside.")
            return
        self.audit, self._decision.value, self._on_disk = audit, decision, content
        self._say("list", f"Restored from {file}.")

    def _save(self) -> None:
        record = self.audit.record(self._decision.value)
        content = (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()
        file = self._path.name
        try:
            ours = not self._path.exists() or self._path.read_bytes() in (self._on_disk, content)
            kept = _write(self._path, content, replaceable=ours)
        except OSError as error:
            self._say("decision", f"{file} was not saved: {error.strerror}. Your entries are still here.")
            return
        self._on_disk = content
        aside = f" The file that was there is now {kept.name}." if kept else ""
        empty = "" if self._decision.value.strip() else " Your decision is still empty."
        self._say("decision", f"Saved to {file}.{aside}{empty}")


def contact_audit(tasks: object = None, *, save_to: str | os.PathLike[str] = "contact-audit.json") -> ContactAudit:
    """Let a learner take a task list to a decision about what moves out of the customer's sight.

    Parameters
    ----------
    tasks : pandas.DataFrame or polars.DataFrame, optional
        One job, as `Audit` takes it. Without it, the form starts with the sample: opening an account at an invented
        branch of a bank. In either case learners can upload a list of their own.
    save_to : path
        Where the Save button writes the audit as JSON: the list, the choices, the figures and the decision. If the
        file exists, the form opens with what it holds, unless `tasks` is another list. A file that the form has
        neither read nor written is set aside and never overwritten.

    Returns
    -------
    ContactAudit
        Shown by being a cell's last value.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, TypeError, ValueError
        If `tasks` is not a list that `Audit` takes.

    Notes
    -----
    The model is `contact.decouple`'s, with its assumptions. It shows what a split costs in capacity; whether
    something makes up for that is for the learner to measure, and the form says how much it takes.

    Examples
    --------
    >>> contact_audit()
    [Contact audit] opening an account: 7 tasks
    """
    start = _sample() if tasks is None else Audit(tasks)  # type: ignore[arg-type]
    return ContactAudit(start, Path(save_to), keep_list=tasks is not None)


def _sample() -> Audit:
    return Audit(read_tasks(SAMPLE), name="opening an account")


def _tasks_table(audit: Audit) -> str:
    origin = "a sample, invented for this course" if audit.invented else "your list"
    heads = ["Task", "Minutes", "Contact", "Staff minutes"][: len(audit.tasks.columns)]
    rows = (
        _row(name, _figure(amount(duration)), f"<td>{kind}</td>", *(_figure(amount(minutes)) for minutes in staff))
        for name, duration, kind, *staff in audit.tasks.itertuples(index=False)
    )
    return _table(f"{audit.name[:1].upper()}{audit.name[1:]} ({origin})", heads, rows)


def _figures_table(audit: Audit) -> str:
    rows = (_row(measure, *map(_figure, values)) for measure, *values in audit.comparison)
    return _table("The same in figures", ["Measure", "One pool", "Two teams"], rows)


def _table(caption: str, heads: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(head: str, *cells: str) -> str:
    return f'<tr><th scope="row">{escape(head)}</th>{"".join(cells)}</tr>'


def _figure(text: str) -> str:
    return f'<td class="number">{text}</td>'


def _picture(audit: Audit) -> str:
    spec = decoupling(audit.change, audit.headline, description=audit.description).to_dict()
    pictures = "".join(
        f'<div class="{kind}">{svg(spec, width=width)}</div>' for kind, width in (("wide", WIDE), ("narrow", NARROW))
    )
    return f"<figure><figcaption>{escape(audit.headline)}</figcaption>{pictures}</figure>"


def _above(width: str) -> dict[str, Any]:
    """Return traits that put a field's whole label above it."""
    return {
        "style": {"description_width": "initial"},
        "layout": {"flex_flow": "column", "align_items": "stretch", "width": width, "height": "auto"},
    }


def _write(path: Path, content: bytes, *, replaceable: bool) -> Path | None:
    """Write the file whole or not at all, and return where the one before is kept if it must not be lost."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        kept = None if replaceable else _set_aside(path)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return kept


def _set_aside(path: Path) -> Path:
    number = 1
    while (spare := path.with_name(f"{path.name}.{number}.bak")).exists():
        number += 1
    path.rename(spare)
    return spare
