"""A small book of the bank's own questions, built by Sphinx in a process of its own, as an edition would be."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUESTION = "application/vnd.opsbook.question.v1+json"
CONFIGURATION = """
project = html_title = "A small book"
copyright = "2026"
root_doc = "book/index"
extensions = ["myst_nb", "opsbook.publishing.extension"]
html_theme = "opsbook"
html_math_renderer = "mathml"
html_copy_source = False
html_domain_indices = html_use_index = False
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
exclude_patterns = ["_build", "jupyter_execute"]
"""
CONTENTS = """# A small book

```{{toctree}}
:caption: First part
{chapters}
```

```{{toctree}}
:caption: Practise
{practice}
```
"""
PRACTICE = {
    "my-progress": "# My progress\n\n```{my-progress}\n```",
    "practice-exam": "# Exam\n\n```{practice-exam}\n```",
}


def code(source: str, *outputs: dict[str, Any], tags: Iterable[str] = ()) -> dict[str, Any]:
    shown = [{"output_type": "display_data", "metadata": {}, "data": data} for data in outputs]
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": shown,
        "source": source,
    }


def question(question_id: str, seed: int | None = None) -> dict[str, Any]:
    stored = {"text/plain": f"[Question] {question_id}", QUESTION: {"id": question_id, "seed": seed}}
    return code(f'exercises.question("{question_id}")', stored)


@dataclass
class SmallBook:
    """A book in `folder`: notebooks by their path, pages and data by file, and whether it has two to practise on."""

    folder: Path
    notebooks: dict[str, list[dict[str, Any]]]
    practice: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def html(self) -> Path:
        return self.folder / "_build"

    def build(self, *, expect: int = 0, **environment: str) -> str:
        """Build it, with `environment` beside the machine's own, and return what Sphinx complained of."""
        files = {"conf.py": CONFIGURATION + "".join(f"{name} = {value!r}\n" for name, value in self.settings.items())}
        for name, cells in self.notebooks.items():
            title = {"cell_type": "markdown", "metadata": {}, "source": f"# {name.title()}\n\nWords."}
            kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
            metadata = kernel | self.metadata.get(name, {})
            notebook = {"cells": [title, *cells], "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
            files[f"{name}.ipynb"] = json.dumps(notebook)
        practice = PRACTICE if self.practice else {}
        files |= {f"book/{name}.md": text for name, text in practice.items()}
        files |= self.pages
        further = [f"/{name.removesuffix('.md')}" for name in self.pages if name.endswith(".md")]
        files["book/index.md"] = CONTENTS.format(
            chapters="\n".join(f"/{name}" for name in self.notebooks), practice="\n".join([*practice, *further])
        )
        for path in self.folder.glob("*/*.ipynb"):
            if path.relative_to(self.folder).as_posix() not in files:
                path.unlink()
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text(encoding="utf8") != text:
                path.write_text(text, encoding="utf8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OPSBOOK")}
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-n", "--keep-going", "-q", ".", "_build"],
            cwd=self.folder,
            env={**kept, "PYTHONWARNINGS": "ignore", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, done.stderr
        return done.stderr
