"""JupyterLab's workspace: notebooks without solutions, a learner's own work untouched, no word to another host."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from opsbook.publishing import lab, workbook


def notebook(answer: str) -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Übung"},
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [],
            "source": f"x = ...\n### BEGIN SOLUTION\nx = {answer}\n### END SOLUTION",
        },
        {"cell_type": "markdown", "metadata": {"tags": ["solution"]}, "source": f"The answer is {answer}."},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("chapters/a.ipynb", "exercises/a.ipynb"):
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True)
        path.write_text(notebook("secret"), encoding="utf8")
    (tmp_path / "course" / "book").mkdir()
    (tmp_path / "course" / "book" / "glossary.md").write_text("# Glossary", encoding="utf8")
    return tmp_path / "course"


def overrides(workspace: Path) -> dict[str, Any]:
    return json.loads((workspace / ".lab" / "settings" / "overrides.json").read_text(encoding="utf8"))


def test_a_new_workspace_gets_every_notebook_without_its_solutions(root: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "mine"
    new = lab.prepare(root, workspace)
    assert new == [workspace / "chapters" / "a.ipynb", workspace / "exercises" / "a.ipynb"]
    for path in new:
        text = path.read_text(encoding="utf8")
        assert "secret" not in text
        assert "Übung" in text
        assert len(json.loads(text)["cells"]) == 2


def test_pages_that_notebooks_link_to_come_along(root: Path, tmp_path: Path) -> None:
    lab.prepare(root, tmp_path / "mine")
    (root / "book" / "glossary.md").write_text("# Longer glossary", encoding="utf8")
    lab.prepare(root, tmp_path / "mine")
    assert (tmp_path / "mine" / "book" / "glossary.md").read_text(encoding="utf8") == "# Longer glossary"


def test_the_workbook_comes_along_and_stays_the_learners(root: Path, tmp_path: Path) -> None:
    lab.prepare(root, tmp_path / "mine")
    book = tmp_path / "mine" / "_static" / "downloads" / workbook.FILE
    assert book.read_bytes().startswith(b"PK")
    book.write_bytes(b"with my own numbers")
    lab.prepare(root, tmp_path / "mine")
    assert book.read_bytes() == b"with my own numbers"


def test_citations_and_terms_are_written_out(root: Path, tmp_path: Path) -> None:
    (root / "book" / "references.bib").write_text(
        "@book{a1, author={Ann Lee}, year={1990a}, title={A}}\n"
        "@book{b2, author={Bo de Vries and Cy Ng}, year={2001}, title={B}}\n"
        "@book{c3, author={{Office}}, year={2020}, title={C}}\n"
        '@book{e5, author={H{\\"u}ls, I and Proen{\\c{c}}a, J}, year={2011}, title={E}}\n'
        "@book{d4, author={D E and F G and H I}, year={1999}, title={D}}\n"
        "@book{f6, editor={Jo King}, year={1992}, title={F}}\n",
        encoding="utf8",
    )
    cell = {
        "cell_type": "markdown",
        "metadata": {},
        "source": "{cite:t}`a1` on {term}`contact` {cite:p}`b2, c3,d4`; {cite:p}`nobody`; {cite:t}`e5`; {cite:t}`f6`",
    }
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "chapters" / "a.ipynb").write_text(json.dumps(book), encoding="utf8")
    lab.prepare(root, tmp_path / "mine")
    (copied,) = json.loads((tmp_path / "mine" / "chapters" / "a.ipynb").read_text(encoding="utf8"))["cells"]
    assert "".join(copied["source"]) == (
        "Lee (1990a) on contact (de Vries and Ng, 2001; Office, 2020; E et al., 1999); (nobody); "
        "Hüls and Proença (2011); King (1992)"
    )


def test_what_a_cell_writes_is_legible_too(root: Path, tmp_path: Path) -> None:
    (root / "book" / "references.bib").write_text("@book{a1, author={Ann Lee}, year={1990}, title={A}}", "utf8")
    told = "{term}`Spread <variance>` of {term}`queues` {cite:p}`a1`"
    code = f"Markdown(f'{told.replace('{', '{{').replace('}', '}}')} is {{1}}.')"
    output = {"output_type": "execute_result", "data": {"text/markdown": f"{told} is 1."}, "metadata": {}}
    cell = {"cell_type": "code", "metadata": {}, "source": code, "execution_count": 1, "outputs": [output]}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "chapters" / "a.ipynb").write_text(json.dumps(book), encoding="utf8")
    lab.prepare(root, tmp_path / "mine")
    (copied,) = json.loads((tmp_path / "mine" / "chapters" / "a.ipynb").read_text(encoding="utf8"))["cells"]
    assert "".join(copied["source"]) == "Markdown(f'Spread of queues (Lee, 1990) is {1}.')"
    assert "".join(copied["outputs"][0]["data"]["text/markdown"]) == "Spread of queues (Lee, 1990) is 1."


def test_widgets_of_an_earlier_day_go_and_nothing_else(root: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "mine"
    lab.prepare(root, workspace)
    mine = workspace / "exercises" / "a.ipynb"
    copy = json.loads(mine.read_text(encoding="utf8"))
    copy["cells"][1]["source"] = ["x = 45"]
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone"}, "text/plain": "[Question] a/b: What?"}
    copy["cells"][1]["outputs"] = [{"output_type": "execute_result", "data": view, "metadata": {}}]
    mine.write_text(json.dumps(copy), encoding="utf8")
    lab.prepare(root, workspace)
    del view["application/vnd.jupyter.widget-view+json"]
    assert json.loads(mine.read_text(encoding="utf8")) == copy


def test_without_jupyterlab_one_sentence_says_what_to_install(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"JupyterLab is not installed.*requirements\.txt"):
        lab.start(root)


def test_the_course_itself_stays_as_it_is(root: Path, tmp_path: Path) -> None:
    lab.prepare(root, tmp_path / "mine")
    assert (root / "exercises" / "a.ipynb").read_text(encoding="utf8") == notebook("secret")


def test_a_learner_s_work_stays(root: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "mine"
    lab.prepare(root, workspace)
    mine = workspace / "exercises" / "a.ipynb"
    mine.write_text("my own work", encoding="utf8")
    (workspace / "notes.txt").write_text("mine too", encoding="utf8")
    (root / "exercises" / "a.ipynb").write_text(notebook("another"), encoding="utf8")
    assert lab.prepare(root, workspace) == []
    assert mine.read_text(encoding="utf8") == "my own work"
    assert (workspace / "notes.txt").read_text(encoding="utf8") == "mine too"


def test_what_was_deleted_or_is_new_comes(root: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "mine"
    lab.prepare(root, workspace)
    (workspace / "chapters" / "a.ipynb").unlink()
    (root / "exercises" / "b.ipynb").write_text(notebook("secret"), encoding="utf8")
    assert lab.prepare(root, workspace) == [workspace / "chapters" / "a.ipynb", workspace / "exercises" / "b.ipynb"]


def test_lookups_on_the_network_are_off(root: Path, tmp_path: Path) -> None:
    lab.prepare(root, tmp_path / "mine")
    settings = overrides(tmp_path / "mine")
    notification = settings["@jupyterlab/apputils-extension:notification"]
    assert notification == {"fetchNews": "false", "checkForUpdates": False}
    assert settings["@jupyterlab/extensionmanager-extension:plugin"] == {"enabled": False}


def test_what_teachers_have_nbgrader_for_is_off(root: Path, started: list[list[str]]) -> None:
    lab.start(root)
    off = {each.partition("=")[2] for each in started[0] if each.startswith("--ServerApp.jpserver_extensions=")}
    (installed,) = Path(sys.prefix, "etc", "jupyter", "jupyter_server_config.d").glob("nbgrader.json")
    enabled = json.loads(installed.read_text(encoding="utf8"))["ServerApp"]["jpserver_extensions"]
    assert off == {f"{name}=False" for name in enabled}
    page = json.loads((root / "workspace" / ".lab" / "settings" / "page_config.json").read_text(encoding="utf8"))
    assert page == {"disabledExtensions": ["@jupyter/nbgrader"]}


@pytest.fixture
def environments() -> list[dict[str, str]]:
    return []


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, environments: list[dict[str, str]]) -> list[list[str]]:
    """Catch the process that would take this one's place."""
    commands: list[list[str]] = []

    def become(_path: str, command: list[str], environment: dict[str, str]) -> None:
        commands.append(command)
        environments.append(environment)

    monkeypatch.setattr(os, "execve", become)
    return commands


