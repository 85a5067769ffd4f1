"""Reads packages as Moodle and Canvas do, and marks by their rules, written from their documentation and their source.

Moodle: https://docs.moodle.org/en/Moodle_XML_format and https://docs.moodle.org/en/Numerical_question_type; the import
in ``question/format/xml/format.php``, the rules in ``question/type/numerical`` (``apply_units``,
``get_matching_answer``, ``get_tolerance_interval``), ``multichoice`` and ``ordering/question.php`` of
github.com/moodle/moodle.

Canvas: ``numeric_interaction.rb`` and ``associate_interaction.rb`` (import), ``numerical_question.rb``,
``multiple_answers_question.rb`` (rules), ``take_quiz`` (what is typed is rounded) of github.com/instructure/canvas-lms.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import combinations
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from opsbook.exercises.numeric import NumericQuestion

PHP_PRECISION = 14
MOODLE_FRACTIONS = [1, 0.9, 5 / 6, 0.8, 0.75, 0.7, 2 / 3, 0.6, 0.5, 0.4, 1 / 3, 0.3, 0.25, 0.2, 1 / 6, 1 / 7, 0.125]
MOODLE_FRACTIONS += [1 / 9, 0.1, 0.05, 0]


def typed_numbers(question: NumericQuestion) -> list[float]:
    """Return numbers about every bound that decides, and between."""
    bounds = {question.low, question.high, question.answer, 0.0, -question.answer}
    for slip in question.mistakes:
        bounds |= {slip.low, slip.high, slip.value}
    # The least that a bound is moved by is far above the rounding of a number that is written and read again.
    return sorted({each * (1 + turn) for each in bounds for turn in (-1e-3, -1e-8, 1e-8, 1e-3)} | {question.answer})


# --- HTML ------------------------------------------------------------------------------------------------------


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.words.append(f"⟦{dict(attrs)['data-equation-content']}⟧")
        elif tag in {"p", "div", "li", "td", "th", "tr", "pre", "br", "span"}:
            self.words.append(" ")


def words(html: str) -> str:
    """Return what a reader sees of HTML, with formulas as TeX in brackets, however their system writes them."""
    parser = _Words()
    parser.feed(html)
    text = re.sub(r"\\[(\[](.+?)\\[)\]]", r"⟦\1⟧", "".join(parser.words), flags=re.DOTALL)
    return re.sub(r"\s*([⟦⟧])\s*", r"\1", " ".join(text.replace("\\displaystyle ", "").split()))


# --- Moodle ----------------------------------------------------------------------------------------------------


def text(node: Element, path: str) -> str:
    """Return the text that the importer takes at a path, which must be there."""
    found = node.find(f"{path}/text")
    assert found is not None, f"{node.tag}: {path}"
    return (found.text or "").strip()


def value(node: Element, path: str) -> str:
    found = node.find(path)
    assert found is not None, f"{node.tag}: {path}"
    return found.text or ""


@dataclass
class MoodleItem:
    node: Element
    kind: str
    category: str
    id: str
    seed: int

    @property
    def answers(self) -> list[Element]:
        return self.node.findall("answer")


def moodle_items(document: str) -> Iterator[MoodleItem]:
    """Yield each question in its category, and check what the importer needs of any."""
    category = ""
    for node in ElementTree.fromstring(document):
        assert node.tag == "question"
        if node.attrib["type"] == "category":
            category = text(node, "category")
            assert category.startswith("$course$/top/")
            continue
        assert text(node, "name")
        assert text(node, "questiontext")
        assert float(value(node, "defaultgrade")) > 0
        question_id, _, seed = value(node, "idnumber").partition("#")
        yield MoodleItem(node, node.attrib["type"], category, question_id, int(seed))


def moodle_number(item: MoodleItem, typed: str) -> tuple[float, str] | None:
    """Return the mark and the feedback for a typed number; None where Moodle reads none."""
    units = {value(unit, "unit_name"): float(value(unit, "multiplier")) for unit in item.node.findall("units/unit")}
    response = typed.replace(" ", "")
    grouped = "." in response or response.count(",") > 1
    response = response.replace(",", "" if grouped else ".")
    found = re.match(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?", response)
    if found is None:
        return None
    number, unit = float(found[0]), response[found.end() :]
    scaled = number / units[unit] if unit in units else number
    for answer in item.answers:
        right = text(answer, ".")
        if right != "*":
            middle = float(right)
            margin = float(value(answer, "tolerance")) + 10**-PHP_PRECISION * max(1, abs(middle))
            if not any(middle - margin <= each <= middle + margin for each in (scaled, number)):
                continue
        return float(answer.attrib["fraction"]) / 100, text(answer, "feedback")
    return 0, ""


def moodle_choices(item: MoodleItem, chosen: Sequence[int]) -> float:
    """Return the mark for the options at these places; each share must be one that Moodle accepts."""
    shares = [float(answer.attrib["fraction"]) / 100 for answer in item.answers]
    exact = []
    for share in shares:
        near = min(MOODLE_FRACTIONS, key=lambda each: abs(each - abs(share)))
        assert abs(near - abs(share)) < 1e-5
        exact.append(near if share > 0 else -near)
    return min(1, max(0, sum(exact[each] for each in chosen)))


def moodle_order(places: Sequence[int]) -> float:
    """Return the mark of RELATIVE_ALL_PREVIOUS_AND_NEXT for the right places of the steps in a learner's order."""
    pairs = list(combinations(places, 2))
    return sum(first < second for first, second in pairs) / len(pairs)


