"""An instructor's own data take the place of the course's, or one complete list says why they cannot."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

import opsbook
from opsbook import datasets
from opsbook.datasets import storage
from opsbook.errors import EditionError
from opsbook.publishing.editions import data, effects
from opsbook.publishing.editions.settings import Settings
from opsbook.publishing.notebooks import sources

from .reading import read

ROOT = Path(opsbook.__file__).parents[2]
SYNTHETIC = [name for name in datasets.names() if datasets.describe(name).synthetic]
TIPS = "bill,tip,payer,smokers,day,time,party_size\n"
GOOD = "16.99,1.01,female,false,Sun,dinner,2\n"


def edition(folder: Path, given: str, **files: str | bytes) -> Settings:
    """Return the settings of an edition with `given` as its data, and files beside it."""
    for name, content in files.items():
        (folder / f"{name}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    file = folder / "edition.yml"
    file.write_text(f"title: A course\ninstructor: Ada Example\ndata: {given}\n", encoding="utf8")
    return read(file)


def problems(folder: Path, given: str, **files: str | bytes) -> list[str]:
    """Return what is wrong with the data, without the place in the edition's file."""
    found = data.check(edition(folder, given, **files), ROOT)
    return [problem.partition("edition.yml:3: data.")[2] for problem in found]


def shipped(name: str) -> bytes:
    content = storage.read(datasets.describe(name).file)
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A project with the course's data and generators, and no notebooks."""
    folder = tmp_path / "stage"
    shutil.copytree(ROOT / "datasets", folder / "datasets")
    shutil.copytree(ROOT / "src" / "opsbook" / "datasets", folder / "src" / "opsbook" / "datasets")
    return folder


def notebook(path: Path, *cells: str) -> Path:
    """Write a notebook: cells that begin with # are text, others code."""
    made = [nbformat.v4.new_markdown_cell(c) if c.startswith("#") else nbformat.v4.new_code_cell(c) for c in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nbformat.v4.new_notebook(cells=made)), encoding="utf8")
    return path


def loaded_in(stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "folder", lambda: stage / "datasets")


