"""A contact log of another system becomes a report, or one complete list of what keeps it from becoming one."""

import codecs
import contextlib
import csv
import gzip
import io
import json
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import cli, datasets, kpi, reporting
from opsbook.charts import picture
from opsbook.errors import ContactLogError

HEAD = "contact_id,channel,agent_id,arrived_at,wait_s,handle_s,abandoned,csat"
# Three of four answered, two of them within 20 s; ASA (5 + 25 + 15) ÷ 3; handling (100 + 200 + 300) ÷ 3.
ROWS = (
    "1,phone,A1,2024-03-04T08:00:00,5,100,false,5",
    "2,chat,A2,2024-03-04T08:10:00,25,200,false,4",
    "3,phone,,2024-03-05T09:00:00,60,,true,",
    "4,phone,A1,2024-03-05T09:30:00,15,300,false,2",
)
EXPECTED = {"service_level": 0.5, "asa": 15, "abandonment": 0.25, "aht": 200, "csat": 2 / 3}

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True, scope="module")
def _draw_once() -> Iterator[None]:
    """Draw what many tests draw alike once: the same specification is the same picture, says test_picture."""
    drawn: dict[str, str] = {}
    draw = picture.svg

    def svg(spec: dict[str, Any], *, width: int) -> str:
        name = f"{width} {json.dumps(spec)}"
        if name not in drawn:
            drawn[name] = draw(spec, width=width)
        return drawn[name]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(picture, "svg", svg)
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(content: str | bytes, name: str = "contacts.csv") -> Path:
    file = Path(name)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def log(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *(rows or ROWS), ""])


def changed(*pairs: tuple[str, str]) -> str:
    text = log()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def run(*options: str, file: str = "contacts.csv") -> int:
    return cli.main(["kpi", file, *options])


def figures(file: str = "contacts-kpi.csv", scope: str = "all") -> dict[tuple[str, ...], float]:
    """Return the values of a written table by their keys and measure."""
    with Path(file).open(encoding="utf8", newline="") as lines:
        names, *rows = csv.reader(lines)
    keys = names[1 : names.index("measure")]
    return {tuple(row[1 : len(keys) + 2]): float(row[len(keys) + 2] or "nan") for row in rows if row[0] == scope}


def whole() -> dict[str, float]:
    return {key[-1]: value for key, value in figures().items()}


def problems(capsys: Captured, *options: str, file: str = "contacts.csv") -> list[str]:
    """Return what is said of a log that cannot be reported on; nothing may be written then."""
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    assert run(*options, file=file) == 1
    told, complained = capsys.readouterr()
    assert told == ""
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before
    *found, last = complained.splitlines()
    said = [line for line in found if not line.startswith("    ")]
    assert last == f"{len(said)} problem{'s' * (len(said) > 1)}. Nothing was written."
    return found


# --- Sound logs --------------------------------------------------------------------------------------------------


def test_a_log_becomes_a_table_a_csv_file_and_a_page(folder: Path, capsys: Captured) -> None:
    save(log())
    assert run("--by", "day,channel") == 0
    told, complained = capsys.readouterr()
    assert complained == ""
    lines = told.splitlines()
    assert lines[0] == "contacts.csv: 4 contacts, 4 March 2024 to 5 March 2024"
    assert [line.split()[:2] for line in lines[3:8]] == [
        ["service_level", "50.0"],
        ["asa", "15.0"],
        ["abandonment", "25.0"],
        ["aht", "200.0"],
        ["csat", "66.7"],
    ]
    assert "  fcr needs the column repeat_of." in lines
    assert "  occupancy needs staffed_s in a table given with --staffing." in lines
    assert lines[-1] == "Saved in contacts-kpi.csv and contacts-kpi.html."
    assert whole() == pytest.approx(EXPECTED)
    groups = figures(scope="group")
    assert {key[:2] for key in groups} == {
        ("2024-03-04", "chat"),
        ("2024-03-04", "phone"),
        ("2024-03-05", "phone"),
    }
    assert groups["2024-03-05", "phone", "abandonment"] == 0.5
    page = BeautifulSoup(Path("contacts-kpi.html").read_bytes(), "html.parser")
    first = page.select_one("#summary ~ div tbody tr").get_text(" ")
    assert "50.0 %" in first
    assert "contacts offered" in first
    assert {path.name for path in folder.iterdir()} == {"contacts.csv", "contacts-kpi.csv", "contacts-kpi.html"}