# --- Canvas ----------------------------------------------------------------------------------------------------


@dataclass
class CanvasItem:
    node: Element
    kind: str
    id: str
    seed: str
    group: str
    points: float

    def all(self, tag: str) -> list[Element]:
        return list(self.node.iter(tag))


def opened(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def _bare(xml: str) -> Element:
    root: Element = ElementTree.fromstring(xml)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root


def canvas_items(members: Mapping[str, str]) -> Iterator[CanvasItem]:
    """Follow the manifest to the assessment and yield its items; every reference in an item must lead somewhere."""
    manifest = _bare(members["imsmanifest.xml"])
    named = {each.attrib["identifier"]: each for each in manifest.iter("resource")}
    assessed = next(each for each in named.values() if each.attrib["type"] == "imsqti_xmlv1p2")
    for resource in named.values():
        assert all(each.attrib["href"] in members for each in resource.iter("file"))
        assert all(each.attrib["identifierref"] in named for each in resource.iter("dependency"))
    root = _bare(members[next(assessed.iter("file")).attrib["href"]])
    sections = list(root.iter("section"))
    groups = {item: section for section in sections[1:] for item in section.iter("item")}
    seen = set()
    for node in root.iter("item"):
        fields = {value(each, "fieldlabel"): value(each, "fieldentry") for each in node.iter("qtimetadatafield")}
        assert node.attrib["ident"] not in seen
        seen.add(node.attrib["ident"])
        said = {each.attrib["ident"] for each in node.iter("itemfeedback")}
        assert {each.attrib["linkrefid"] for each in node.iter("displayfeedback")} == said
        asked = {each.attrib["ident"] for tag in ("response_lid", "response_str") for each in node.iter(tag)}
        assert {each.attrib["respident"] for tag in _TESTS for each in node.iter(tag)} <= asked
        title = re.fullmatch(r"(\S+)(?: \(numbers (-?\d+)\))?", node.attrib["title"])
        assert title is not None
        group = groups[node].attrib["title"] if node in groups else ""
        points = float(fields["points_possible"])
        if node in groups:
            assert float(next(groups[node].iter("points_per_item")).text or "") == points
            assert next(groups[node].iter("selection_number")).text == "1"
        yield CanvasItem(node, fields["question_type"], title[1], title[2] or "", group, points)


_TESTS = ("varequal", "vargte", "varlte")


def canvas_number(item: CanvasItem, typed: float) -> bool:
    """Return whether Canvas takes a number for right."""
    low, high = (float(item.all(tag)[0].text or "") for tag in ("vargte", "varlte"))
    return low <= round(typed, 4) <= high


def canvas_matching(item: CanvasItem) -> dict[str, str]:
    """Return the right match of each line of a matching question, in words."""
    labels = {
        each.attrib["ident"]: value(each, "material/mattext")
        for each in next(item.node.iter("response_lid")).iter("response_label")
    }
    lines = {each.attrib["ident"]: value(each, "material/mattext") for each in item.all("response_lid")}
    scored = [each for each in item.all("respcondition") if each.find("setvar") is not None]
    right = {each.attrib["respident"]: labels[each.text or ""] for node in scored for each in node.iter("varequal")}
    assert abs(sum(float(value(each, "setvar")) for each in scored) - 100) < 0.05
    return {words(lines[each]): match for each, match in right.items()}