class TestCheck:
    @pytest.mark.parametrize("name", datasets.names())
    def test_the_courses_own_rows_keep_every_rule(self, tmp_path, name):
        assert problems(tmp_path, f"{{{name}: own.csv}}", own=shipped(name)) == []

    def test_a_set_that_is_not_replaced_is_not_looked_at(self, tmp_path):
        assert data.check(edition(tmp_path, "{}"), ROOT) == []
        assert data.substitutions(edition(tmp_path, "{}"), ROOT) == ()

    @pytest.mark.parametrize(
        ("content", "rules"),
        [
            pytest.param(
                "bil,tip,smokers,payer,day,party_size,waiter\n1,1,false,male,Sun,2,Jo\n",
                [
                    "needs the column 'bill' of tips, got none of that name. Perhaps 'bil' is it? Rename it.",
                    (
                        "needs the column 'time' of tips, got none of that name. It is string: meal (one of lunch, "
                        "dinner). Add it."
                    ),
                    "must have the columns of tips only, got 'bil'. Did you mean 'bill'?",
                    "must have the columns of tips only, got 'waiter'. Remove it.",
                ],
                id="columns that are missing and unknown",
            ),
            pytest.param(
                "tip,bill,payer,smokers,day,time,party_size\n1.01,16.99,female,false,Sun,dinner,2\n",
                [
                    (
                        "must have its columns in the order bill, tip, payer, smokers, day, time, party_size, got tip, "
                        "bill, payer, smokers, day, time, party_size. Reorder them."
                    )
                ],
                id="columns in another order",
            ),
            pytest.param(
                TIPS.replace("payer", "tip,payer") + "1,1,1,male,true,Sun,dinner,2\n",
                ["must name each column once, got 'tip' 2 times. Remove one."],
                id="a column twice",
            ),
            pytest.param(
                TIPS + GOOD + "x,1,male,TRUE,Sunday,dinner,2.5\n-3,,male,NO,Mon,lunch,\n4,-1,male,true,Sun,lunch,0\n",
                [
                    "column 'bill' [US dollars] must be a number, got 'x' in row 3. Correct these cells.",
                    "column 'bill' [US dollars] must be at least 0, got '-3' in row 4. Correct these cells.",
                    "column 'tip' [US dollars] must be filled in, got nothing in row 4. Correct these cells.",
                    "column 'tip' [US dollars] must be at least 0, got '-1' in row 5. Correct these cells.",
                    (
                        "column 'smokers' must be true or false, got 'TRUE' in row 3 and 'NO' in row 4. "
                        "Correct these cells."
                    ),
                    (
                        "column 'day' must be one of Thu, Fri, Sat, Sun, got 'Sunday' in row 3 and 'Mon' in row 4. "
                        "Correct these cells."
                    ),
                    "column 'party_size' [people] must be filled in, got nothing in row 4. Correct these cells.",
                    "column 'party_size' [people] must be a whole number, got '2.5' in row 3. Correct these cells.",
                    "column 'party_size' [people] must be at least 1, got '0' in row 5. Correct these cells.",
                ],
                id="cells that break rules, each rule once",
            ),
            pytest.param(
                TIPS + "".join(f"x{n},1,male,true,Sun,lunch,2\n" for n in range(9)),
                [
                    (
                        "column 'bill' [US dollars] must be a number, got 'x0' in row 2, 'x1' in row 3, 'x2' in row 4 "
                        "and 6 rows more. Correct these cells."
                    )
                ],
                id="only the first faults of a rule",
            ),
            pytest.param(
                TIPS + GOOD + "1,2\n\n" + GOOD + "1,1,male,true,Sun,lunch,2,3\n",
                [
                    (
                        "rows must have 7 cells like the column names, got 2 cells in row 3 and 8 cells in row 6. Put "
                        "quotation marks around cells with commas, or add what is missing."
                    )
                ],
                id="rows of another length",
            ),
            pytest.param(
                TIPS + GOOD + '1,"1"x,male,true,Sun,lunch,2\n',
                [
                    (
                        "row 3 must have its quotation marks in pairs around whole cells, got one that is not (',' "
                        "expected after '\"'). Mend it; rows below it were not read."
                    )
                ],
                id="a stray quotation mark",
            ),
            pytest.param(
                TIPS.replace(",", ";") + GOOD.replace(",", ";"),
                ["must have commas between its cells, got semicolons. Save it as CSV with commas."],
                id="semicolons",
            ),
            pytest.param(
                "", ["needs a row of column names at its top, got an empty line. Write it again as CSV."], id="empty"
            ),
            pytest.param(TIPS, ["needs at least one row below the column names, got none. Add rows."], id="no rows"),
            pytest.param(
                (TIPS + "1,1,café,true,Sun,lunch,2\n").encode("latin1"),
                ["2: must be UTF-8 text, got the byte 0xe9. Save it as CSV UTF-8."],
                id="another encoding",
            ),
            pytest.param(
                b"PK\x03\x04 and so on",
                ["must be CSV text, got a workbook. Save its sheet as CSV UTF-8."],
                id="a workbook",
            ),
        ],
    )
    def test_every_fault_in_one_list(self, tmp_path, content, rules):
        found = problems(tmp_path, "{tips: own.csv}", own=content)
        assert [problem.removeprefix("tips: own.csv:").strip() for problem in found] == rules

    def test_a_byte_order_mark_and_dos_line_ends_do_no_harm(self, tmp_path):
        content = b"\xef\xbb\xbf" + (TIPS + GOOD).replace("\n", "\r\n").encode()
        assert problems(tmp_path, "{tips: own.csv}", own=content) == []

    def test_times_have_one_form_and_belong_to_our_age(self, tmp_path):
        rows = "interval_start,calls_handled\n2026-03-02 07:00,5\n2026-13-02T07:00,5\n2026-03-02T07:00,5\n"
        assert problems(tmp_path, "{bank_calls: own.csv}", own=rows) == [
            (
                "bank_calls: own.csv: column 'interval_start' must be a time such as 2003-03-03T07:00, got "
                "'2026-03-02 07:00' in row 2 and '2026-13-02T07:00' in row 3. Correct these cells."
            )
        ]
        old = "interval_start,calls_handled\n0206-03-02T07:00,5\n"
        (problem,) = problems(tmp_path, "{bank_calls: own.csv}", own=old)
        assert "must lie between the years 1900 and 2200, got '0206-03-02T07:00' in row 2" in problem

    def test_keys_are_different_in_every_row(self, tmp_path):
        rows = "interval_start,calls_handled\n2026-03-02T07:00,5\n2026-03-02T07:05,5\n2026-03-02T07:00,6\n"
        assert problems(tmp_path, "{bank_calls: own.csv}", own=rows) == [
            (
                "bank_calls: own.csv: 'interval_start' must be different in every row, got '2026-03-02T07:00' in row "
                "4. Remove the rows that stand there twice, or number them anew."
            )
        ]
        rows = "sample,phase,ring,diameter_mm\n1,1,1,74\n1,1,2,74\n1,1,1,74\n"
        (problem,) = problems(tmp_path, "{piston_rings: own.csv}", own=rows)
        assert "'sample' and 'ring' must be different in every row, got '1, 1' in row 4" in problem

    def test_what_names_a_row_of_another_set_finds_it(self, tmp_path):
        defects = shipped("service_defects").decode().splitlines()
        lost = defects[1].split(",")
        lost[1] = "999999"
        orders = shipped("service_orders").decode().splitlines()
        own = "\n".join([defects[0], ",".join(lost), *defects[2:]])
        assert problems(tmp_path, "{service_defects: own.csv}", own=own) == [
            (
                "service_defects: own.csv: column 'order_id' must name a 'order_id' of service_orders, or be empty, "
                "got '999999' in row 2. Correct these cells, or replace 'service_orders' as well."
            )
        ]
        named = {row.split(",")[1] for row in defects[1:]}
        kept = [orders[0], *(row for row in orders[1:] if row.split(",")[0] in named)]
        given = "{service_defects: own.csv, service_orders: orders.csv}"
        assert problems(tmp_path, given, own="\n".join(defects), orders="\n".join(kept)) == []

    def test_size_has_limits(self, tmp_path, monkeypatch):
        monkeypatch.setattr(data, "MOST_ROWS", 2)
        assert problems(tmp_path, "{tips: own.csv}", own=TIPS + GOOD * 3) == [
            "tips: own.csv: must have 2 rows at most, got 3. Draw a sample of them."
        ]
        monkeypatch.setattr(data, "MOST_BYTES", 50)
        assert problems(tmp_path, "{tips: own.csv}", own=TIPS + GOOD) == [
            "tips: own.csv: must have 50 bytes of text at most, got more. Draw a sample of its rows."
        ]

    def test_a_seed_is_for_synthetic_sets_and_one_for_a_draw(self, tmp_path):
        assert problems(tmp_path, "{tips: {seed: 3}}") == [
            "tips: a seed is for a synthetic set, got 3 for 'tips', which is real. Give a CSV file."
        ]
        assert problems(tmp_path, "{contact_log: {seed: 3}, contact_staffing: {seed: 4}}") == [
            (
                "contact_staffing: contact_log and contact_staffing are one draw and need one seed, got 3 for "
                "contact_log and 4 for contact_staffing. Write one of them."
            )
        ]