@pytest.mark.usefixtures("folder")
def test_the_shipped_log_gives_what_the_library_gives() -> None:
    contacts, staffed = datasets.load("contact_log"), datasets.load("contact_staffing")
    contacts.to_csv("contacts.csv", index=False)
    staffed.to_csv("staffed.csv", index=False)
    assert run("--by", "agent_id", "--staffing", "staffed.csv") == 0
    measures = kpi.catalogue()[:14]
    table = pd.read_csv("contacts-kpi.csv")
    for scope, keys in (("all", []), ("group", ["agent_id"])):
        expected = kpi.report(contacts, by=keys, measures=measures, staffing=staffed)
        found = table[table["scope"] == scope]
        assert found["measure"].tolist() == expected["measure"].tolist()
        for name in ("value", "low", "high", "n"):
            assert found[name].to_numpy() == pytest.approx(expected[name].to_numpy(dtype=float), rel=1e-8, nan_ok=True)


# Each says the same as `log()`.
FORMS = {
    "mark of UTF-8": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "old Mac": lambda text: text.replace("\n", "\r").encode(),
    "semicolons and decimal commas": lambda text: text.replace(",", ";").replace(";15;", ";15,0;").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "first line of Excel": lambda text: b"sep=;\n" + text.replace(",", ";").encode(),
    "quoted cells": lambda text: re.sub(r"[^,\n]+", r'"\g<0>"', text).encode(),
    "blank rows": lambda text: (text.replace("\n", "\n\n") + ",,,,,,,\n").encode(),
    "no last line break": lambda text: text.rstrip().encode(),
    "packed": lambda text: gzip.compress(text.encode()),
    "yes and no": lambda text: text.replace("false", "No").replace("true", "YES").encode(),
    "1 and 0": lambda text: text.replace("false", "0").replace("true", "1").encode(),
    "names with blanks and capitals": lambda text: (
        text.replace("wait_s", "Wait S").replace("channel", "Channel").encode()
    ),
    "durations": lambda text: text.replace(",100,", ",0:01:40,").replace(",300,", ",00:05:00,").encode(),
    "words for nothing": lambda text: text.replace(",,2024", ",NULL,2024").replace("60,,", "60,N/A,").encode(),
    "day first": lambda text: re.sub(r"2024-03-0(\d)T", r"0\1/03/2024 ", text).encode() + b"5,chat,,13/03/2024,,,,\n",
    "month first": lambda text: re.sub(r"2024-03-0(\d)T", r"3/\1/2024 ", text).encode() + b"5,chat,,3/13/2024,,,,\n",
    "dots": lambda text: re.sub(r"2024-03-0(\d)T", r"\1.3.2024 ", text).encode(),
    "names of months": lambda text: re.sub(r"2024-03-0(\d)T", r"\1 Mar 2024 ", text).encode(),
    "twelve hours": lambda text: re.sub(r"T0(\d):(\d\d):00", r" \1:\2 AM", text).encode(),
    "one offset": lambda text: text.replace(":00,", ":00+01:00,").encode(),
    "long ids": lambda text: re.sub(r"(?m)^(\d),", r"00\1-abc,", text).encode(),
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("form", FORMS)
def test_the_same_log_in_other_forms(form: str) -> None:
    save(FORMS[form](log()))
    assert run("--by", "day") == 0
    assert whole() == pytest.approx(EXPECTED)
    days = {key[0] for key in figures(scope="group")}
    assert days - {"2024-03-13"} == {"2024-03-04", "2024-03-05"}


@pytest.mark.usefixtures("folder")
def test_what_has_two_meanings_is_told_by_an_option() -> None:
    save(re.sub(r"2024-03-0(\d)T", r"03/0\1/2024 ", log()).replace("chat", "caf\xe9").encode("latin-1"))
    for order, days in (("day-first", {"2024-04-03", "2024-05-03"}), ("month-first", {"2024-03-04", "2024-03-05"})):
        assert run("--by", "day", "--dates", order, "--encoding", "cp1252", "--force") == 0
        assert {key[0] for key in figures(scope="group")} == days
    save(log().replace(",", ";").replace(";60;", ";1,250;"))
    assert run("--decimal", "comma", "--force") == 0
    assert whole()["asa"] == 15
    save(log().replace(",", ";").replace(";15;", ";1.250;").replace(";25;", ";2,5;"))
    assert run("--force") == 0  # a decimal comma elsewhere makes the point one of thousands
    assert whole()["asa"] == pytest.approx((5 + 2.5 + 1250) / 3)
    save(log().replace(",", ";").replace(";15;", ";1.250;"))
    assert run("--decimal", "comma", "--force") == 0
    assert whole()["asa"] == pytest.approx((5 + 25 + 1250) / 3)
    save(log().replace(",", ";").replace(";15;", ";1.250;"))
    assert run("--decimal", "point", "--force") == 0
    assert whole()["asa"] == pytest.approx((5 + 25 + 1.25) / 3)
    # Half past eleven in Berlin is another day than in UTC; the offset changes with summer time.
    save(log("1,phone,A1,2024-03-30T23:30:00Z,5,100,0,5", "2,phone,A1,2024-03-31T08:00:00+02:00,5,100,0,5"))
    assert run("--by", "day", "--timezone", "Europe/Berlin", "--force") == 0
    assert {key[0] for key in figures(scope="group")} == {"2024-03-31"}


@pytest.mark.usefixtures("folder")
def test_foreign_names_are_mapped_by_a_file(capsys: Captured) -> None:
    head = "Id,Media type,Who,Start time,Queue time,talk_s,wrap_s,Abandoned?,csat"
    rows = [re.sub(r",(\d+),(false)", lambda cells: f",{int(cells[1]) - 10},10,{cells[2]}", row) for row in ROWS]
    save(log(*rows, head=head).replace("60,,", "60,,,"))
    save(
        "Id: contact_id\nMedia type: channel\nStart time: arrived_at\nQueue time: wait_s\nAbandoned?: abandoned\n"
        "Who: team\n",
        "names.yml",
    )
    assert run("--by", "channel,team", "--mapping", "names.yml") == 0
    assert whole() == pytest.approx(EXPECTED)
    assert ("phone", "A1", "asa") in figures(scope="group")
    told = capsys.readouterr().out
    assert "handle_s is not in the file and was made of talk_s + wrap_s." in told
    assert "Queue time → wait_s" in told


@pytest.mark.usefixtures("folder")
def test_a_mapping_tells_units_and_words_for_yes(capsys: Captured) -> None:
    text = log().replace("abandoned", "Outcome").replace("false", "Answered").replace("true", "Hung up")
    save(text.replace("wait_s", "Wait (min)").replace(",15,", ",0.25,").replace(",5,1", ",0.1,1"))
    save(
        "Outcome: abandoned when Lost, hung up\nWait (min): wait_s in minutes\nLogged in: staffed_s in hours\n",
        "names.yml",
    )
    save("agent_id,start,Logged in\nA1,2024-03-04,0.5\nA2,2024-03-04,0.5\n", "staffed.csv")
    assert run("--mapping", "names.yml", "--staffing", "staffed.csv") == 0
    assert whole()["asa"] == pytest.approx((6 + 25 * 60 + 15) / 3)
    assert whole()["abandonment"] == EXPECTED["abandonment"]
    assert whole()["occupancy"] == pytest.approx(600 / 3600)
    told = capsys.readouterr().out
    assert "abandoned ('Outcome' in the file): 'Hung up' means yes, 'Answered' means no." in told
    assert "wait_s ('Wait (min)' in the file): was read as minutes." in told
    assert "staffed_s ('Logged in' in the file): was read as hours." in told
    assert "More than 100 %" not in told


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_told_is_said_in_the_terminal(capsys: Captured) -> None:
    save(changed(("false", ""), ("true", ""), ("agent_id", "Satisfied?")))
    assert run() == 0
    told = capsys.readouterr().out
    assert "Without a value:\n  service_level: nothing to divide by (contacts offered" in told
    assert "Columns not used: Satisfied?. Where one is what a measure lacks" in told
    save(log())
    save("agent_id,start,staffed_s\nA1,2024-03-04,0.2\n", "staffed.csv")
    assert run("--staffing", "staffed.csv", "--force") == 0
    assert "More than 100 %: occupancy." in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_measures_and_a_target(capsys: Captured) -> None:
    save(log())
    asked = "service_level(30), service_level(30, of=answered), asa, fcr(window=14)"
    assert run("--measures", asked.removesuffix(", fcr(window=14)"), "--target", "60/30") == 0
    assert whole() == pytest.approx({"service_level(30)": 0.75, "service_level(30, of=answered)": 1, "asa": 15})
    assert "Target: 60 % of contacts answered within 30 s. Reached: 75.0 %" in capsys.readouterr().out
    save(log(head=HEAD.replace("csat", "repeat_of")).replace("false,5\n", "false,\n").replace("false,4", "false,1"))
    assert run("--measures", "fcr(window=0.5)", "--level", "90%", "--force") == 0
    assert "90 % interval" in capsys.readouterr().out
    assert run("--target", "80/45", "--force") == 0  # the service level follows the promise
    assert "Service level (45 s)" in Path("contacts-kpi.html").read_text(encoding="utf8")


@pytest.mark.usefixtures("folder")
def test_target_of_many_groups_is_judged_by_intervals(capsys: Captured) -> None:
    rows = [
        f"{place},{'phone' if place % 2 else 'chat'},A1,2024-03-04,{60 * (place % 2)},100,no,5" for place in range(80)
    ]
    save(log(*rows))
    assert run("--by", "channel", "--target", "80/20") == 0
    told = capsys.readouterr().out
    assert re.search(r"Reached: 50\.0 % \(.*\): missed\.", told)
    assert "Of 2 groups: 1 met, 1 missed." in told
    assert re.search(r"chat +100\.0 % +0\.0 s", told)
    save(log())
    assert run("--by", "channel", "--force") == 0
    told = capsys.readouterr().out
    assert re.search(r"phone +66\.7 %\* +10\.0 s\*", told)
    assert "* Fewer than 30 cases: chance moves it far. The intervals are in contacts-kpi.csv." in told


@pytest.mark.usefixtures("folder")
def test_staffed_time_without_the_key_counts_as_a_whole_only(capsys: Captured) -> None:
    save(log())
    save("agent_id,start,staffed_s,cost\nA1,2024-03-04T08:00,800,30\nA2,2024-03-04T08:00,400,15\n", "staffed.csv")
    assert run("--by", "channel", "--staffing", "staffed.csv") == 0
    assert whole()["occupancy"] == pytest.approx(600 / 1200)
    assert whole()["cost_per_contact"] == pytest.approx(45 / 3)
    assert ("phone", "occupancy") not in figures(scope="group")
    assert "As a whole only: occupancy, cost_per_contact" in capsys.readouterr().out
    assert run("--by", "agent_id", "--staffing", "staffed.csv", "--force") == 0
    assert figures(scope="group")["A1", "occupancy"] == pytest.approx(400 / 800)


@pytest.mark.usefixtures("folder")
def test_keys_are_sorted_and_gaps_are_a_group(capsys: Captured) -> None:
    save(log(*(f"{place},{place % 12 or ''},A1,2024-03-04,5,100,no,5" for place in range(24))))
    assert run("--by", "channel", "--measures", "csat") == 0
    assert [key[0] for key in figures(scope="group")] == [*map(str, range(1, 12)), ""]
    assert "(none)" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_ids_are_told_apart_to_the_last_digit() -> None:
    first = 2**53
    rows = [
        f"{first + place},phone,A1,2024-03-0{place + 1},5,100,no,{first if place == 1 else ''}" for place in range(4)
    ]
    save(log(*rows, "x,phone,A1,2024-03-20,5,100,no,", head=HEAD.replace("csat", "repeat_of")))
    assert run("--measures", "fcr") == 0
    assert whole()["fcr"] == pytest.approx(2 / 3)


@pytest.mark.usefixtures("folder")
def test_many_blocks_and_small_ones_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    words = ("phone", '"chat, web"', '"two\nlines"')
    rows = [
        ",".join(
            [
                str(place),
                rng.choice(words),
                f"A{place % 7}",
                f"{place % 28 + 1}/03/2024 08:00",
                f'"{rng.randrange(90)},5"' if place > 400 else str(rng.randrange(90)),
                "",
                rng.choice(("yes", "no")),
                "",
            ]
        )
        for place in range(600)
    ]
    save(log(*rows))
    assert run("--by", "channel", "--output", "one.csv", "--page", "one.html") == 0
    real = reporting.reading.files.blocks
    monkeypatch.setattr(reporting.reading.files, "blocks", lambda *file, **how: real(*file, **how, size=700))
    assert run("--by", "channel", "--output", "many.csv", "--page", "many.html") == 0
    assert Path("one.csv").read_bytes() == Path("many.csv").read_bytes()
    assert Path("one.csv").read_bytes().count(b"\n") > 12


# --- The page ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_the_page_holds_everything_and_asks_for_nothing() -> None:
    save(log().replace("chat", "<script>alert(1)</script>").replace("A2", '""&""').replace('""&""', "a&b"))
    assert run("--by", "day,channel") == 0
    page = Path("contacts-kpi.html").read_text(encoding="utf8")
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all(["script", "link", "img", "iframe", "object"], src=True)
    assert not soup.find_all("script")
    addresses = set(re.findall(r"(?:href|src)\s*=\s*['\"]([^'\"#][^'\"]*)", page)) | set(
        re.findall(r"url\(([^#)][^)]{0,20})", page)
    )
    assert all(each.startswith(("data:", "data")) for each in addresses), addresses
    assert {each["id"] for each in soup.find_all(id=True)} >= {
        link["href"][1:] for link in soup.find_all("a") if link["href"].startswith("#")
    }
    for figure in soup.find_all("figure"):
        assert figure.find("table") or figure.find("a", href="#groups")
        assert all(picture["aria-label"] for picture in figure.find_all("svg", role="img"))
    assert len(soup.find_all("figure")) == 2 * len(EXPECTED)
    words = soup.get_text(" ")
    for measure in (kpi.service_level(), kpi.asa(), kpi.csat()):
        assert re.sub("`", "", measure.denominator) in " ".join(words.split())
    assert "Cells without a value" in words


def pictures(*options: str, by: str = "day,channel") -> list[tuple[str, str, list[str]]]:
    """Return of each picture of a page what it is called, what it is described as, and the words in it."""
    assert run("--by", by, "--force", *options) == 0
    soup = BeautifulSoup(Path("contacts-kpi.html").read_bytes(), "html.parser")
    return [
        (
            figure.figcaption.get_text(" "),
            picture["aria-label"],
            [text.get_text() for text in picture.find_all("text")],
        )
        for figure in soup.find_all("figure")
        for picture in figure.find_all("svg", role="img")
    ]


@pytest.mark.usefixtures("folder")
def test_each_picture_says_its_figures() -> None:
    save(log())
    time, groups = pictures("--measures", "abandonment")
    assert time[0] == "By day From 0.0 % (Mon 4 Mar 2024) to 50.0 % (Tue 5 Mar 2024)."
    assert time[1] == (
        "Abandonment rate by day, 2 in all, with intervals. From 0.0 % (Mon 4 Mar 2024) to 50.0 % (Tue 5 Mar 2024). "
        "The table has all."
    )
    assert {"per cent", "0", "100"} <= set(time[2])
    assert groups[0] == "By channel From 0.0 % (chat) to 33.3 % (phone)."
    assert [word for word in groups[2] if word in {"chat", "phone"}] == ["phone", "chat"]


@pytest.mark.usefixtures("folder")
def test_alone_a_period_has_a_wide_picture_too_and_a_name_that_is_missing_one_pair_of_brackets() -> None:
    save(log())
    wide, narrow = pictures("--measures", "abandonment", by="day")
    assert wide[:2] == narrow[:2]
    save(changed((",chat,", ",,")))
    (groups,) = pictures("--measures", "service_level", by="channel")
    assert groups[0] == "By channel From 0.0 % (none) to 66.7 % (phone)."
    save(changed(("true", "false")))
    assert [caption for caption, *_ in pictures("--measures", "abandonment")] == [
        "By day All 0.0 %.",
        "By channel All 0.0 %.",
    ]


@pytest.mark.usefixtures("folder")
def test_groups_that_one_scale_would_flatten_have_their_own() -> None:
    rows = [
        f"{place},{('chat', 'email')[place % 2]},A1,2024-03-{place % 9 + 1:02},{place % 7 * 900 ** (place % 2)},9,no,"
        for place in range(90)
    ]
    save(log(*rows))
    waits, levels = (each for each in pictures("--measures", "asa, service_level") if "and channel" in each[0])
    assert "In seconds, each to a scale of its own: look at the numbers beside it." in waits[0]
    assert "In per cent, all to one scale." in levels[0]
    assert "chat: from 2.4 s (Fri 1 Mar 2024) to 3.6 s (Tue 5 Mar 2024); email: from 2,160.0 s" in waits[1]
    for words in (waits[2], levels[2]):
        assert [word for word in words if word in {"chat", "email"}] == ["chat", "email"]
    # On one scale the axis is the same in both panels, on two it is not.
    half = [[word for word in words if word[0].isdigit() and "Mar" not in word] for *_, words in (waits, levels)]
    assert half[1][: len(half[1]) // 2] == half[1][len(half[1]) // 2 :]
    assert half[0][: len(half[0]) // 2] != half[0][len(half[0]) // 2 :]


@pytest.mark.usefixtures("folder")
def test_a_long_log_is_charted_in_longer_periods_and_its_table_is_cut() -> None:
    rows = [
        f"{hour},phone,A1,2024-{hour // 480 + 1:02}-{hour // 24 % 20 + 1:02}T{hour % 24:02}:00,5,9,no,5"
        for hour in range(960)
    ]
    save(log(*rows))
    assert run("--by", "hour", "--measures", "asa") == 0
    soup = BeautifulSoup(Path("contacts-kpi.html").read_bytes(), "html.parser")
    assert soup.find("figcaption").get_text().startswith("By day")
    assert "The first 500 of 960 groups" in soup.find("h2", id="groups").parent.get_text()
    assert len(figures(scope="group")) == 960


# --- Files that are not replaced -----------------------------------------------------------------------------------


def test_nothing_is_replaced_unasked(folder: Path, capsys: Captured) -> None:
    save(log())
    page = save("mine", "contacts-kpi.html")
    assert run() == 1
    assert "contacts-kpi.html that exists. Name another, or replace it with --force." in capsys.readouterr().err
    assert not (folder / "contacts-kpi.csv").exists()
    assert run("--force") == 0
    assert page.read_text(encoding="utf8").startswith("<!DOCTYPE html>")
    for options in (
        ["--output", "contacts.csv"],
        ["--page", "contacts-kpi.csv"],
        ["--mapping", "m", "--output", "./m"],
    ):
        assert run("--force", *options) == 1
        assert "must be different files" in capsys.readouterr().err


def test_a_write_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    save(log())

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert run() == 1
    assert "No space left" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["contacts.csv"]


def test_whoever_stops_it_finds_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    save(log())
    for place in (1, 2):
        written = iter(range(place))

        def stop(path: Path, content: bytes) -> int:
            if next(written, None) is None:  # noqa: B023 -- called in this turn only
                raise KeyboardInterrupt
            with path.open("wb") as file:
                return file.write(content)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", stop)
            next(written)
            assert run() == 130
        assert capsys.readouterr() == ("", "opsbook: stopped.\n")
        assert [path.name for path in folder.iterdir()] == ["contacts.csv"]


@pytest.mark.usefixtures("folder")
def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    save(log())
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    with contextlib.redirect_stderr(terminal):
        assert run("--by", "channel") == 0
    shown = terminal.getvalue()
    assert "reading contacts.csv" in shown
    assert "100 % drawing" in shown
    assert shown.endswith("\r\x1b[K")
    shares = [int(share) for share in re.findall(r"(\d+) %", shown)]
    assert shares == sorted(shares)
    assert run("--by", "channel", "--force") == 0
    assert capsys.readouterr().err == ""


# --- What is wrong, in one list ------------------------------------------------------------------------------------

UNREADABLE = [
    (b"", "needs a row of column names, got an empty file"),
    (b"\n \n", "needs a row of column names, got an empty file"),
    (HEAD.encode() + b"\n", "needs at least one row below the column names"),
    (
        b"Report of March\nmade 1.4.2024\n\n" + log().encode(),
        "'Report of March' and rows of several cells from line 4 on",
    ),
    (b"Report of March,,,,,,,\n" + log().encode(), "'Report of March' and rows of several cells from line 2 on"),
    (b"PK\x03\x04", "must be CSV text, got a workbook"),
    (
        log().replace("chat", "caf\xe9").encode("latin-1"),
        "must be UTF-8 text, got the byte 0xe9. Save it as CSV UTF-8, or name its encoding, as in --encoding cp1252.",
    ),
    (log().encode("utf-16")[:-1], "must be UTF-16 text"),
    (b"\x1f\x8bnothing", "cannot be read"),
    (gzip.compress(log().encode())[:-20], "cannot be read"),
    (log().replace("chat", "\0").encode(), "must be text, got bytes of 0"),
    (log().replace("chat", '"chat').encode(), "row 3 must have its quotation marks in pairs"),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("content", "message"), UNREADABLE, ids=[str(place) for place in range(len(UNREADABLE))])
def test_files_that_cannot_be_read(content: bytes, message: str, capsys: Captured) -> None:
    save(content)
    (found,) = problems(capsys)
    assert message in found


@pytest.mark.usefixtures("folder")
def test_no_such_file(capsys: Captured) -> None:
    assert problems(capsys, file="lost.csv") == ["lost.csv: there is no such file. Check the path."]


WRONG = {
    "no time": (
        [("2024-03-04T08:10:00", "yesterday"), ("2024-03-05T09:00:00", "45355.2")],
        "arrived_at: must be a time such as 2026-03-02T08:30, got 'yesterday' in row 3 and '45355.2' in row 4.",
    ),
    "no such day": ([("2024-03-04T08:10", "2024-02-30T08:10")], "arrived_at: must be a time"),
    "either date": (
        [("2024-03-04T", "03/04/2024 "), ("2024-03-05T", "03/05/2024 ")],
        "Say which comes first with --dates day-first or --dates month-first.",
    ),
    "some offsets": ([("08:10:00", "08:10:00Z")], "must have an offset from UTC everywhere or nowhere"),
    "several offsets": (
        [(":00,", ":00+01:00,"), ("08:10:00+01", "08:10:00+02")],
        "must all be on one clock, got +01:00 in row 2 and +02:00 in row 3",
    ),
    "words for flags": (
        [("false", "Handled")],
        "abandoned: must be yes or no, true or false, 1 or 0, got 'Handled' in row 2 and 2 rows more.",
    ),
    "numbers for flags": ([("true", "2")], "abandoned: must be yes or no, true or false, 1 or 0, got '2' in row 4"),
    "words for numbers": ([(",25,", ",soon,")], "wait_s: must be a number, got 'soon' in row 3"),
    "endless": ([(",25,", ",inf,")], "wait_s: must be a number, got inf in row 3"),
    "thousands": ([(",60,", ',"1,250",')], "Say which with --decimal comma or --decimal point."),
    "thousands or decimals": (
        [(",", ";"), (";60;", ";1.250;")],
        "got '1.250', whose point may stand before decimals or between thousands. Say which",
    ),
    "negative wait": ([(",25,", ",-25,")], "no row may have a negative `wait_s`, got wait_s -25 in row 3"),
    "no such answer": ([("false,4", "false,7")], "no row may have a `csat` outside 1 to 5, got csat 7 in row 3"),
    "handled though gone": ([("60,,", "60,9,")], "no row may be abandoned and have a `handle_s` above 0"),
    "twice": ([("\n2,", "\n1,")], "every contact_id must stand in one row, got contact_id 1 in row 3"),
    "too many cells": (
        [("false,4", "false,4,5")],
        "rows must have 8 cells like the column names, got 9 cells in row 3",
    ),
    "too few cells": ([(",false,4", "")], "rows must have 8 cells like the column names, got 6 cells in row 3"),
    "a total": ([("4,phone", "Total,4\n4,phone")], "got 2 cells in row 5"),
    "a total of all cells": (
        [("false,2", "false,2\n,Total:,,,105,600,,")],
        "got 'Total:' in row 6, the last. Remove it.",
    ),
    "names twice": ([("channel", "csat")], "must name each column once, got 'csat' more often"),
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("case", WRONG)
def test_each_fault_is_told_with_its_place(case: str, capsys: Captured) -> None:
    pairs, message = WRONG[case]
    save(changed(*pairs))
    (found,) = problems(capsys)
    assert found.startswith("contacts.csv: ")
    assert message in found
    assert found.endswith(".")


@pytest.mark.usefixtures("folder")
def test_everything_wrong_is_in_one_list(capsys: Captured) -> None:
    save(changed(("08:10:00", "8 o'clock"), ("true", "gone"), ("false,2", "false,9"), ("\n2,", "\n1,"), ("A2,", "")))
    save("wait: wait_s\nchannel: chanel\nchannel: channel\n3: csat\n", "names.yml")
    save("agent_id,start\nA1,2024-03-04\n", "staffed.csv")
    found = problems(
        capsys,
        *("--by", "day,chanel", "--measures", "asa, fcr, occupancy, nsp, service_level(of=all), 3"),
        *("--mapping", "names.yml", "--staffing", "staffed.csv"),
    )
    said = "\n".join(found)
    for part in (
        "names.yml:3: this key stands twice",
        "names.yml: must name columns of the file, got 'wait'. Did you mean 'wait_s'?",
        "names.yml: must name columns of the file, got '3'",
        "--measures: nsp: there is no measure called 'nsp'. Did you mean 'nps'?",
        "--measures: service_level(of=all): `of` must be one of",
        "--measures: 3: must be the name of a measure",
        "--by: must hold columns or periods, got 'chanel'. Did you mean 'channel'?",
        "needs the column 'repeat_of' for fcr",
        "staffed.csv: needs the column 'staffed_s' for occupancy",
        "got 7 cells in row 3",
        "abandoned: must be yes or no",
    ):
        assert part in said
    save(log())
    (found,) = problems(capsys, "--by", "shop")
    assert "Periods: 5min, 10min" in found
    save(log(head=HEAD.replace("channel", "unit")))
    (found,) = problems(capsys, "--by", "unit")
    assert "must not be called like a column of the report, got 'unit'" in found


@pytest.mark.usefixtures("folder")
def test_a_log_without_the_columns_says_what_each_measure_would_need(capsys: Captured) -> None:
    save("a,b\n1,2\n")
    first, *needs = problems(capsys)
    assert first == "contacts.csv: allows no measure. Add columns, or map yours with --mapping."
    assert "    asa needs the columns wait_s, abandoned." in needs
    assert len(needs) == 14
    found, has = problems(capsys, "--measures", "csat")
    assert found == "contacts.csv: needs the column 'csat' for csat. Add it, or map yours with --mapping."
    assert has == "    The file has 'a', 'b'."


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names.yml:1: must hold lines such as `Queue time: wait_s`"),
        ("- a\n", "names.yml:1: must hold lines"),
        ("a: [\n", "the YAML is broken here"),
        ("wait_s: wiat_s\n", "names.yml:1: 'wait_s': must be mapped to one of our names, got 'wiat_s'. Did you mean"),
        (
            "wait_s: wait_s in years\n",
            "a column in seconds and `in` milliseconds, minutes, hours, got 'wait_s in years'",
        ),
        ("csat: csat in hours\n", "names.yml:1: 'csat': must be a column in seconds"),
        ("csat: csat when good\n", "must be a column of yes and no before `when`, got 'csat when good'"),
        ("wait_s:\n", "names.yml:1: 'wait_s': must be mapped to one of our names, got None"),
        ("csat: effort\nwait_s: effort\n", "names.yml:2: 'wait_s': must not be mapped to 'effort' like 'csat'"),
        ("agent_id: channel\n", "must have one column for 'channel', got a column of that name and 'agent_id'"),
    ],
)
def test_mappings_that_are_wrong(text: str, message: str, capsys: Captured) -> None:
    save(log())
    save(text, "names.yml")
    assert any(message in found for found in problems(capsys, "--mapping", "names.yml"))


@pytest.mark.usefixtures("folder")
def test_times_that_end_before_they_start(capsys: Captured) -> None:
    save("arrived_at,departed_at\n2024-03-04 08:00,2024-03-04 08:30\n2024-03-04 09:00,2024-03-04 08:59\n")
    (found,) = problems(capsys, "--measures", "flow_time")
    assert "no row may have `departed_at` before `arrived_at`, got departed_at 2024-03-04 08:59:00" in found
    assert "in row 3" in found


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--level", "0.2"], "`level` must lie between 0.5 and 0.9999"),
        (["--timezone", "Mars"], "`timezone` must be the name of a zone such as Europe/Berlin, got 'Mars'"),
        (["--encoding", "hex"], "`encoding` must be the name of an encoding, got 'hex'"),
    ],
)
def test_options_out_of_range(options: list[str], message: str, capsys: Captured) -> None:
    save(log())
    assert run(*options) == 1
    assert message in capsys.readouterr().err


