"""The shape of the package: which module may know which, what an import costs, what is public."""

import ast
import importlib
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import opsbook

ROOT = Path(opsbook.__file__).parent

# From the bottom up. A module or package may import from the rows above its own (and from within itself).
LAYERS = (
    {"errors"},
    {"validation"},
    {"mathml", "frames", "located", "files"},
    {"contact", "kpi", "queues", "forecast", "quality"},
    {"simulate", "staffing", "blueprint"},
    {"datasets", "charts"},
    {"exercises", "planning", "reporting"},
    {"publishing"},
    {"cli"},
)
LAYER = {part: height for height, parts in enumerate(LAYERS) for part in parts}
PURE = (
    "errors",
    "validation",
    "frames",
    "contact",
    "kpi",
    "queues",
    "forecast",
    "quality",
    "simulate",
    "staffing",
    "blueprint",
)
# Well-kept libraries behind our own face, each loaded only by the call that needs it.
BEHIND = {
    "blueprint": {"yaml"},
    "forecast": {"pandas", "scipy", "statsmodels"},
    "kpi": {"scipy"},
    "quality": {"scipy"},
    "simulate": {"ciw"},
    "staffing": {"scipy"},
}
NOT_MODULES = {"", "__all__", "__file__", "__name__", "__version__"}

MODULES = {
    ".".join(("opsbook", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(module: str, path: Path) -> set[str]:
    """Return the dotted names that a module imports anywhere in its text; `from a import b` counts as `a.b`."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, (base, node.module)))
            found |= {f"{source}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "opsbook":
            # The package loads its modules on first use, so naming one is importing it.
            found.add(f"opsbook.{node.attr}")
    return found


def run(code: str) -> str:
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_every_module_has_a_layer():
    assert {part_of(module) for module in MODULES} - {""} <= set(LAYER)


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module):
    part = part_of(module)
    own = {name for name in imports(module, MODULES[module]) if name.split(".")[0] == "opsbook"}
    others = {part_of(name) for name in own} - {part, *NOT_MODULES}
    allowed = {other for other, height in LAYER.items() if part and height < LAYER[part]}
    assert others <= allowed


def test_every_way_to_import_is_understood(tmp_path):
    path = tmp_path / "sibling.py"
    path.write_text(
        "import opsbook\nfrom . import near\nfrom ..kpi import table\nfrom .. import charts\nopsbook.cli.main()\n",
        encoding="utf-8",
    )
    assert imports("opsbook.exercises.sibling", path) == {
        "opsbook",
        "opsbook.exercises.near",
        "opsbook.kpi.table",
        "opsbook.charts",
        "opsbook.cli",
    }


@pytest.mark.parametrize("module", [module for module in MODULES if part_of(module) in PURE])
def test_the_subject_and_what_it_stands_on_import_only_numpy_and_narwhals(module):
    outside = {name.split(".")[0] for name in imports(module, MODULES[module])} - {"opsbook"}
    behind = BEHIND.get(part_of(module), set())
    assert outside - set(sys.stdlib_module_names) <= {"numpy", "narwhals"} | behind
    assert not behind & set(run(f"import sys, {module}; print(*sys.modules)").split())


def test_importing_opsbook_loads_no_library():
    loaded = run("import sys, opsbook; print(*sorted({name.partition('.')[0] for name in sys.modules}))").split()
    assert "opsbook" in loaded
    assert not {"altair", "pandas", "ipywidgets", "narwhals", "numpy", "polars", "anywidget"} & set(loaded)


@pytest.mark.parametrize("name", opsbook.__all__)
def test_public_modules_load_on_first_use(name):
    code = f"""
import sys, opsbook
before = "opsbook.{name}" in sys.modules
print(before, opsbook.{name}.__name__, "{name}" in dir(opsbook))
"""
    assert run(code) == f"False opsbook.{name} True"


def test_an_unknown_name_is_an_attribute_error_that_lists_the_known_ones():
    with pytest.raises(AttributeError, match=r"module 'opsbook' has no attribute 'kpis'; it offers .*contact.*kpi"):
        opsbook.kpis  # noqa: B018 -- the access is the test


def test_the_public_face_is_in_order():
    assert list(opsbook.__all__) == sorted(opsbook.__all__)


@pytest.mark.parametrize("module", [name for name in MODULES if "._" not in name])
def test_public_modules_say_what_is_public(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other packages warn of at import is not this test's matter
        loaded = importlib.import_module(module)
    names = list(loaded.__all__)
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(loaded, name)] == []