class TestSubstitute:
    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_a_drawn_set_is_written_as_the_course_writes_it(self, stage, tmp_path, monkeypatch, name):
        about = datasets.describe(name)
        content = storage.read(about.file)
        module = next(module for names, module in data._FAMILIES if name in names)
        seed = sys.modules[f"opsbook.datasets.synthetic.{module}"].SHIPPED_SEED
        data.substitute(SimpleNamespace(settings=edition(tmp_path, f"{{{name}: {{seed: {seed}}}}}")), stage)
        assert (stage / "datasets" / about.file).read_bytes() == content
        loaded_in(stage, monkeypatch)
        assert datasets.describe(name).checksum == about.checksum

    def test_a_new_seed_brings_the_whole_draw_and_becomes_the_generators_default(self, stage, tmp_path, monkeypatch):
        settings = edition(tmp_path, "{contact_staffing: {seed: 7}}")
        replaced = data.substitute(SimpleNamespace(settings=settings), stage)
        assert [each.said for each in replaced] == [
            "contact_log drawn anew with seed 7 together with contact_staffing",
            "contact_staffing drawn anew with seed 7",
        ]
        code = (
            "import pandas as pd; from opsbook import datasets; log = datasets.load('contact_log'); print(len(log)); "
            "pd.testing.assert_frame_equal(log, datasets.contact_log(), check_dtype=False)"
        )
        shutil.copytree(ROOT / "src" / "opsbook", stage / "src" / "opsbook", dirs_exist_ok=True, ignore=_datasets)
        environment = {**os.environ, "PYTHONPATH": str(stage / "src")}
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        rows = len(datasets.contact_log(seed=7))
        assert said.stdout.split() == [str(rows)]
        assert rows != datasets.describe("contact_log").rows
        loaded_in(stage, monkeypatch)
        about = datasets.describe("contact_log")
        assert about.origin == (
            "synthetic: made by a generator, no evidence about the world; drawn anew in this edition with seed 7"
        )
        assert about.sources[0].startswith("opsbook.datasets.contact_log with the seed 7 of this edition; ")
        assert about.caveats[-1].startswith("Drawn anew in this edition with seed 7: ")

    def test_a_file_takes_the_name_and_the_place_of_the_set(self, stage, tmp_path, monkeypatch):
        rows = "interval_start,calls_handled\r\n2026-03-02T07:00,5\r\n2026-03-02T07:05,0\r\n"
        settings = edition(tmp_path, "{bank_calls: ours.csv}", ours=b"\xef\xbb\xbf" + rows.encode())
        before = (stage / "datasets" / "bank_calls.csv.gz").read_bytes()
        (replaced,) = data.substitute(SimpleNamespace(settings=settings), stage)
        assert replaced.said == "bank_calls replaced by ours.csv"
        content = (stage / "datasets" / "bank_calls.csv.gz").read_bytes()
        assert gzip.decompress(content) == rows.replace("\r\n", "\n").encode()
        package = json.loads((stage / "datasets" / "datapackage.json").read_text("utf8"))
        record = next(each for each in package["resources"] if each["name"] == "bank_calls")
        assert (record["bytes"], record["rows"]) == (len(content), 2)
        assert record["hash"] == f"sha256:{sha256(content).hexdigest()}"
        old = storage.read("bank_calls.csv.gz")
        loaded_in(stage, monkeypatch)
        about = datasets.describe("bank_calls")
        assert datasets.load("bank_calls")["calls_handled"].tolist() == [5, 0]
        assert about.origin == "an instructor's own; replaced in this edition by ours.csv"
        assert (about.kind, about.licence, about.attribution) == (
            "an instructor's own",
            "not stated",
            "Supplied by Ada Example.",
        )
        assert "Ada Example" in (stage / "datasets" / about.licence_path).read_text("utf8")
        assert before == old  # the course keeps its own

    def test_how_the_files_were_made_is_not_said_of_what_was_replaced(self, stage, tmp_path):
        readme = stage / "datasets" / "README.md"
        course = readme.read_text("utf8")
        settings = edition(tmp_path, "{tips: own.csv, contact_staffing: {seed: 7}}", own=TIPS + GOOD)
        data.substitute(SimpleNamespace(settings=settings), stage)
        told = readme.read_text("utf8")
        assert re.findall(r"^- `(.*)`: (.*)$", told, re.MULTILINE) == [
            ("contact_log.csv.gz", "drawn anew in this edition with seed 7"),
            ("contact_staffing.csv", "drawn anew in this edition with seed 7"),
            ("tips.csv", "replaced in this edition by own.csv"),
        ]
        assert '    "tips.csv",  # replaced in this edition by own.csv\n' in told
        before, after = told.index("## Replaced in this edition"), told.index("## How the files were made")
        assert before < after
        kept = re.sub(r"  # (?:replaced|drawn anew) in this edition .*", "", f"{told[:before]}{told[after:]}")
        assert kept == course

    def test_other_sets_and_records_stay_as_they_are(self, stage, tmp_path):
        def state() -> dict[str, Any]:
            folder = stage / "datasets"
            found: dict[str, Any] = {path.name: path.read_bytes() for path in folder.glob("*.csv*")}
            package = json.loads((folder / "datapackage.json").read_text("utf8"))
            return found | {f"record of {each['name']}": each for each in package["resources"]}

        before = state()
        data.substitute(SimpleNamespace(settings=edition(tmp_path, "{tips: own.csv}", own=TIPS + GOOD)), stage)
        after = state()
        assert {name for name in after if after[name] != before[name]} == {"tips.csv", "record of tips"}

    def test_a_file_that_changed_since_it_was_checked_is_refused(self, stage, tmp_path):
        settings = edition(tmp_path, "{tips: own.csv}", own=TIPS + GOOD)
        (tmp_path / "own.csv").write_text(TIPS + "x,1,male,true,Sun,lunch,2\n")
        with pytest.raises(EditionError, match=r"column 'bill' .* must be a number, got 'x' in row 2"):
            data.substitute(SimpleNamespace(settings=settings), stage)


