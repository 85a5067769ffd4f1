"""The few exceptions that opsbook names itself; everything else is built in."""

__all__ = [
    "ArrivalsError",
    "BankError",
    "BlueprintError",
    "ChartError",
    "ContactLogError",
    "DatasetError",
    "EditionError",
    "MissingColumnError",
    "UnknownNameError",
    "UnstableQueueError",
    "UnsupportedFrameError",
]


class MissingColumnError(ValueError):
    """A table lacks columns that the calculation needs."""


class UnsupportedFrameError(TypeError):
    """A table is of a kind that opsbook does not compute on."""


class UnknownNameError(LookupError):
    """Nothing is registered under the name that was asked for."""


class UnstableQueueError(ValueError):
    """A queue without abandonment gets more work than its servers can do, and would grow without end."""


class DatasetError(ValueError):
    """A shipped data file is missing, damaged, or not what its description says."""


class ChartError(ValueError):
    """A chart lacks what every reader needs: a title, a description, or data of a printable size."""


class BankError(ValueError):
    """A question bank breaks its rules; ``problems`` lists every place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ArrivalsError(ValueError):
    """A forecast cannot be staffed as it stands in its file; ``problems`` lists every place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ContactLogError(ValueError):
    """A contact log cannot be reported on as it stands in its file; ``problems`` lists every place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BlueprintError(ValueError):
    """A service blueprint breaks its rules; ``problems`` lists every place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class EditionError(ValueError):
    """An edition of the course cannot be made as its file stands; ``problems`` lists every place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
