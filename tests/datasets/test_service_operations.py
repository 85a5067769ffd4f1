"""The generator of `service_operations` keeps to every assumption that it states, and it made the three files."""

import gzip
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets
from opsbook.datasets import ServiceOperations, storage
from opsbook.datasets.synthetic import DEFECTS, PRODUCTS, Defect, Product, operations

SCALE = 20
# Some 60 figures are tested at once: with 4.5 standard errors, less than one run in a thousand fails by chance.
ERRORS = 4.5
LAST_DAY = pd.Timestamp("2024-07-06")

every_product = pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
every_defect = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


@pytest.fixture(scope="module")
def large() -> ServiceOperations:
    return datasets.service_operations(seed=20, scale=SCALE)


@pytest.fixture(scope="module")
def firm() -> ServiceOperations:
    names = ("service_orders", "service_contacts", "service_defects")
    return ServiceOperations(*(datasets.load(name) for name in names))


def working_days(start: pd.Series, end: pd.Series) -> np.ndarray:
    return np.busday_count(start.to_numpy("datetime64[D]"), end.to_numpy("datetime64[D]"), weekmask="1111110")


def firsts(contacts: pd.DataFrame) -> pd.DataFrame:
    return contacts[contacts["repeat_of"].isna()]


def about(contacts: pd.DataFrame, reason: str) -> pd.DataFrame:
    return contacts[contacts["reason"] == reason]


def near_share(flags: pd.Series, share: float) -> bool:
    return abs(flags.mean() - share) < ERRORS * np.sqrt(share * (1 - share) / len(flags))


def near_mean(values: pd.Series, mean: float) -> bool:
    return abs(values.mean() - mean) < ERRORS * values.std() / np.sqrt(len(values))


def during_fault(orders: pd.DataFrame) -> pd.Series:
    return (orders["packed_on"] >= operations.FAULT_FROM) & (orders["packed_on"] < operations.FAULT_UNTIL)


def expected_mould(orders: pd.DataFrame) -> pd.Series:
    """Return the probability of mould that the documentation gives each order."""
    return (DEFECTS[0].share * operations.MOULD_PER_C ** (orders["packed_c"] - operations.MOULD_AT_C)).clip(upper=0.5)


class TestShippedFiles:
    def test_they_are_the_output_at_the_shipped_seed(self) -> None:
        orders, contacts, defects = datasets.service_operations()
        contacts = contacts.astype({"order_id": "Int64", "repeat_of": "Int64"})
        contacts["escalated"] = contacts["escalated"].map({True: "true", False: "false"})
        for name, table in (("contacts", contacts), ("defects", defects)):
            text = table.to_csv(index=False, lineterminator="\n")
            assert sha256(text.encode()).hexdigest() == datasets.describe(f"service_{name}").checksum
        packed = (storage.folder() / "service_orders.csv.gz").read_bytes()
        assert gzip.decompress(packed) == orders.to_csv(index=False, lineterminator="\n").encode()

    def test_loading_and_generating_give_the_same_tables(self, firm: ServiceOperations) -> None:
        for loaded, made in zip(firm, datasets.service_operations(), strict=True):
            pd.testing.assert_frame_equal(loaded, made)

    def test_the_cause_its_contacts_the_fix_and_fewer_contacts_after(self, firm: ServiceOperations) -> None:
        orders, contacts, _ = firm
        spoiled = orders["order_id"].isin(about(contacts, "bread spoiled")["order_id"])
        before = spoiled[orders["packed_on"] < operations.FAULT_FROM].mean()
        during = spoiled[during_fault(orders)].mean()
        after = spoiled[orders["packed_on"] >= operations.FAULT_UNTIL].mean()
        assert during > 4 * max(before, after)
        assert abs(before - after) < 0.002

    def test_the_product_is_the_wrong_suspect_and_the_shift_is_the_right_one(self, firm: ServiceOperations) -> None:
        orders = firm.orders[during_fault(firm.orders)].copy()
        orders["spoiled"] = orders["order_id"].isin(about(firm.contacts, "bread spoiled")["order_id"])
        by_product = orders.groupby("product")["spoiled"].mean()
        assert by_product["wholemeal"] > 4 * by_product.drop("wholemeal").max()
        within = orders.groupby(["shift", "product"])["spoiled"].mean()
        night, day = within["night"], within.drop("night")
        assert night.min() > 4 * day.max()
        assert night.max() < 2 * night.min()

    def test_the_bench_points_to_the_warm_packing(self, firm: ServiceOperations) -> None:
        defects = firm.defects.merge(firm.orders, on="order_id", validate="one_to_one")
        known = defects[during_fault(defects)]["cause"].value_counts()
        assert known.index[0] == operations.WARM_CAUSE

    def test_a_changed_promise_ends_most_of_the_questions_where_seeded_orders_are(
        self, firm: ServiceOperations
    ) -> None:
        orders = firm.orders[firm.orders["product"] == "seeded"]
        asked = orders["order_id"].isin(about(firm.contacts, operations.WHERE_REASON)["order_id"])
        lead = pd.Series(working_days(orders["ordered_on"], orders["delivered_on"]), orders.index)
        new = orders["ordered_on"] >= operations.PROMISE_FROM
        assert asked[new].mean() < 0.1 * asked[~new].mean()
        assert abs(lead[new].mean() - lead[~new].mean()) < 0.1

    def test_the_repeats_are_as_many_as_the_caveat_says(self, firm: ServiceOperations) -> None:
        said = " ".join(datasets.describe("service_contacts").caveats)
        assert f"{100 * firm.contacts['repeat_of'].notna().mean():.1f} % of the contacts ask again" in said