def _datasets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "datasets" and folder.endswith("opsbook")] + ["__pycache__"]


class TestAffected:
    @pytest.mark.parametrize(
        ("code", "sets"),
        [
            ('from opsbook import datasets\ndatasets.load("tips")', {"tips"}),
            ('import opsbook\nopsbook.datasets.load("tips")', {"tips"}),
            ('from opsbook import datasets as d\nd.load(name="tips")', {"tips"}),
            ('from opsbook.datasets import load as fetch\nfetch("tips")', {"tips"}),
            ('%matplotlib inline\nimport opsbook.datasets as d\n!ls\nd.load("tips")', {"tips"}),
            (
                'from opsbook import datasets\n[datasets.load(f"service_{n}") for n in ("orders", "defects")]',
                {"service_orders", "service_contacts", "service_defects"},
            ),
            ('from opsbook import datasets\nname = "tips"\ndatasets.load(name)', set(datasets.names())),
            ('from opsbook import datasets\nread = datasets.load\nread("tips")', set(datasets.names())),
            ("from opsbook import datasets\ndatasets.production_line(seed=3)", {"production_line"}),
            (
                "from opsbook import datasets\ndatasets.service_operations()",
                {"service_orders", "service_contacts", "service_defects"},
            ),
            ('from opsbook import datasets\ndatasets.describe("tips")', set()),
            ('from opsbook import datasets\n# datasets.load("tips")\n"datasets.load(tips)"', set()),
            ('from opsbook import blueprint\nblueprint.load("tips")', set()),
            ("from opsbook import charts, datasets\ncharts.contact_shares(1)", set()),
            ('from opsbook import kpi\nkpi.load("tips")', set()),
        ],
    )
    def test_a_notebook_rests_on_what_its_code_loads(self, stage, code, sets):
        path = notebook(stage / "chapters" / "one.ipynb", code)
        assert effects.affected(stage, datasets.names()) == ({path: tuple(sorted(sets))} if sets else {})
        assert effects.affected(stage, set(datasets.names()) - sets) == {}

    def test_a_module_of_the_library_that_loads_a_set_counts_for_whoever_imports_it(self, stage):
        package = stage / "src" / "opsbook"
        (package / "own.py").write_text('from opsbook.datasets import load\n\ndef bills():\n    return load("tips")\n')
        (package / "further.py").write_text("from opsbook import own\n")
        one = notebook(stage / "chapters" / "one.ipynb", "from opsbook import further\nfurther.own.bills()")
        notebook(stage / "chapters" / "two.ipynb", "from opsbook import datasets, kpi")
        assert effects.affected(stage, ["tips"]) == {one: ("tips",)}

    def test_in_the_course_nothing_is_overlooked(self):
        """Every text that names a set and the loader, whatever its grammar."""
        found = effects.affected(ROOT, datasets.names())
        for name in datasets.names():
            loading = {
                path
                for path in sources(ROOT)
                if f'datasets.load(\\"{name}\\")' in path.read_text("utf8")
                or (name.startswith("service_") and 'datasets.load(f\\"service_' in path.read_text("utf8"))
            }
            assert loading <= {path for path, sets in found.items() if name in sets}


