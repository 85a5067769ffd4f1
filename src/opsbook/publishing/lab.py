"""JupyterLab on the course: a workspace of the learner's own, and no word to any other host."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml
from pybtex.database import parse_file
from pybtex.richtext import Text

from opsbook.publishing.notebooks import WIDGET_MIME_TYPE, sources, stored
from opsbook.publishing.solutions import strip

__all__ = ["SETTINGS", "cited_names", "legible", "prepare", "start"]

WORKSPACE: Final = "workspace"
# JupyterLab's own look-ups: news, new versions, extensions.
SETTINGS: Final = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
}
# What teachers have nbgrader for, its menu, lists and grader, is nothing to a learner and would slow the start.
PAGE: Final = {"disabledExtensions": ["@jupyter/nbgrader"]}
_TEACHING: Final = ("assignment_list", "course_list", "formgrader", "validate_assignment")

# In an f-string of a cell's code the braces are doubled.
_CITATION: Final = re.compile(r"\{{1,2}cite:([tp])\}{1,2}`([^`]+)`")
_TERM: Final = re.compile(r"\{{1,2}term\}{1,2}`([^`<]*[^`<\s])(?:\s*<[^`]*>)?`")


def prepare(root: Path, workspace: Path) -> list[Path]:
    """Copy chapters and exercises, less their solutions, into `workspace`; what a learner has there stays.

    Returns
    -------
    list of pathlib.Path
        The notebooks that were new.
    """
    new = []
    names = cited_names(root / "book" / "references.bib")
    for source in sources(root):
        target = workspace / source.parent.name / source.name
        if target.exists():
            _sweep(target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, legible(strip(json.loads(source.read_text(encoding="utf8"))), names))
            new.append(target)
    # The notebooks link to the glossary and the evidence; nobody works in these pages, so they are kept current.
    shutil.copytree(root / "book", workspace / "book", ignore=shutil.ignore_patterns("_static"), dirs_exist_ok=True)
    # Where the chapters' links to the workbook lead; the learner's copy stays.
    folder = workspace / "_static" / "downloads"
    if find_spec("xlsxwriter") is not None:
        from opsbook.publishing import workbook  # noqa: PLC0415 - its writer comes with the book's extra only

        if not (folder / workbook.FILE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            workbook.write(folder / workbook.FILE)
    settings = workspace / ".lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    for name, content in (("overrides.json", SETTINGS), ("page_config.json", PAGE)):
        (settings / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf8")
    return new


def _write(path: Path, notebook: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
    temporary.replace(path)


def _sweep(path: Path) -> None:
    """Take out the widgets of an earlier day, which JupyterLab would show as errors until their cells run again."""
    try:
        notebook = json.loads(path.read_text(encoding="utf8"))
        views = [data for _, data in stored(notebook, WIDGET_MIME_TYPE)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # not a notebook; it is the learner's, so it stays as it is
    for data in views:
        del data[WIDGET_MIME_TYPE]
    if views:
        _write(path, notebook)


def cited_names(bibliography: Path) -> dict[str, str]:
    """Return author and year of every reference, as the page's citations show them."""
    if not bibliography.exists():
        return {}
    names = {}
    for key, entry in parse_file(str(bibliography)).entries.items():
        # A book of chapters by many hands has an editor instead.
        authors = entry.persons.get("author") or entry.persons["editor"]
        people = [str(Text.from_latex(" ".join([*author.prelast_names, *author.last_names]))) for author in authors]
        joined = f"{people[0]} et al." if len(people) > 2 else " and ".join(people)  # noqa: PLR2004 - authors' custom
        names[key] = f"{joined}, {entry.fields['year']}"
    return names


def legible(notebook: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Write out the roles that only the page resolves, citations and terms, in text and in what cells write."""

    def cited(match: re.Match[str]) -> str:
        works = [names.get(key.strip(), key) for key in match[2].split(",")]
        if match[1] == "t":
            return " and ".join(re.sub(r", (\d{4}[a-z]?)$", r" (\1)", work) for work in works)
        return f"({'; '.join(works)})"

    def written(text: str | list[str]) -> list[str]:
        return _TERM.sub(r"\1", _CITATION.sub(cited, "".join(text))).splitlines(keepends=True)

    for cell in notebook["cells"]:
        cell["source"] = written(cell["source"])
    for mime, data in stored(notebook, "text/markdown"):
        data[mime] = written(data[mime])
    return notebook


def _environment(root: Path) -> dict[str, str]:
    """Return this process's environment with the class seed of the book, unless it holds one of its own."""
    settings = root / "_config.yml"
    written = yaml.safe_load(settings.read_text(encoding="utf8")) if settings.exists() else None
    seed = str((((written or {}).get("sphinx") or {}).get("config") or {}).get("opsbook_seed", 0))
    if not re.fullmatch(r"-?[0-9]+", seed):
        raise ValueError(f"`opsbook_seed` in {settings.name} must be a whole number, got {seed!r}. Mend or remove it.")
    return {**os.environ, "OPSBOOK_SEED": os.environ.get("OPSBOOK_SEED", "").strip() or seed}


def start(root: Path, *, workspace: Path | None = None, arguments: tuple[str, ...] = ()) -> None:
    """Open JupyterLab on the exercises in `workspace`; this process becomes JupyterLab and does not return.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds the book's sources.
    workspace : pathlib.Path, optional
        Where the learner's copies live; the default is ``workspace`` below `root`.
    arguments : tuple of str
        Passed on to JupyterLab.
    """
    if find_spec("jupyterlab") is None:
        raise ModuleNotFoundError(
            "JupyterLab is not installed here. Install the course's environment: pip install -r requirements.txt"
        )
    folder = workspace or root / WORKSPACE
    prepare(root, folder)
    # Kernels inherit it, and with it the numbers that the book's pages show.
    environment = _environment(root)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.app_settings_dir={(folder / '.lab' / 'settings').resolve()}",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--LabApp.default_url=/lab/tree/exercises",
        # Where nbgrader is not installed these say nothing.
        *(f"--ServerApp.jpserver_extensions=nbgrader.server_extensions.{name}=False" for name in _TEACHING),
        # In a container the only user is often root, which JupyterLab refuses unless told.
        *(["--ServerApp.allow_root=True"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *arguments,
    ]
    if os.name == "nt":  # where replacing a process would give the prompt back at once
        sys.exit(subprocess.run(command, check=False, env=environment).returncode)  # noqa: S603 - our own interpreter and arguments
    os.execve(command[0], command, environment)  # noqa: S606 - as above
