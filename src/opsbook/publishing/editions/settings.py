"""What an instructor writes into an edition's file: its keys, their rules, and everything that is wrong in one list.

`read` checks form, files and hostility: whether a text is a text, a path stays beside the file, an image is only an
image. Whether a chapter, label, question or data set of that name exists is for the plan, which knows the course.

Every text is plain text: ``<b>`` in a title is three characters that mean nothing, and whoever writes a text into a
page, a configuration or a package escapes it. Control characters, which can be seen nowhere, are refused.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from opsbook.errors import EditionError
from opsbook.exercises.forms import broken, enumerated, meant, read_form, shown
from opsbook.exercises.question import SLUG_FORM, Strict
from opsbook.exercises.reading import read_bank
from opsbook.located import Place, Tree, UnreadableError, parse, printable, text_of
from opsbook.publishing import colours
from opsbook.publishing.editions import own_files

__all__ = [
    "OUTPUTS",
    "WEEKDAYS",
    "After",
    "Exam",
    "Holiday",
    "OwnPart",
    "Seed",
    "Settings",
    "Term",
    "is_own",
    "of_text",
    "read",
]

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Output = Literal[
    "student-html",
    "instructor-html",
    "student-notebooks",
    "instructor-notebooks",
    "lms",
    "grading",
    "book-pdf",
    "exam-pdf",
]

WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
"""The days of a week as an edition's file names them, Monday first as in `datetime.date.weekday`."""

OUTPUTS: Final[tuple[Output, ...]] = get_args(Output)
"""Everything that an edition can be made into."""

_LARGEST_FILE: Final = 64_000
_LONGEST: Final = 200
_MOST_LISTED: Final = 500
_MOST_WEEKS: Final = 60
_LARGEST_SEED: Final = 2**31 - 1
_YEARS: Final = (2000, 2100)

# Letters of some scripts are joined or parted by these, which cannot be seen themselves.
_JOINERS: Final = "\u200c\u200d"

_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ADDRESS = re.compile(r"https://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+")
_QUESTION = re.compile(rf"{SLUG_FORM[1:-1]}/{SLUG_FORM[1:-1]}")


# --- Values of one form ------------------------------------------------------------------------------------------


def _line(text: str) -> str:
    odd = dict.fromkeys(each for each in text if not each.isprintable() and each not in _JOINERS)
    if odd:
        codes = ", ".join(f"U+{ord(each):04X}" for each in list(odd)[:5])
        raise broken(f"must be one line without control characters, got {codes}. Remove what cannot be seen.")
    return text


def _address(text: str, rule: str = "must be a link that begins with https://") -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname if "@" not in parts.netloc else None
    except ValueError:
        host = None
    if not host or not _ADDRESS.fullmatch(text):
        raise broken(f"{rule}, got {shown(text)}. Write for example `https://example.org/course`.")
    return text


def _reached(text: str) -> str:
    return (
        text if _MAIL.fullmatch(text) else _address(text, "must be a mail address or a link that begins with https://")
    )


def _book(text: str) -> str:
    if set(_address(text)) & set("?#"):
        raise broken(f"must be the address of a whole book, without `?` and `#`, got {shown(text)}. Cut it there.")
    return text.rstrip("/") + "/"


def _colour(text: str) -> str:
    if not re.fullmatch("#[0-9A-Fa-f]{6}", text):
        raise broken(f'must be # and six hexadecimal digits, such as "#1f4e79", got {shown(text)}. Mend it.')
    colour = text.lower()
    if (reached := colours.least_contrast(colour)) < colours.LEAST:
        raise broken(
            f"must have a contrast of at least {colours.LEAST}:1 with the grounds of a light page "
            f"({' and '.join(colours.LIGHT)}), got {colour!r} with {int(reached * 100) / 100:.2f}:1. "
            f'Darken it, for example to "{colours.darkened(colour)}".'
        )
    return colour