class TestRerun:
    def test_in_a_process_of_the_stage_and_a_failing_cell_is_told(self, stage, tmp_path):
        shutil.copytree(ROOT / "src" / "opsbook", stage / "src" / "opsbook", dirs_exist_ok=True, ignore=_datasets)
        data.substitute(SimpleNamespace(settings=edition(tmp_path, "{tips: own.csv}", own=TIPS + GOOD * 2)), stage)
        load = "from opsbook import datasets\ntips = datasets.load('tips')\nprint(f'{len(tips)} bills of 16.99')"
        good = notebook(stage / "chapters" / "good.ipynb", load)
        bad = notebook(
            stage / "exercises" / "bad.ipynb",
            "# Large tables",
            load,
            "## Eight\n\nA table",
            "eight = 8\ntips.loc[eight, 'bill']",
        )
        kept = bad.read_bytes()
        replaced = {each.name: each.said for each in data.substitutions(edition(tmp_path, "{tips: own.csv}"), ROOT)}
        with pytest.raises(EditionError) as raised:
            effects.rerun(stage, {good: ("tips",), bad: ("tips",)}, causes=replaced)
        assert raised.value.problems == [
            (
                "exercises/bad.ipynb: cell 4 under 'Eight' (it begins 'eight = 8') failed with 'KeyError: 8'. It loads "
                "what this edition replaces (tips replaced by own.csv). Mend the data, try another seed, drop the "
                "section or exclude the chapter."
            )
        ]
        (cell,) = json.loads(good.read_text("utf8"))["cells"]
        assert cell["outputs"][0]["text"] == "2 bills of 16.99\n"
        assert bad.read_bytes() == kept