class TestForm:
    def test_the_tables_share_their_numbers(self, large: ServiceOperations) -> None:
        orders, contacts, defects = large
        for table, name in ((orders, "order_id"), (contacts, "contact_id"), (defects, "defect_id")):
            assert table[name].tolist() == list(range(1, len(table) + 1))
        assert not defects["order_id"].duplicated().any()
        assert set(defects["order_id"]) <= set(orders["order_id"])
        linked = contacts.dropna(subset="order_id").merge(orders, on="order_id", validate="many_to_one")
        assert len(linked) == contacts["order_id"].count()
        assert (linked["customer_id_x"] == linked["customer_id_y"]).all()

    def test_requests_alone_are_about_no_order(self, large: ServiceOperations) -> None:
        request = large.contacts["reason"] == operations.REQUEST_REASON
        assert large.contacts["order_id"].isna().equals(request)
        assert large.contacts["request"].notna().equals(request)

    def test_all_days_are_working_days_within_the_period_and_in_order(self, large: ServiceOperations) -> None:
        orders, contacts, defects = large
        for days in (
            *(orders[name] for name in ("ordered_on", "promised_on", "packed_on", "delivered_on")),
            contacts["contacted_on"],
            defects["found_on"],
        ):
            assert (days.dt.day_of_week < 6).all()
            assert days.min() >= pd.Timestamp("2024-01-08")
            assert days.max() <= LAST_DAY
        for days in (orders["ordered_on"], contacts["contacted_on"], defects["found_on"]):
            assert days.is_monotonic_increasing
        assert (orders["packed_on"] < orders["delivered_on"]).all()
        assert (orders["ordered_on"] <= orders["packed_on"]).all()

    def test_a_defect_found_by_a_customer_has_its_contact_and_one_found_by_the_inspection_none(
        self, large: ServiceOperations
    ) -> None:
        reasons = {one.reason for one in DEFECTS}
        reports = firsts(large.contacts)
        reports = reports[reports["reason"].isin(reasons)]
        told = large.defects[large.defects["found_by"] == "customer"]
        both = told.merge(reports, on="order_id", validate="one_to_one")
        assert len(both) == len(told) == len(reports)
        assert (both["found_on"] == both["contacted_on"]).all()
        assert (both["defect"].map({one.name: one.reason for one in DEFECTS}) == both["reason"]).all()

    def test_who_asks_again_asks_about_the_same_two_days_later(self, large: ServiceOperations) -> None:
        again = large.contacts.dropna(subset="repeat_of")
        before = large.contacts.set_index("contact_id").loc[again["repeat_of"].astype(int)]
        assert (again["reason"].to_numpy() == before["reason"].to_numpy()).all()
        assert (again["days_open"].to_numpy() == before["days_open"].to_numpy() - 2).all()
        gaps = working_days(before["contacted_on"], again["contacted_on"])
        assert set(gaps) == {operations.FOLLOW_UP_AFTER_DAYS}
        assert (again["credit"] == 0).all()