def _day(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise broken(f"must be a day such as 2026-09-07, got {shown(value)}. Write year, month and day.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise broken(f"must be a day that there is, got {shown(value)}. Check month and day.") from None
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise broken(f"must lie in the years {_YEARS[0]} to {_YEARS[1]}, got {shown(value)}. Check the year.")
    return day


def _question(text: str) -> str:
    if not _QUESTION.fullmatch(text):
        rule = "must be a question's full id, such as `service-design/first-question`"
        raise broken(f"{rule}, got {shown(text)}. Write the chapter's name, a slash and the question's id.")
    return text


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    seen: set[Any] = set()
    again: list[tuple[Place, str]] = []
    for place, each in enumerate(values):
        if each in seen:
            again.append(((place,), f"must stand once in the list, got {str(each)!r} again. Remove one."))
        seen.add(each)
    if again:
        raise broken(*again)
    return values


def _image(text: object) -> object:
    if not isinstance(text, str) or not text.strip():
        raise broken(f"must be the path of an image, got {shown(text)}. Write its name, such as `logo.svg`.")
    return Path(_line(text))


def _beside(image: Path, info: ValidationInfo) -> Path:
    return info.context[0].parent / image if info.context else image


def _kind(value: object) -> str:
    return "@mapping" if isinstance(value, dict | Strict) else "@word"


Line = Annotated[str, Field(pattern=r"\S", max_length=_LONGEST), AfterValidator(_line)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Image = Annotated[
    Path,
    BeforeValidator(_image),
    AfterValidator(_beside),
    WithJsonSchema({"type": "string", "pattern": r"\.(svg|png)$", "maxLength": _LONGEST}),
]
SeedNumber = Annotated[int, Field(ge=0, le=_LARGEST_SEED)]
Points = Annotated[float, Field(gt=0, le=100)]
Label = Annotated[str, Field(pattern=r"^\S+$", max_length=_LONGEST), AfterValidator(_line)]
# A list is written where a tuple is kept.
_LISTED: Final = Field(strict=False, min_length=1, max_length=_MOST_LISTED)


# --- Parts of the file -------------------------------------------------------------------------------------------


class Holiday(Strict):
    """Days without sessions, the first and the last of them included."""

    start: Annotated[Day, Field(alias="from", description="The first day without sessions.")]
    end: Annotated[Day | None, Field(alias="to", description="The last one; the first if it is left out.")] = None
    name: Annotated[Line, Field(description="What the week plan calls it.")] = "Holiday"

    @property
    def last(self) -> date:
        """The last day."""
        return self.end or self.start

    @model_validator(mode="after")
    def _in_order(self) -> "Holiday":
        if self.last < self.start:
            raise broken((("to",), f"must not lie before `from`, {self.start}, got {self.last}. Exchange them."))
        return self


def _as_holiday(value: object) -> object:
    return value if isinstance(value, dict | Holiday) else {"from": value}


class Term(Strict):
    """When the course meets: on the same weekdays for some weeks, or on listed days."""

    start: Annotated[Day | None, Field(description="The first day of the first week.")] = None
    every: Annotated[
        tuple[Weekday, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="The weekdays of the sessions; needs `start` and `weeks`."),
    ] = ()
    weeks: Annotated[
        int | None,
        Field(ge=1, le=_MOST_WEEKS, description="How many weeks of the calendar the term lasts, holidays included."),
    ] = None
    sessions: Annotated[
        tuple[Day, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="The days of the sessions one by one, in place of `every`."),
    ] = ()
    holidays: Annotated[
        tuple[Annotated[Holiday, BeforeValidator(_as_holiday, json_schema_input_type=Day | Holiday)], ...],
        Field(strict=False, max_length=_MOST_LISTED, description="Days without sessions: single ones, or `from` `to`."),
    ] = ()

    @property
    def dates(self) -> tuple[date, ...]:
        """Every day on which a session stands in the calendar, those that fall on holidays included."""
        if self.sessions or self.start is None or self.weeks is None:
            return self.sessions
        days = (self.start + timedelta(days=number) for number in range(7 * self.weeks))
        return tuple(day for day in days if WEEKDAYS[day.weekday()] in self.every)

    def holiday(self, day: date) -> str:
        """Return the name of the holiday that `day` falls on, an empty text if it falls on none."""
        return next((each.name for each in self.holidays if each.start <= day <= each.last), "")

    @model_validator(mode="after")
    def _whole(self) -> "Term":
        if faults := [*self._faults()]:
            raise broken(*faults)
        return self

    def _faults(self) -> Iterator[tuple[Place, str]]:
        if not self.every and not self.sessions:
            yield (), "must say when the course meets, got neither `every` nor `sessions`. Add one of them."
        if self.every and self.sessions:
            yield ("sessions",), "must not stand beside `every`, got both. Remove one of them."
            return
        for key, value in (("start", self.start), ("weeks", self.weeks)):
            if self.every and value is None:
                yield (), f"must have `{key}` beside `every`, got nothing. Add it."
        if self.sessions and self.weeks is not None:
            yield ("weeks",), "must stand beside `every` only, got it beside `sessions`. Remove it."
        last = self.start or date.min
        for place, day in enumerate(self.sessions):
            if day < last:
                yield ("sessions", place), f"must not lie before {last}, got {day}. Put the days in order."
            elif name := self.holiday(day):
                yield ("sessions", place), f"must not fall on a holiday, got {day} ({name}). Move one of them."
            last = max(day, last)
        if self.dates and not self.sessions and all(map(self.holiday, self.dates)):
            yield ("holidays",), "must leave a day with a session, got holidays on all of them. Shorten them."


class OwnPart(Strict):
    """A part of an instructor's own, with chapters of the course and own ones."""

    part: Annotated[Line, Field(description="The part's caption.")]
    chapters: Annotated[
        tuple[Line, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="Chapters by name, own ones by the path of their file."),
    ]


class Seed(Strict):
    """A synthetic data set, drawn again."""

    seed: Annotated[SeedNumber, Field(description="The seed that the data set is drawn from.")]


class After(Strict):
    """Solutions that are shown when the edition is built on a later day."""

    after: Annotated[Day, Field(description="The last day on which solutions are hidden.")]


class Exam(Strict):
    """The exam on paper and for learning management systems."""

    questions: Annotated[
        int | None,
        Field(ge=1, le=500, description="How many questions it has; if left out, 80 or as many as there are."),
    ] = None
    minutes: Annotated[
        int | None,
        Field(ge=1, le=600, description="How long it lasts on paper; if left out, a minute and a half a question."),
    ] = None
    seed: Annotated[SeedNumber, Field(description="The exam's number: another one draws other questions.")] = 1


def is_own(name: str) -> bool:
    """Return whether `name` of a chapter is the path of an own file.

    Examples
    --------
    >>> is_own("our-hotel.md"), is_own("service-design")
    (True, False)
    """
    return name.lower().endswith(own_files.CHAPTERS)


_WORD, _MAPPING, _KIND = Tag("@word"), Tag("@mapping"), Discriminator(_kind)

Included = Annotated[Annotated[Line, _WORD] | Annotated[OwnPart, _MAPPING], _KIND]
Replacement = Annotated[Annotated[Line, _WORD] | Annotated[Seed, _MAPPING], _KIND]
Solutions = Annotated[Annotated[Literal["hidden", "shown"], _WORD] | Annotated[After, _MAPPING], _KIND]


class Settings(Strict):
    """An edition as its file describes it; what is not in the file is at its default."""

    title: Annotated[Line, Field(description="The course's name, on every page and in every package.")]
    subtitle: Annotated[Line, Field(description="A line below the title on the front page.")] = ""
    institution: Annotated[Line, Field(description="The school or company.")] = ""
    instructor: Annotated[Line, Field(description="Who teaches the course.")] = ""
    contact: Annotated[
        Line,
        AfterValidator(_reached),
        Field(description="How to reach the instructor: a mail address, or a link that begins with https://."),
    ] = ""
    logo: Annotated[
        Image | None,
        Field(description="An image in this file's folder or below, .svg or .png, of at most 200 kB."),
    ] = None
    accent: Annotated[
        Annotated[str, AfterValidator(_colour)],
        Field(
            description="The colour of links and buttons, in quotes; it must be dark enough to be read on white. "
            "The one for dark pages is derived from it.",
            json_schema_extra={"pattern": "^#[0-9A-Fa-f]{6}$"},
        ),
    ] = ""
    term: Annotated[Term | None, Field(description="When the course meets; makes the week plan.")] = None
    include: Annotated[
        tuple[Included, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(
            description="What the course consists of, in this order: whole parts by caption, chapters by name, own "
            "chapters by file, own parts. If left out: all parts of the course."
        ),
    ] = ()
    exclude: Annotated[
        tuple[Line, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="Chapters and pages at the back, by name, that are left out."),
    ] = ()
    drop: Annotated[
        tuple[Label, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="Sections, by label, and exercises, by question id, that are left out of their chapters."),
    ] = ()
    requires: Annotated[
        Literal["error", "auto", "ignore"],
        Field(description="What to do about a chapter that an included one requires: stop, add it, or do without."),
    ] = "error"
    links: Annotated[
        Literal["drop", "to full book", "error"],
        Field(
            description="What becomes of links to chapters left out: plain words, links to `full_book`, or an error."
        ),
    ] = "drop"
    full_book: Annotated[
        Line,
        AfterValidator(_book),
        Field(description="Where the full book is online, for `links: to full book`."),
    ] = ""
    banks: Annotated[
        tuple[Line, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="Own question banks, each named after the own chapter that it belongs to."),
    ] = ()
    points: Annotated[
        Mapping[Annotated[str, AfterValidator(_question)], Points],
        Field(description="Questions that count, by full id, with their points, above 0 and up to 100."),
    ] = {}
    data: Annotated[
        Mapping[Line, Replacement],
        Field(
            description="Data sets that are replaced: by an own .csv with the same columns, or drawn with a new seed."
        ),
    ] = {}
    solutions: Annotated[
        Solutions,
        Field(description="Whether students get solutions: `hidden`, `shown`, or hidden until `after` a day."),
    ] = "hidden"
    seed: Annotated[
        SeedNumber, Field(description="The class's seed: another one gives other numbers to questions.")
    ] = 0
    exam: Annotated[Exam, Field(description="The exam for learning management systems and on paper.")] = Exam()
    outputs: Annotated[
        tuple[Output, ...],
        _LISTED,
        AfterValidator(_each_once),
        Field(description="What is made; if left out, everything."),
    ] = OUTPUTS

    _file: Path = PrivateAttr(default=Path("edition.yml"))
    _tree: Tree = PrivateAttr(default=Tree({}, {(): 1}, ()))

    def model_post_init(self, context: Any) -> None:
        """Keep what is being read, if it is a file."""
        if context is not None:
            self._file, self._tree = context

    @property
    def file(self) -> Path:
        """The edition's file, as it was given."""
        return self._file

    @property
    def folder(self) -> Path:
        """The folder that own files lie in."""
        return self._file.parent

    def path(self, name: str) -> Path:
        """Return where the own file `name` lies."""
        return self.folder / name

    def located(self, path: Place, rule: str) -> str:
        """Return a problem as it is told: the file, the line of the key `path`, the key and the `rule`."""
        return _told(str(self._file), self._tree, path, rule)


# --- The file ----------------------------------------------------------------------------------------------------


def _told(label: str, tree: Tree, place: Place, rule: str, line: int = 0) -> str:
    words = "".join(f"[{each + 1}]" if isinstance(each, int) else f".{each}" for each in place).removeprefix(".")
    return f"{label}:{line or tree.line(place)}: " + printable(f"{words}: {rule}" if words else rule)


def _empty(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every key and item that holds nothing."""
    if value is None:
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from _empty(each, (*place, key))


def _form_problems(file: Path, tree: Tree) -> tuple[Settings | None, list[tuple[Place, str]]]:
    settings, faults = read_form(Settings, tree.value, "an edition's file", context=(file, tree))
    empty = set(_empty(tree.value))
    unread = {place for _, place, _ in tree.problems} | empty
    hints: dict[Place, str] = {("accent",): 'Put it in quotes, such as "#1f4e79": after a space, # begins a comment.'}
    nothing = [
        (place, f"must hold something, got nothing. {hints.get(place, 'Write it, or remove it.')}")
        for place in sorted(empty, key=tree.line)
    ]
    return settings, nothing + [each for each in faults if each[0] not in unread]


def _texts(value: Any, *place: str | int) -> Iterator[tuple[Place, str]]:
    """Yield the texts at `place`, a list's or a mapping's items, that a path may be read from."""
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(place, value), *(((*place, key), each) for key, each in islice(items, _MOST_LISTED))]
    yield from ((where, text) for where, text in found if isinstance(text, str) and text.strip() and text.isprintable())


def _named_chapters(raw: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    include = raw.get("include")
    for number, each in enumerate(include[:_MOST_LISTED] if isinstance(include, list) else []):
        yield from ((("include", *place), text) for place, text in _texts({number: each}, number))
        if isinstance(each, dict):
            yield from ((("include", number, *place), text) for place, text in _texts(each, "chapters"))


def _file_problems(raw: Mapping[str, Any], folder: Path) -> Iterator[tuple[Place, str]]:
    for place, name in _texts(raw, "logo"):
        yield from ((place, rule) for rule in own_files.image_faults(folder, name))
    stems: dict[str, str] = {}
    for place, name in _named_chapters(raw):
        if not is_own(name):
            continue
        yield from ((place, rule) for rule in own_files.chapter_faults(folder, name))
        stem = Path(name).stem
        if stems.setdefault(stem, name) != name:
            yield place, f"must have a name of its own, got {name!r} beside {stems[stem]!r}. Rename one of the files."
    for place, name in _texts(raw, "banks"):
        stem = Path(name).stem
        if stem not in stems:
            hint = f"Rename the bank: {enumerated([f'`{each}.yml`' for each in stems])}." if stems else "Include one."
            rule = "must be named after one of the own chapters in `include`"
            yield place, f"{rule}, got {shown(name)}. {meant(stem, stems, hint)}"
        yield from ((place, rule) for rule in own_files.faults(folder, name, own_files.BANKS))
    for place, name in _texts(raw, "data"):
        yield from ((place, rule) for rule in own_files.faults(folder, name, own_files.TABLES))
    if raw.get("links") == "to full book" and "full_book" not in raw:
        yield ("links",), "must stand beside `full_book` when it is `to full book`, got it alone. Add the address."


def _bank_problems(raw: Mapping[str, Any], folder: Path) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong inside own banks, each with its own file and line."""
    for place, name in _texts(raw, "banks"):
        if not own_files.faults(folder, name, own_files.BANKS):
            yield from ((place, text) for text in read_bank(folder / name, str(folder / name)).problems)


def of_text(text: str, file: Path) -> Settings:
    """Return the settings in `text`, which is to be written to `file`; what it names lies in that folder or below.

    Raises
    ------
    EditionError
        With every problem of form and of own files, each as ``FILE:LINE: key: rule, what was received, what to do``.
    """
    settings, problems = _read(text, file)
    if problems or settings is None:
        raise EditionError(problems)
    return settings


def read(file: Path) -> tuple[Settings | None, list[str]]:
    """Return what can be understood of an edition's file, and every problem of its form.

    Keys at fault are left out of the settings, of a mapping by names the entry alone, so that what the others name can
    be looked up all the same. Nothing is
    understood where a key at fault decides what the edition holds, since the rest would then be judged wrongly.

    Raises
    ------
    EditionError
        The file is no mapping in YAML.
    """
    return _read(_content(file), file)


def _content(file: Path) -> str:
    if file.exists() and not file.is_file():
        raise EditionError([f"{file}: this is no file. Name the edition's file itself."])
    try:
        return text_of(file, "An edition's file is a page or two.", largest=_LARGEST_FILE)
    except UnreadableError as error:
        raise EditionError([f"{file}: {error}"]) from None


_DECIDING: Final = frozenset({"include", "banks", "requires", "links", "full_book"})
# Of these an entry at fault can be left out alone: none depends on another.
_BY_NAME: Final = ("points", "data")


def _read(text: str, file: Path) -> tuple[Settings | None, list[str]]:
    label = str(file)
    try:
        tree = parse(text)
    except UnreadableError as error:
        raise EditionError([f"{label}:{f'{error.line}:' if error.line else ''} {error}"]) from None
    if not isinstance(tree.value, dict):
        rule = f"the file must hold the key `title`, got {shown(tree.value)}. Begin with `title:`."
        raise EditionError([_told(label, tree, (), rule)])
    settings, problems = _form_problems(file, tree)
    problems += _file_problems(tree.value, file.parent)
    told = [(line, _told(label, tree, place, rule, line)) for line, place, rule in tree.problems]
    told += [(tree.line(place), _told(label, tree, place, rule)) for place, rule in problems]
    banks = [(tree.line(place), text) for place, text in _bank_problems(tree.value, file.parent)]
    told += banks
    faulty = {place for place in [*(place for _, place, _ in tree.problems), *(each for each, _ in problems)] if place}
    at_fault = {place[0] for place in faulty if len(place) == 1 or place[0] not in _BY_NAME}
    if banks or at_fault & _DECIDING or any(not place for place, _ in problems):
        settings = None
    elif told:
        sound = {"title": "?", **{key: value for key, value in tree.value.items() if key not in at_fault}}
        alone = {place[:2] for place in faulty}
        for key in sound.keys() & _BY_NAME:
            sound[key] = {name: each for name, each in sound[key].items() if (key, name) not in alone}
        settings, _ = read_form(Settings, sound, "an edition's file", context=(file, tree))
    return settings, list(dict.fromkeys(each for _, each in sorted(told, key=lambda each: each[0])))
