"""The generator of `contact_log` keeps to every assumption that it states, and it made the file."""

import gzip
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets
from opsbook.datasets import storage
from opsbook.datasets.synthetic import CHANNELS, REASONS, Reason, contacts

SCALE = 12
# Some 60 figures are tested at once: with 4.5 standard errors, less than one run in a thousand fails by chance.
ERRORS = 4.5

every_reason = pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return datasets.contact_log(seed=20, scale=SCALE)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return datasets.load("contact_log")


def answered(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table["abandoned"]]


def firsts(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["repeat_of"].isna()]


def of(table: pd.DataFrame, reason: str) -> pd.DataFrame:
    return table[table["reason"] == reason]


def near_share(flags: pd.Series, share: float) -> bool:
    return abs(flags.mean() - share) < ERRORS * np.sqrt(share * (1 - share) / len(flags))


def near_mean(values: pd.Series, mean: float) -> bool:
    return abs(values.mean() - mean) < ERRORS * values.std() / np.sqrt(len(values))


def csat(table: pd.DataFrame) -> float:
    return (table["csat"].dropna() >= 4).mean()


class TestShippedFile:
    def test_it_is_the_output_at_the_shipped_seed(self) -> None:
        table = datasets.contact_log()
        flags = table.select_dtypes("bool")
        table[flags.columns] = flags.replace({True: "true", False: "false"})
        text = table.to_csv(
            index=False, lineterminator="\n", float_format="%.0f", date_format="%Y-%m-%dT%H:%M:%S"
        ).encode()
        content = (storage.folder() / "contact_log.csv.gz").read_bytes()
        assert sha256(text).hexdigest() == sha256(gzip.decompress(content)).hexdigest()
        assert len(content) <= 700_000

    def test_loading_and_generating_give_the_same_table(self, log: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(log, datasets.contact_log())

    def test_its_main_figures_are_those_of_the_caveat(self, log: pd.DataFrame) -> None:
        calls, asked = log[log["channel"] == "phone"], log[log["asked"]]
        assert abs(calls["talk_s"].mean() - 189) < 2
        assert abs(calls["talk_s"].std() - 220) < 4
        assert abs(calls["abandoned"].mean() - 0.126) < 0.002
        assert abs(answered(firsts(log))["resolved"].mean() - 0.70) < 0.005
        assert abs(asked["csat"].notna().mean() - 0.15) < 0.003
        assert abs(csat(log) - 0.80) < 0.005

    def test_the_late_cards_show_and_pass(self, log: pd.DataFrame) -> None:
        first = firsts(log)
        share = (first["reason"] == contacts.LATE_REASON).groupby(period(first["arrived_at"])).mean()
        assert abs(share["before"] - share["after"]) < 0.01
        assert share["late"] > 1.4 * share["before"]

    def test_three_rankings_have_three_different_first_places(self, log: pd.DataFrame) -> None:
        by = log.groupby("reason").agg({"contact_id": "size", "handle_s": "sum", "repeat_of": "count"})
        assert by.idxmax().tolist() == ["account information", "loan or mortgage", "fee or charge"]


def period(times: pd.Series) -> pd.Series:
    late = (times >= contacts.LATE_FROM) & (times < contacts.LATE_UNTIL)
    return pd.Series(np.where(late, "late", np.where(times < contacts.LATE_FROM, "before", "after")), times.index)


class TestForm:
    def test_columns_and_the_three_states_of_the_survey(self, large: pd.DataFrame) -> None:
        assert list(large) == [
            *("contact_id", "customer_id", "case_id", "channel", "reason", "agent_id", "arrived_at"),
            *("wait_s", "talk_s", "wrap_s", "handle_s", "abandoned", "transferred", "resolved"),
            *("repeat_of", "escalated", "asked", "csat", "effort", "recommend"),
        ]
        given = large[["csat", "effort", "recommend"]].notna()
        assert given.eq(given["csat"], axis=0).all(axis=None)
        assert set(zip(large["asked"], given["csat"], strict=True)) == {(False, False), (True, False), (True, True)}
        for name, low, high in (("csat", 1, 5), ("effort", 1, 7), ("recommend", 0, 10)):
            assert set(large[name].dropna()) == set(range(low, high + 1))

    def test_contacts_are_in_order_within_opening_hours(self, large: pd.DataFrame) -> None:
        times = large["arrived_at"]
        assert times.is_monotonic_increasing
        assert large["contact_id"].tolist() == list(range(1, len(large) + 1))
        assert times.dt.hour.between(8, 19).all()
        assert set(times.dt.day_of_week) == set(range(6))
        assert times.dt.date.nunique() == 78
        assert (str(times.min().date()), str(times.max().date())) == ("2024-03-04", "2024-06-01")

    def test_nobody_answers_who_gave_up_on(self, large: pd.DataFrame) -> None:
        gone = large[large["abandoned"]]
        assert gone[["agent_id", "talk_s", "wrap_s", "handle_s", "csat"]].isna().all().all()
        assert not gone[["resolved", "transferred", "escalated", "asked"]].any().any()
        assert answered(large)[["agent_id", "talk_s", "wrap_s"]].notna().all().all()
        assert not (gone["channel"] == "email").any()

    def test_a_repeat_is_about_the_same_case_and_follows_one_that_settled_nothing(self, large: pd.DataFrame) -> None:
        repeats = large.dropna(subset="repeat_of")
        before = large.set_index("contact_id").loc[repeats["repeat_of"].astype(int)]
        for name in ("case_id", "customer_id", "reason"):
            assert (before[name].to_numpy() == repeats[name].to_numpy()).all()
        assert not before["resolved"].any()
        assert (repeats["arrived_at"].to_numpy() > before["arrived_at"].to_numpy()).all()
        assert not repeats["repeat_of"].duplicated().any()
        assert firsts(large)["case_id"].tolist() == list(range(1, 1 + large["case_id"].nunique()))


class TestAssumptions:
    def test_shares_and_mixes_add_up(self) -> None:
        assert sum(reason.share for reason in REASONS) == pytest.approx(1)
        for reason in REASONS:
            assert sum(reason.mix) == pytest.approx(1)
        assert np.mean(contacts.WEEKDAYS) == pytest.approx(1)
        assert np.mean(contacts.HOURS) == pytest.approx(1)
        means = [reason.talk_mean_s for reason in REASONS]
        assert (min(means), max(means)) == (115, 296)

    def test_the_calibrated_figures_over_several_seeds(self) -> None:
        # Means over independent runs, with the standard error that these runs show themselves.
        runs = [datasets.contact_log(seed=seed, scale=4) for seed in range(8)]
        calls = [run[run["channel"] == "phone"] for run in runs]
        figures = {
            "talk mean": (189, 1, [call["talk_s"].mean() for call in calls]),
            "talk sd": (220, 2, [call["talk_s"].std() for call in calls]),
            "abandoned": (0.126, 0.001, [call["abandoned"].mean() for call in calls]),
            "resolved": (0.70, 0.005, [answered(firsts(run))["resolved"].mean() for run in runs]),
            "answer": (0.15, 0.002, [run.loc[run["asked"], "csat"].notna().mean() for run in runs]),
            "csat": (0.80, 0.005, [csat(run) for run in runs]),
        }
        for name, (stated, rounding, found) in figures.items():
            error = np.std(found, ddof=1) / np.sqrt(len(found))
            assert abs(np.mean(found) - stated) < rounding + ERRORS * error, name

    @every_reason
    def test_a_reason_has_its_share_mix_and_success(self, large: pd.DataFrame, reason: Reason) -> None:
        first = firsts(large)
        normal = first[period(first["arrived_at"]) != "late"]
        assert near_share(normal["reason"] == reason.name, reason.share)
        own = of(first, reason.name)
        for channel, share in zip(CHANNELS, reason.mix, strict=True):
            assert near_share(own["channel"] == channel.name, share)
        handled = of(answered(large), reason.name)
        assert near_share(handled["transferred"], reason.transferred)
        # Agents differ, so a share has more than binomial error: that of a mean over the agents.
        plain = handled[~handled["escalated"]]
        by_agent = plain.groupby("agent_id")["resolved"].mean()
        assert abs(by_agent.mean() - reason.resolved) < ERRORS * by_agent.std() / np.sqrt(len(by_agent))

    @every_reason
    def test_a_reason_has_its_talk_time_on_the_phone(self, large: pd.DataFrame, reason: Reason) -> None:
        talk = of(large[large["channel"] == "phone"], reason.name).dropna(subset="talk_s")
        by_agent = talk.groupby("agent_id")["talk_s"].mean()
        assert abs(by_agent.mean() - reason.talk_mean_s) < ERRORS * by_agent.std() / np.sqrt(len(by_agent))
        spread = np.hypot(contacts.TALK_SIGMA, np.sqrt(np.log1p(contacts.AGENT_TALK_CV**2)))
        assert np.log(talk["talk_s"]).std() == pytest.approx(spread, rel=0.04)

    def test_other_channels_take_their_multiple_of_the_time_on_the_phone(self, large: pd.DataFrame) -> None:
        logs = np.log(large["talk_s"]).groupby([large["reason"], large["channel"]])
        mean, error = logs.mean(), logs.sem()
        for channel in CHANNELS:
            excess = mean.xs(channel.name, level="channel") - mean.xs("phone", level="channel") - np.log(channel.talk)
            errors = np.hypot(error.xs(channel.name, level="channel"), error.xs("phone", level="channel"))
            assert (excess.abs() <= ERRORS * errors).all()

    @every_reason
    def test_who_is_not_served_returns_as_stated(self, large: pd.DataFrame, reason: Reason) -> None:
        # Two weeks before the end, hardly a return is cut off: delays have mean 1.5 days.
        early = of(large[large["arrived_at"] < "2024-05-17"], reason.name)
        again = early["contact_id"].isin(set(large["repeat_of"].dropna()))
        unsettled = ~early["abandoned"] & ~early["resolved"]
        assert near_share(again[unsettled], reason.returns)
        assert near_share(again[early["abandoned"]], contacts.RETURNS_ABANDONED)

    def test_the_late_reason_comes_more_often_from_the_first_day_to_the_last(self, large: pd.DataFrame) -> None:
        first = firsts(large)
        share = (first["reason"] == contacts.LATE_REASON).groupby(period(first["arrived_at"])).mean()
        (reason,) = [one for one in REASONS if one.name == contacts.LATE_REASON]
        raised = reason.share * contacts.LATE_FACTOR
        late = first[period(first["arrived_at"]) == "late"]
        assert near_share(late["reason"] == contacts.LATE_REASON, raised / (1 - reason.share + raised))
        days = first.groupby(first["arrived_at"].dt.date)["reason"].apply(lambda names: (names == reason.name).mean())
        for inside, outside in (("2024-04-09", "2024-04-08"), ("2024-05-06", "2024-05-07")):
            middle = (share["late"] + share["before"]) / 2
            assert days[pd.Timestamp(inside).date()] > middle > days[pd.Timestamp(outside).date()]

    def test_the_share_of_a_reason_varies_as_a_binomial_and_counts_more_than_poisson(self, log: pd.DataFrame) -> None:
        calm = firsts(log)
        calm = calm[period(calm["arrived_at"]) != "late"]
        hit = (calm["reason"] == contacts.LATE_REASON).groupby(calm["arrived_at"].dt.date).agg(["sum", "size"])
        share = hit["sum"].sum() / hit["size"].sum()
        squares = (hit["sum"] - hit["size"] * share) ** 2 / (hit["size"] * share * (1 - share))
        assert abs(squares.mean() - 1) < ERRORS * np.sqrt(2 / len(hit))
        slots = firsts(log).groupby(firsts(log)["arrived_at"].dt.floor("30min")).size()
        cells = [slots.index.day_of_week, slots.index.time]
        mean, ratio = slots.groupby(cells).mean(), slots.groupby(cells).var() / slots.groupby(cells).mean()
        busy = mean > mean.median()
        assert ratio[busy].mean() > ratio[~busy].mean() > 1.1

    def test_escalation_grows_with_the_age_of_the_case(self, large: pd.DataFrame) -> None:
        began = large.groupby("case_id")["arrived_at"].transform("min")
        days = (large["arrived_at"].dt.normalize() - began.dt.normalize()).dt.days
        handled = ~large["abandoned"] & (large["reason"] != "complaint")
        rates = large[handled].groupby(days[handled].clip(upper=8))["escalated"].mean()
        assert rates.is_monotonic_increasing
        fresh = large[handled & large["repeat_of"].isna()]
        assert near_share(fresh["escalated"], contacts.ESCALATED_FIRST)
        assert rates.iloc[-1] < contacts.ESCALATED_MOST
        helped = large[large["escalated"]]
        assert near_share(helped["resolved"], contacts.RESOLVED_ESCALATED)

    def test_the_asked_are_chance_and_the_extremes_answer(self, large: pd.DataFrame) -> None:
        assert near_share(answered(large)["asked"], contacts.ASKED)
        middle = contacts.ANSWERS[2]
        assert contacts.ANSWERS[0] > contacts.ANSWERS[1] > middle < contacts.ANSWERS[3] < contacts.ANSWERS[4]
        settled = large.groupby("resolved")["csat"].mean()
        assert settled[True] > settled[False] + 0.5

    def test_wrap_up_has_its_mean_and_agents_differ(self, large: pd.DataFrame) -> None:
        assert near_mean(answered(large)["wrap_s"], contacts.WRAP_MEAN_S)
        agents = answered(large).groupby("agent_id").agg({"talk_s": "mean", "resolved": "mean", "csat": "mean"})
        assert len(agents) == contacts.AGENTS * SCALE
        chance = np.sqrt(answered(large).groupby("agent_id")["talk_s"].var().mean() / (len(large) / len(agents)))
        assert agents["talk_s"].std() > 2 * chance

    def test_an_agent_works_four_days_of_six_on_one_shift(self, log: pd.DataFrame) -> None:
        handled = answered(log)
        late = handled["arrived_at"].dt.hour >= 14
        assert set(late.groupby(handled["agent_id"]).mean()) == {0.0, 1.0}
        days = handled.groupby("agent_id")["arrived_at"].agg(lambda times: times.dt.date.nunique())
        assert (days <= 52).all()
        assert days.mean() > 51


class TestAnswering:
    def test_only_the_survey_depends_on_who_answers(self, log: pd.DataFrame) -> None:
        everybody = datasets.contact_log(answering=(1, 1, 1, 1, 1))
        survey = ["csat", "effort", "recommend"]
        pd.testing.assert_frame_equal(everybody.drop(columns=survey), log.drop(columns=survey))
        assert everybody.loc[everybody["asked"], survey].notna().all(axis=None)
        assert everybody.loc[~everybody["asked"], survey].isna().all(axis=None)
        # Whoever answered in the shipped file would have said the same among all.
        given = log["csat"].notna()
        pd.testing.assert_frame_equal(everybody.loc[given, survey], log.loc[given, survey])

    def test_each_satisfaction_answers_with_its_own_chance(self) -> None:
        chances = (0.9, 0.1, 0.5, 0.2, 0.7)
        said = datasets.contact_log(seed=3, scale=4, answering=chances)["csat"].value_counts()
        would = datasets.contact_log(seed=3, scale=4, answering=[1.0] * 5)["csat"].value_counts()
        for mark, chance in enumerate(chances, start=1):
            error = np.sqrt(chance * (1 - chance) / would[mark])
            assert abs(said[mark] / would[mark] - chance) < ERRORS * error, mark

    def test_nobody_may_answer(self) -> None:
        table = datasets.contact_log(answering=np.zeros(5))
        assert table[["csat", "effort", "recommend"]].isna().all(axis=None)
        assert table["asked"].any()

    def test_the_default_is_stated(self, log: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(log, datasets.contact_log(answering=contacts.ANSWERS))

    @pytest.mark.parametrize(
        ("answering", "error", "rule"),
        [
            ((0.1, 0.2, 0.3, 0.4), ValueError, "must have 5 numbers, got"),
            ([[0.1] * 5], ValueError, "must have 5 numbers, got"),
            (0.2, ValueError, "must have 5 numbers, got 0.2"),
            ((0.1, 0.1, 0.1, 0.1, 1.2), ValueError, "must lie between 0 and 1"),
            ((-0.1, 0.1, 0.1, 0.1, 0.1), ValueError, "must lie between 0 and 1"),
            ((0.1, 0.1, 0.1, 0.1, np.nan), ValueError, "must be finite"),
            (("a", "b", "c", "d", "e"), TypeError, "must be a number or an array of numbers"),
        ],
        ids=["four", "nested", "single", "above", "below", "missing", "words"],
    )
    def test_other_chances_are_refused(self, answering: object, error: type[Exception], rule: str) -> None:
        with pytest.raises(error, match=f"`answering` {rule}"):
            datasets.contact_log(answering=answering)


class TestRandomness:
    def test_the_same_seed_gives_the_same_table(self) -> None:
        pd.testing.assert_frame_equal(datasets.contact_log(seed=7), datasets.contact_log(seed=7))
        assert not datasets.contact_log(seed=7).equals(datasets.contact_log(seed=8))

    def test_a_generator_is_used_and_moved_on(self) -> None:
        rng = np.random.default_rng(7)
        first = datasets.contact_log(seed=rng)
        assert first.equals(datasets.contact_log(seed=7))
        assert not first.equals(datasets.contact_log(seed=rng))

    @pytest.mark.parametrize(("scale", "error"), [(0, ValueError), (1.5, TypeError), ("2", TypeError)])
    def test_other_scales_are_refused(self, scale: object, error: type[Exception]) -> None:
        with pytest.raises(error, match="`scale` must be"):
            datasets.contact_log(scale=scale)