class TestAssumptions:
    def test_shares_and_mixes_add_up(self) -> None:
        assert sum(one.share for one in PRODUCTS) == pytest.approx(1)
        for one in PRODUCTS:
            assert sum(one.shifts) == pytest.approx(1)
            assert sum(one.lead) == pytest.approx(1)
        assert np.mean(operations.WEEKDAYS) == pytest.approx(1)

    def test_orders_are_poisson_with_the_factors_of_the_weekdays(self, large: ServiceOperations) -> None:
        days = large.orders.groupby("ordered_on").size()
        expected = operations.ORDERS_PER_DAY * SCALE * np.array(operations.WEEKDAYS)[days.index.day_of_week]
        squares = (days - expected) ** 2 / expected
        assert len(days) == 152
        assert abs(squares.mean() - 1) < ERRORS * np.sqrt(2 / len(days))

    @every_product
    def test_a_product_has_its_share_shifts_and_price(self, large: ServiceOperations, product: Product) -> None:
        assert near_share(large.orders["product"] == product.name, product.share)
        own = large.orders[large.orders["product"] == product.name]
        for shift, share in zip(operations.SHIFTS, product.shifts, strict=True):
            assert near_share(own["shift"] == shift, share)
        assert (own["value"] == own["boxes"] * product.price).all()
        assert near_mean(own["boxes"], 1 + operations.EXTRA_BOXES_MEAN)

    @every_product
    def test_a_product_has_its_lead_time_throughout_and_its_promise_from_a_day_on(
        self, large: ServiceOperations, product: Product
    ) -> None:
        own = large.orders[large.orders["product"] == product.name]
        new = own["ordered_on"] >= operations.PROMISE_FROM
        lead = pd.Series(working_days(own["ordered_on"], own["delivered_on"]), own.index)
        for orders in (lead[new], lead[~new]):
            for days, share in enumerate(product.lead, start=1):
                assert near_share(orders == days, share) or share == (orders == days).mean() == 0
        promise = pd.Series(working_days(own["ordered_on"], own["promised_on"]), own.index)
        assert set(promise[new]) == {product.promise}
        assert set(promise[~new]) == {operations.PROMISE_BEFORE}
        assert (working_days(own["packed_on"], own["delivered_on"]) == 1).all()

    def test_the_night_shift_packs_warm_from_the_first_day_of_the_fault_to_the_last(
        self, large: ServiceOperations
    ) -> None:
        orders = large.orders
        fault = during_fault(orders) & (orders["shift"] == operations.FAULT_SHIFT)
        for flags, mean, sd in (
            (fault, operations.FAULT_MEAN_C, operations.FAULT_SD_C),
            (~fault, operations.PACKED_MEAN_C, operations.PACKED_SD_C),
        ):
            degrees = orders.loc[flags, "packed_c"]
            assert abs(degrees.mean() - mean) < ERRORS * sd / np.sqrt(len(degrees))
            assert abs(degrees.std() - sd) < ERRORS * sd / np.sqrt(2 * len(degrees))
        nights = orders[orders["shift"] == "night"].groupby("packed_on")["packed_c"].mean()
        warm = nights.index[nights > operations.WARM_C]
        assert (str(warm.min().date()), str(warm.max().date())) == ("2024-03-04", "2024-04-27")

    def test_mould_depends_on_the_temperature_and_on_nothing_else(self, large: ServiceOperations) -> None:
        # Orders whose report would come before the last day.
        orders = large.orders[large.orders["delivered_on"] <= "2024-07-01"].copy()
        defects = large.defects.query("defect == 'mould'")
        orders["told"] = orders["order_id"].isin(defects["order_id"])
        orders["expected"] = DEFECTS[0].reported * expected_mould(orders)
        for keys in (["shift"], ["product"], pd.cut(orders["packed_c"], [0, 22, 24, 26, 30, 33, 36, 60])):
            found = orders.groupby(keys, observed=True)[["told", "expected"]].sum()
            assert ((found["told"] - found["expected"]).abs() < ERRORS * np.sqrt(found["expected"])).all()

    @every_defect
    def test_a_defect_is_found_and_reported_as_stated(self, large: ServiceOperations, defect: Defect) -> None:
        orders = large.orders[large.orders["delivered_on"] <= "2024-07-01"]
        own = large.defects[large.defects["defect"] == defect.name]
        own = own[own["order_id"].isin(orders["order_id"])]
        share = expected_mould(orders).mean() if defect.name == "mould" else defect.share
        found = (own["found_by"] == "inspection").sum()
        told = len(own) - found
        for count, chance in ((found, defect.inspected), (told, (1 - defect.inspected) * defect.reported)):
            expected = len(orders) * share * chance
            assert abs(count - expected) <= ERRORS * np.sqrt(expected)

    @every_defect
    def test_a_report_comes_within_its_days(self, large: ServiceOperations, defect: Defect) -> None:
        own = large.defects.query("found_by == 'customer' and defect == @defect.name").merge(large.orders)
        own = own[own["delivered_on"] <= "2024-07-01"]
        days = pd.Series(working_days(own["delivered_on"], own["found_on"]))
        least, most = defect.after_days
        assert set(days) == set(range(least, most + 1))
        for day in range(least, most + 1):
            assert near_share(days == day, 1 / (most - least + 1))

    def test_the_bench_finds_three_in_four_causes(self, large: ServiceOperations) -> None:
        assert near_share(large.defects["cause"].notna(), operations.CAUSE_FOUND)
        known = large.defects.dropna(subset="cause").merge(large.orders, on="order_id")
        warm = (known["defect"] == "mould") & (known["packed_c"] >= operations.WARM_C)
        usual = known["defect"].map({one.name: one.cause for one in DEFECTS})
        assert known["cause"].equals(usual.mask(warm, operations.WARM_CAUSE))

    def test_customers_ask_where_late_orders_are(self, large: ServiceOperations) -> None:
        orders = large.orders
        asked = orders["order_id"].isin(about(large.contacts, operations.WHERE_REASON)["order_id"])
        late = orders["delivered_on"] > orders["promised_on"]
        assert near_share(asked[late], operations.WHERE_LATE)
        assert near_share(asked[~late], operations.WHERE_ON_TIME)

    def test_requests_come_as_often_as_stated_and_one_kind_grows(self, large: ServiceOperations) -> None:
        asked = firsts(large.contacts).dropna(subset="request")
        week = (asked["contacted_on"] - pd.Timestamp(operations.FIRST_DAY)).dt.days // 7
        counts = pd.crosstab(week, asked["request"])
        for name, rate in operations.REQUESTS.items():
            growth = operations.REQUEST_GROWTH if name == operations.GROWING_REQUEST else 1.0
            expected = SCALE * rate * growth ** np.arange(operations.WEEKS)
            squares = (counts[name] - expected) ** 2 / expected
            assert abs(squares.mean() - 1) < ERRORS * np.sqrt(2 / operations.WEEKS)
            assert abs(counts[name].sum() - expected.sum()) < ERRORS * np.sqrt(expected.sum())

    @pytest.mark.parametrize("reason", operations.HANDLE_MEAN_MIN)
    def test_a_reason_has_its_handling_time(self, large: ServiceOperations, reason: str) -> None:
        minutes = about(large.contacts, reason)["handle_min"]
        assert near_mean(minutes, operations.HANDLE_MEAN_MIN[reason])
        sigma = operations.HANDLE_SIGMA
        # Rounding to 0.1 minutes hardly changes the spread.
        assert abs(np.log(minutes).std() - sigma) < 0.005 + ERRORS * sigma / np.sqrt(2 * len(minutes))

    def test_invoices_credits_open_days_and_escalation_are_as_stated(self, large: ServiceOperations) -> None:
        orders, contacts, _ = large
        first = firsts(contacts)
        settled = orders[orders["delivered_on"] < "2024-06-15"]
        invoice = settled["order_id"].isin(about(contacts, operations.INVOICE_REASON)["order_id"])
        assert near_share(invoice, operations.INVOICE_SHARE)
        reports = first[first["credit"] > 0].merge(orders, on="order_id")
        assert set(reports["reason"]) == {one.reason for one in DEFECTS}
        low, high = operations.CREDIT_SHARE
        share = reports["credit"] / reports["value"]
        assert share.between(low - 0.001, high + 0.001).all()
        assert near_mean(share, (low + high) / 2)
        # The whole part of an exponential variable is geometric.
        assert near_mean(first["days_open"], 1 / np.expm1(1 / operations.OPEN_MEAN_DAYS))
        danger = operations.ESCALATED_FIRST + operations.ESCALATED_PER_DAY * contacts["days_open"]
        for days, flags in contacts["escalated"].groupby(contacts["days_open"].clip(upper=4)):
            expected = danger.clip(upper=operations.ESCALATED_MOST)[flags.index]
            error = np.sqrt((expected * (1 - expected)).sum())
            assert abs(flags.sum() - expected.sum()) < ERRORS * error, days
        early = first[first["contacted_on"] < "2024-07-01"]
        still = early[early["days_open"] >= operations.FOLLOW_UP_AFTER_DAYS]
        assert near_share(still["contact_id"].isin(contacts["repeat_of"]), operations.FOLLOW_UP)


class TestRandomness:
    def test_the_same_seed_gives_the_same_tables(self) -> None:
        for one, other in zip(datasets.service_operations(seed=7), datasets.service_operations(seed=7), strict=True):
            pd.testing.assert_frame_equal(one, other)
        assert not datasets.service_operations(seed=7).orders.equals(datasets.service_operations(seed=8).orders)

    def test_a_generator_is_used_and_moved_on(self) -> None:
        rng = np.random.default_rng(7)
        first = datasets.service_operations(seed=rng)
        assert first.orders.equals(datasets.service_operations(seed=7).orders)
        assert not first.orders.equals(datasets.service_operations(seed=rng).orders)

    @pytest.mark.parametrize(("scale", "error"), [(0, ValueError), (1.5, TypeError), ("2", TypeError)])
    def test_other_scales_are_refused(self, scale: object, error: type[Exception]) -> None:
        with pytest.raises(error, match="`scale` must be"):
            datasets.service_operations(scale=scale)
