"""The generator of `production_line` keeps to its assumptions, its log obeys its own rules, and it made the file."""

from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets, kpi
from opsbook.datasets.synthetic import STATIONS, Station, production
from opsbook.datasets.synthetic.production import BATCH_PIECES, RELEASE_CV, RELEASE_MEAN_MIN

JOBS = 40_000
# About 30 figures are tested at once: with 4.5 standard errors, less than one run in a thousand fails by chance.
ERRORS = 4.5

every_station = pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.name)


@pytest.fixture(scope="module")
def large() -> dict[str, pd.DataFrame]:
    table = datasets.production_line(seed=20, jobs=JOBS)
    return {name: rows.reset_index(drop=True) for name, rows in table.groupby("station")}


@pytest.fixture(scope="module")
def line() -> pd.DataFrame:
    return datasets.load("production_line")


def near_mean(values: np.ndarray, mean: float) -> bool:
    return abs(np.mean(values) - mean) < ERRORS * np.std(values) / np.sqrt(len(values))


def effectiveness(rows: pd.DataFrame, planned_min: float) -> tuple[float, float, float, float]:
    """Return availability, performance, quality and OEE of one station, each straight from its definition."""
    running = planned_min - rows["stop_min"].sum()
    good = rows["pieces_in"] - rows["pieces_scrapped"]
    return (
        running / planned_min,
        (rows["ideal_s"] * rows["pieces_in"]).sum() / 60 / running,
        good.sum() / rows["pieces_in"].sum(),
        (rows["ideal_s"] * good).sum() / 60 / planned_min,
    )


