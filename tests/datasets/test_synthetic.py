"""The generator of `contact_shares` keeps to its own table of assumptions, and the shipped file is its output."""

from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets
from opsbook.datasets.synthetic import OPERATIONS, Task

JOBS = 4000
# About 95 tasks are tested at once: with 4.5 standard errors, less than one run in a thousand fails by chance.
ERRORS = 4.5

TASKS = [
    pytest.param(operation.name, task, id=f"{operation.name}: {task.name}")
    for operation in OPERATIONS
    for task in operation.tasks
]


@pytest.fixture(scope="module")
def large() -> dict[tuple[str, str], pd.DataFrame]:
    table = datasets.contact_shares(seed=20, jobs=JOBS)
    return dict(list(table.groupby(["operation", "task"])))


class TestShippedFile:
    def test_it_is_the_output_at_the_shipped_seed(self) -> None:
        text = datasets.contact_shares().to_csv(index=False, lineterminator="\n")
        assert sha256(text.encode()).hexdigest() == datasets.describe("contact_shares").checksum

    def test_loading_and_generating_give_the_same_table(self) -> None:
        pd.testing.assert_frame_equal(datasets.load("contact_shares"), datasets.contact_shares(), check_dtype=False)


class TestAssumptions:
    """Each figure in the table is recovered from a large sample."""

    @pytest.mark.parametrize(("operation", "task"), TASKS)
    def test_mean(self, large: dict[tuple[str, str], pd.DataFrame], operation: str, task: Task) -> None:
        minutes = large[operation, task.name]["duration_min"]
        error = task.cv * task.mean_min / np.sqrt(len(minutes))
        assert abs(minutes.mean() - task.mean_min) < ERRORS * error

    @pytest.mark.parametrize(("operation", "task"), TASKS)
    def test_coefficient_of_variation(
        self, large: dict[tuple[str, str], pd.DataFrame], operation: str, task: Task
    ) -> None:
        # The logarithm of a lognormal time is normal, so its standard deviation has a known error.
        minutes = large[operation, task.name]["duration_min"]
        sigma = np.sqrt(np.log(1 + task.cv**2))
        error = sigma / np.sqrt(2 * (len(minutes) - 1))
        assert abs(np.log(minutes).std() - sigma) < ERRORS * error

    @pytest.mark.parametrize(("operation", "task"), TASKS)
    def test_probability(self, large: dict[tuple[str, str], pd.DataFrame], operation: str, task: Task) -> None:
        share = len(large[operation, task.name]) / JOBS
        error = np.sqrt(task.probability * (1 - task.probability) / JOBS)
        assert abs(share - task.probability) <= ERRORS * error

    @pytest.mark.parametrize(("operation", "task"), TASKS)
    def test_contact_channel_and_staff(
        self, large: dict[tuple[str, str], pd.DataFrame], operation: str, task: Task
    ) -> None:
        rows = large[operation, task.name]
        assert set(rows["contact"]) == {task.contact}
        assert set(rows["channel"]) == {task.channel}
        # Both times are rounded to 0.01 minutes.
        assert np.allclose(
            rows["staff_min"], task.staff * rows["duration_min"], rtol=0, atol=0.005 * (1 + task.staff) + 1e-9
        )


class TestTable:
    def test_no_channel_exactly_where_there_is_no_contact(self) -> None:
        table = datasets.contact_shares(seed=3, jobs=50)
        assert ((table["channel"] == "none") == (table["contact"] == "none")).all()

    def test_every_job_of_every_operation_is_there_with_steps_from_one(self) -> None:
        table = datasets.contact_shares(seed=4, jobs=30)
        place = {(operation.name, task.name): i for operation in OPERATIONS for i, task in enumerate(operation.tasks)}
        seen = set()
        for (operation, job), rows in table.groupby(["operation", "job"]):
            seen.add((operation, job))
            assert rows["step"].tolist() == list(range(1, len(rows) + 1))
            order = [place[operation, task] for task in rows["task"]]
            assert order == sorted(set(order))
        assert seen == {(operation.name, job) for operation in OPERATIONS for job in range(1, 31)}

    def test_rows_are_sorted_by_operation_job_and_step(self) -> None:
        table = datasets.contact_shares(seed=5, jobs=12)
        rank = {operation.name: i for i, operation in enumerate(OPERATIONS)}
        keys = [(rank[row.operation], row.job, row.step) for row in table.itertuples()]
        assert keys == sorted(keys)

    def test_times_are_positive_and_rounded(self) -> None:
        table = datasets.contact_shares(seed=6, jobs=200)
        assert (table["duration_min"] > 0).all()
        for column in ("duration_min", "staff_min"):
            assert np.allclose(table[column] * 100, (table[column] * 100).round(), rtol=0, atol=1e-6)

    def test_a_sleeping_guest_is_present_and_takes_no_staff(self) -> None:
        sleep = datasets.load("contact_shares").query("task == 'sleep'")
        assert len(sleep) == 40
        assert set(sleep["contact"]) == {"passive"}
        assert sleep["staff_min"].sum() == 0

    def test_there_are_eleven_operations_in_both_sectors_and_all_channels(self) -> None:
        table = datasets.load("contact_shares")
        assert table["operation"].nunique() == 11
        assert set(table["sector"]) == {"manufacturing", "service"}
        assert set(table["channel"]) == {"in person", "phone", "online", "none"}
        assert table.groupby("operation")["task"].nunique().between(5, 9).all()

    def test_factories_have_parts_of_high_contact(self) -> None:
        factories = datasets.load("contact_shares").query("sector == 'manufacturing'")
        assert (factories["contact"] == "active").groupby(factories["operation"]).any().all()


class TestRandomness:
    def test_the_same_seed_gives_the_same_table(self) -> None:
        pd.testing.assert_frame_equal(datasets.contact_shares(seed=7, jobs=5), datasets.contact_shares(seed=7, jobs=5))

    def test_another_seed_gives_another_table(self) -> None:
        assert not datasets.contact_shares(seed=7, jobs=5).equals(datasets.contact_shares(seed=8, jobs=5))

    def test_a_generator_is_used_and_moved_on(self) -> None:
        rng = np.random.default_rng(7)
        first = datasets.contact_shares(seed=rng, jobs=5)
        assert first.equals(datasets.contact_shares(seed=7, jobs=5))
        assert not first.equals(datasets.contact_shares(seed=rng, jobs=5))

    def test_no_jobs_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"`jobs` must be at least 1, got 0\. Ask for one job or more"):
            datasets.contact_shares(jobs=0)