def test_starting_prepares_and_becomes_jupyterlab(root: Path, started: list[list[str]]) -> None:
    lab.start(root, arguments=("--no-browser",))
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert command[-1] == "--no-browser"
    assert f"--ServerApp.root_dir={root / 'workspace'}" in command
    assert (root / "workspace" / "exercises" / "a.ipynb").exists()
    (settings,) = (each.partition("=")[2] for each in command if each.startswith("--LabApp.app_settings_dir="))
    assert (Path(settings) / "overrides.json").exists()


@pytest.mark.parametrize(
    ("written", "own", "expected"),
    [
        ("", "", "0"),
        ("title: a\nsphinx:\n", "", "0"),
        ("sphinx:\n  config:\n    html_title: a\n", "", "0"),
        ("sphinx:\n  config:\n    opsbook_seed: 7\n", "", "7"),
        ("sphinx:\n  config:\n    opsbook_seed: -7\n", " ", "-7"),
        ("sphinx:\n  config:\n    opsbook_seed: 7\n", "12", "12"),
    ],
)
@pytest.mark.usefixtures("started")
def test_kernels_draw_the_numbers_of_the_class(
    root: Path,
    environments: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    written: str,
    own: str,
    expected: str,
) -> None:
    (root / "_config.yml").write_text(written, encoding="utf8")
    monkeypatch.setenv("OPSBOOK_SEED", own)
    lab.start(root)
    (environment,) = environments
    assert environment["OPSBOOK_SEED"] == expected
    assert environment["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize("seed", ["seven", "1.5", "true", "[1]"])
def test_a_seed_that_is_no_whole_number_is_refused(root: Path, seed: str, started: list[list[str]]) -> None:
    (root / "_config.yml").write_text(f"sphinx:\n  config:\n    opsbook_seed: {seed}\n", encoding="utf8")
    with pytest.raises(ValueError, match=r"`opsbook_seed` in _config\.yml must be a whole number.*Mend"):
        lab.start(root)
    assert started == []


def test_jupyterlab_is_told_to_ask_no_host(root: Path, started: list[list[str]]) -> None:
    lab.start(root)
    (command,) = started
    assert "--LabApp.news_url=" in command
    assert "--LabApp.extension_manager=readonly" in command
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in command


def test_jupyterlab_knows_every_setting_that_it_is_given(root: Path, started: list[list[str]]) -> None:
    from jupyter_server.serverapp import ServerApp  # noqa: PLC0415 - half a second that only this test needs
    from jupyterlab.labapp import LabApp  # noqa: PLC0415 - as above

    lab.start(root)
    known = {"ServerApp": ServerApp.class_trait_names(), "LabApp": LabApp.class_trait_names()}
    for argument in started[0][3:]:
        application, _, trait = argument.removeprefix("--").partition("=")[0].partition(".")
        assert trait in known[application]


def test_the_workspace_may_be_anywhere(root: Path, tmp_path: Path, started: list[list[str]]) -> None:
    lab.start(root, workspace=tmp_path / "elsewhere")
    assert f"--ServerApp.root_dir={tmp_path / 'elsewhere'}" in started[0]
    assert not (root / "workspace").exists()