class TestShippedFile:
    def test_it_is_the_output_at_the_shipped_seed(self) -> None:
        text = datasets.production_line().to_csv(index=False, lineterminator="\n")
        assert sha256(text.encode()).hexdigest() == datasets.describe("production_line").checksum

    def test_loading_and_generating_give_the_same_table(self, line: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(line, datasets.production_line(), check_dtype=False)

    def test_the_oven_limits_the_line_and_its_oee_is_about_0_60(self, line: pd.DataFrame) -> None:
        planned = line["ended_min"].max()
        busy = (line["ended_min"] - line["started_min"]).groupby(line["station"]).sum()
        assert busy.idxmax() == "bake"
        availability, performance, quality, oee = effectiveness(line.query("station == 'bake'"), planned)
        assert round(oee, 1) == 0.6
        assert oee == pytest.approx(availability * performance * quality, rel=1e-12)
        assert all(0 < part < 1 for part in (availability, performance, quality))

    def test_no_station_is_more_effective_than_the_oven(self, line: pd.DataFrame) -> None:
        planned = line["ended_min"].max()
        oee = {name: effectiveness(rows, planned)[-1] for name, rows in line.groupby("station")}
        assert max(oee, key=oee.__getitem__) == "bake"


class TestAssumptions:
    """Each figure in the table of stations is recovered from a large sample."""

    def test_releases(self, large: dict[str, pd.DataFrame]) -> None:
        gaps = np.diff(large["mix"]["arrived_min"])
        assert near_mean(gaps, RELEASE_MEAN_MIN)
        sigma = np.sqrt(np.log1p(RELEASE_CV**2))
        assert abs(np.log(gaps).std() - sigma) < ERRORS * sigma / np.sqrt(2 * len(gaps))

    @every_station
    def test_speed(self, large: dict[str, pd.DataFrame], station: Station) -> None:
        rows = large[station.name]
        assert set(rows["ideal_s"]) == {station.ideal_s}
        running = rows["ended_min"] - rows["started_min"] - rows["stop_min"]
        excess = running / (rows["pieces_in"] * station.ideal_s / 60) - 1
        assert near_mean(excess, station.slowdown - 1)
        # The standard error of a gamma variable's variance follows from its excess kurtosis, 6 × cv².
        variance = (station.slowdown - 1) ** 2 * station.slowdown_cv**2
        error = variance * np.sqrt((2 + 6 * station.slowdown_cv**2) / len(excess))
        assert abs(np.var(excess) - variance) < ERRORS * error

    @every_station
    def test_stops(self, large: dict[str, pd.DataFrame], station: Station) -> None:
        stop = large[station.name]["stop_min"].to_numpy()
        stopped = stop > 0
        # A stop below 0.005 minutes is rounded away: one in a thousand at the shortest mean.
        lost = 1 - np.exp(-0.005 / station.stop_mean_min)
        assert near_mean(stopped, station.stop_probability * (1 - lost))
        assert near_mean(stop, station.stop_probability * station.stop_mean_min)

    @every_station
    def test_scrap(self, large: dict[str, pd.DataFrame], station: Station) -> None:
        rows = large[station.name]
        pieces = rows["pieces_in"].sum()
        error = np.sqrt(station.scrap * (1 - station.scrap) / pieces)
        assert abs(rows["pieces_scrapped"].sum() / pieces - station.scrap) < ERRORS * error

    def test_the_ovens_oee_tends_to_0_60(self, large: dict[str, pd.DataFrame]) -> None:
        oven = next(station for station in STATIONS if station.name == "bake")
        good = BATCH_PIECES * np.prod([1 - station.scrap for station in STATIONS[:3]])
        limit = oven.ideal_s * good / 60 / RELEASE_MEAN_MIN
        assert round(limit, 2) == 0.60
        # What is left of chance is the time that all the releases took.
        *_, oee = effectiveness(large["bake"], large["pack"]["ended_min"].max())
        assert oee == pytest.approx(limit, rel=ERRORS * RELEASE_CV / np.sqrt(JOBS))


class TestLog:
    def test_every_batch_visits_every_station_in_order(self, line: pd.DataFrame) -> None:
        assert line["job"].tolist() == np.repeat(np.arange(1, 481), 5).tolist()
        assert line["step"].tolist() == [1, 2, 3, 4, 5] * 480
        assert line["station"].tolist() == [station.name for station in STATIONS] * 480

    def test_a_batch_moves_on_at_once_with_its_good_pieces(self, line: pd.DataFrame) -> None:
        for _, rows in line.groupby("job"):
            assert rows["arrived_min"].tolist()[1:] == rows["ended_min"].tolist()[:-1]
            good = rows["pieces_in"] - rows["pieces_scrapped"]
            assert rows["pieces_in"].tolist() == [BATCH_PIECES, *good.tolist()[:-1]]

    @every_station
    def test_a_machine_takes_the_next_batch_as_soon_as_both_are_there(
        self, line: pd.DataFrame, station: Station
    ) -> None:
        rows = line[line["station"] == station.name]
        free = [0, *rows["ended_min"].tolist()[:-1]]
        assert rows["started_min"].tolist() == np.maximum(rows["arrived_min"], free).tolist()

    def test_times_are_whole_hundredths_and_stops_fit_in(self, line: pd.DataFrame) -> None:
        for column in ("arrived_min", "started_min", "ended_min", "stop_min"):
            assert (line[column] == line[column].round(2)).all()
        assert (line["started_min"] + line["stop_min"] < line["ended_min"]).all()

    def test_littles_law_holds_exactly(self, line: pd.DataFrame) -> None:
        jobs = line.groupby("job").agg(arrived=("arrived_min", "min"), departed=("ended_min", "max"))
        # Batches on the line, followed from event to event.
        times = np.concatenate([jobs["arrived"], jobs["departed"]])
        steps = np.repeat([1, -1], len(jobs))
        order = np.argsort(times, kind="stable")
        on_line = np.cumsum(steps[order])[:-1]
        mean_on_line = (on_line * np.diff(times[order])).sum() / times.max()
        measured = kpi.table(
            jobs,
            measures=[measure(start="arrived", end="departed") for measure in (kpi.throughput, kpi.flow_time, kpi.wip)],
        )
        assert measured["wip"].item() == pytest.approx(mean_on_line, rel=1e-12)
        assert measured["throughput"].item() * measured["flow_time"].item() == pytest.approx(mean_on_line, rel=1e-12)


class TestRandomness:
    def test_the_same_seed_gives_the_same_table(self) -> None:
        first, second = (datasets.production_line(seed=7, jobs=9) for _ in range(2))
        pd.testing.assert_frame_equal(first, second)

    def test_another_seed_gives_another_table(self) -> None:
        assert not datasets.production_line(seed=7, jobs=9).equals(datasets.production_line(seed=8, jobs=9))

    def test_a_generator_is_used_and_moved_on(self) -> None:
        rng = np.random.default_rng(7)
        first = datasets.production_line(seed=rng, jobs=9)
        assert first.equals(datasets.production_line(seed=7, jobs=9))
        assert not first.equals(datasets.production_line(seed=rng, jobs=9))

    def test_one_batch_never_waits(self) -> None:
        batch = datasets.production_line(seed=1, jobs=1)
        assert (batch["started_min"] == batch["arrived_min"]).all()
        assert batch["arrived_min"].iloc[0] == 0

    def test_no_jobs_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"`jobs` must be at least 1, got 0\. Ask for one batch or more"):
            datasets.production_line(jobs=0)

    def test_the_station_table_is_possible(self) -> None:
        for station in production.STATIONS:
            assert station.slowdown >= 1
            assert 0 <= station.stop_probability <= 1
            assert 0 <= station.scrap < 1
