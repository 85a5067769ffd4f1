"""These tests build some thirty editions: they run only when this folder is named, as `make test-editions` does."""

from pathlib import Path

import pytest


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    named = any("slow" in Path(argument.partition("::")[0]).parts for argument in config.args)
    return None if named else True