# --- Anything ------------------------------------------------------------------------------------------------------

CELLS = st.sampled_from(
    [
        "",
        "1",
        "2",
        "0",
        "-5",
        "3.5",
        "2,5",
        "1,250",
        "yes",
        "no",
        "true",
        "x",
        '"',
        '"a,b"',
        "NULL",
        "inf",
        "1e400",
        "2024-03-04",
        "03/04/2024 8:15 PM",
        "2024-03-04T08:00:00Z",
        "4 Mar 2024",
        "31.12.24",
        "0:01:30",
        "9" * 30,
        "é",
    ]
)


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=6).map(
            lambda rows: log(*(",".join(row) for row in rows), "").encode()
        ),
        st.text(alphabet='contact_id,csat\n\r";15', max_size=200).map(lambda text: ("csat\n" + text).encode()),
    ),
    st.sampled_from(["", "day", "channel", "channel,day"]),
)
def test_any_bytes_are_a_report_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, by: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "contacts.csv"
    file.write_bytes(content)
    found: list[str] = []
    try:
        made = reporting.report(file, by=by, force=True)
    except ContactLogError as error:
        found = error.problems
    assert all(problem.endswith(".") for problem in found)
    if not found:
        assert made.table()
        assert all(math.isfinite(line.value) or line.note for line in made.figures.whole)