class TestRenew:
    def test_all_steps_and_what_to_read_again(self, stage, tmp_path):
        shutil.copytree(ROOT / "src" / "opsbook", stage / "src" / "opsbook", dirs_exist_ok=True, ignore=_datasets)
        load = "from opsbook import datasets\nprint(len(datasets.load('tips')), 'bills')"
        path = notebook(stage / "chapters" / "bills.ipynb", "# Bills\n\nThere are 244 bills. Each has a tip.", load)
        effects.execute(path)
        lines = data.renew(SimpleNamespace(settings=edition(tmp_path, "{tips: own.csv}", own=TIPS + GOOD)), stage)
        assert lines[:2] == ["tips replaced by own.csv.", "Run again: chapters/bills."]
        assert lines[2].endswith("1 sentence names a figure that the notebook shows no longer:")
        assert lines[3:] == ["  chapters/bills.ipynb, cell 1: There are 244 bills."]
        assert '"1 bills\\n"' in path.read_text("utf8")

    def test_an_edition_with_the_courses_own_data_changes_nothing(self, tmp_path):
        assert data.renew(SimpleNamespace(settings=edition(tmp_path, "{}")), ROOT) == []


class TestTyped:
    @staticmethod
    def shown(*cells: tuple[str, str]) -> dict[str, Any]:
        """Return a notebook of text cells, and of code cells with what they print."""
        return {
            "cells": [
                {"cell_type": "markdown", "source": text}
                if not printed
                else {"cell_type": "code", "source": text, "outputs": [{"output_type": "stream", "text": printed}]}
                for text, printed in cells
            ]
        }

    def test_a_sentence_whose_figure_is_shown_no_longer(self):
        text = "Of 1,240 callers, 47% came back. Each waited 3 minutes. In 2012 nobody asked. There were 312 chairs."
        before = self.shown((text, ""), ("report()", "1,240 callers, 47 %, 3 minutes, 2012, 312 chairs"))
        after = self.shown((text, ""), ("report()", "1,180 callers, 52 %, 4 minutes, 2013, 312 chairs"))
        path = Path("chapters/one.ipynb")
        assert effects.typed(path, before, after) == [
            effects.Typed(path, 1, "Of 1,240 callers, 47% came back.", ("1,240", "47%"))
        ]
        assert effects.typed(path, before, before) == []
        assert [each.sentence for each in effects.typed(path, before)] == [
            "Of 1,240 callers, 47% came back.",
            "There were 312 chairs.",
        ]

    def test_titles_in_code_count_and_what_is_computed_in_them_does_not(self):
        code = 'title(f"In all, {share:.0%} of them came back, not 47%")'
        before, after = self.shown((code, "47% and 0.25")), self.shown((code, "52% and 0.31"))
        (found,) = effects.typed(Path("chapters/one.ipynb"), before, after)
        assert (found.cell, found.figures) == (1, ("47%",))
        assert str(found) == "chapters/one.ipynb, cell 1: of them came back, not 47%"


class TestReport:
    def test_what_runs_again_and_what_cannot_follow_is_said(self, tmp_path):
        lines = data.report(edition(tmp_path, "{contact_shares: {seed: 3}, tips: own.csv}", own=TIPS + GOOD), ROOT)
        assert lines[:2] == ["contact_shares drawn anew with seed 3.", "tips replaced by own.csv."]
        assert lines[2] == (
            "Run again: chapters/case-hospitality, chapters/customer-contact, chapters/personal-interaction, "
            "exercises/case-hospitality, exercises/customer-contact, exercises/personal-interaction."
        )
        assert lines[3].startswith("Typed figures cannot follow: ")
        fewer = data.report(edition(tmp_path, "{tips: own.csv}"), ROOT, ["case-hospitality"])
        assert fewer[1] == "Run again: chapters/case-hospitality, exercises/case-hospitality."

    def test_without_data_nothing_is_said(self, tmp_path):
        assert data.report(edition(tmp_path, "{}"), ROOT) == []
