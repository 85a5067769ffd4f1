"""An edition's file may come from anybody: what leads out of its folder, grows, or does more than draw is refused."""

import json
import os
import struct
import zlib
from pathlib import Path

import pytest
import yaml

from opsbook.errors import EditionError
from opsbook.publishing.editions.own_chapters import EXTENSIONS, Held, form_faults, held
from opsbook.publishing.editions.own_files import faults, image_faults
from opsbook.publishing.editions.settings import of_text

from ..publishing.small_book import SmallBook  # noqa: TID252 - tests have no name to be imported by
from .reading import read

PLAIN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an edition's file, as the current one; outside of it lies what nobody is to get."""
    inside = tmp_path / "inside"
    inside.mkdir()
    for name in ("secret.md", "secret.csv", "secret.svg", "secret.yml"):
        (tmp_path / name).write_text("secret")
    monkeypatch.chdir(inside)
    return inside


def problems(content: str) -> list[str]:
    with pytest.raises(EditionError) as caught:
        of_text(content, Path("e.yml"))
    return caught.value.problems


# --- Paths -------------------------------------------------------------------------------------------------------

KEYS = {
    "logo": ("logo: '{}'", ".svg"),
    "include": ("include: ['{}']", ".md"),
    "part": ("include: [{{part: P, chapters: ['{}']}}]", ".md"),
    "banks": ("banks: ['{}']", ".yml"),
    "data": ("data: {{tips: '{}'}}", ".csv"),
}
PATHS = {
    "up": "../secret",
    "up and down": "below/../../secret",
    "absolute": "/etc/secret",
    "home": "~/secret",
    "drive": "C:/secret",
    "backslashes": "..\\secret",
    "address": "https://example.org/secret",
    "link to a file": "link",
    "link to a folder": "out/secret",
    "link to itself": "circle",
    "a folder": "folder",
    "nothing": "none",
    "a very long name": "x" * 190 + "/" + "ä" * 190,
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("name", PATHS)
def test_no_key_leads_out_of_the_folder(folder: Path, key: str, name: str) -> None:
    template, suffix = KEYS[key]
    Path("link" + suffix).symlink_to(folder.parent / ("secret" + suffix))
    Path("out").symlink_to(folder.parent)
    Path("circle" + suffix).symlink_to("circle" + suffix)
    Path("folder" + suffix).mkdir()
    found = problems("title: T\n" + template.format(PATHS[name] + suffix))
    assert any(line.startswith(f"e.yml:2: {'include' if key == 'part' else key}") and "must " in line for line in found)


def test_a_link_within_the_folder_is_a_file_like_any(folder: Path) -> None:
    Path("below").mkdir()
    Path("below/real.csv").write_text("a\n1\n")
    Path("link.csv").symlink_to("below/real.csv")
    assert faults(folder, "link.csv", (".csv",)) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo("pipe.csv")
    os.mkfifo("pipe.yml")
    assert "which is no file" in faults(folder, "pipe.csv", (".csv",))[0]
    with pytest.raises(EditionError, match="no file"):
        read(Path("pipe.yml"))


def test_own_chapters_are_what_their_names_say() -> None:
    Path("latin.md").write_bytes("Café".encode("latin-1"))
    Path("Our Hotel.md").write_text("# Our hotel")
    Path("deep.ipynb").write_text("[" * 100_000)
    Path("list.ipynb").write_text("[]")
    Path("old.ipynb").write_text(json.dumps({"nbformat": 3, "cells": []}))
    found = problems("title: T\ninclude: [latin.md, Our Hotel.md, deep.ipynb, list.ipynb, old.ipynb]")
    assert [line.split(": ")[1] for line in found] == [f"include[{number}]" for number in range(1, 6)]
    assert "the file must be UTF-8 text" in found[0]
    assert "Rename the file, for example to `our-hotel.md`" in found[1]
    assert all("must be a notebook of format 4" in line for line in found[2:])


def test_large_files_are_refused(folder: Path) -> None:
    Path("large.md").write_text("x" * 1_000_001)
    Path("large.svg").write_text(PLAIN.format("<!--" + "x" * 200_000 + "-->"))
    with Path("large.csv").open("wb") as file:
        file.truncate(20_000_001)
    assert "at most 1 MB" in faults(folder, "large.md", (".md",))[0]
    assert "at most 200 kB" in image_faults(folder, "large.svg")[0]
    assert "at most 20 MB" in faults(folder, "large.csv", (".csv",))[0]


# --- The file itself ---------------------------------------------------------------------------------------------

BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
)
CONTENTS = {
    "a bomb of aliases": (BOMB, "more than 50,000 values"),
    "a value in itself": ("title: &t [*t]", "must not contain itself"),
    "an object": ("title: !!python/object/apply:os.system [ls]", "must be text"),
    "a tag": ("title: !secret x", "the tag `!secret` is not read here"),
    "a date of YAML": ("title: !!timestamp 2027-01-01", "the tag `tag:yaml.org,2002:timestamp` is not read here"),
    "depth": ("title: " + "[" * 500 + "]" * 500, "nested too deeply"),
    "a colon in a title": ("title: Hotels: how", "Put a value in quotes that has a colon and a space in it."),
    "two documents": ("title: T\n---\ntitle: U", "the YAML is broken here"),
    "a key of many": ("title: T\n? [a, b]\n: c", "a key must be one word"),
    "an include": ("title: T\ninclude: !include /etc/passwd", "the tag `!include` is not read here"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_yaml_cannot_grow_or_run(name: str) -> None:
    content, words = CONTENTS[name]
    Path("e.yml").write_text(content)
    with pytest.raises(EditionError, match=words):
        read(Path("e.yml"))


def test_yes_and_no_and_times_are_words() -> None:
    settings = of_text("title: no\nsubtitle: 1:30\ninstitution: 2027-01-01\n", Path("e.yml"))
    assert (settings.title, settings.subtitle, settings.institution) == ("no", "1:30", "2027-01-01")


def test_a_large_file_and_a_binary_one_are_refused() -> None:
    Path("large.yml").write_text("title: T\n" + "#" * 64_000)
    Path("binary.yml").write_bytes(b"title: \xff\xfe\x00")
    for name, words in (("large.yml", "must not exceed 64 kB"), ("binary.yml", "must be UTF-8 text")):
        with pytest.raises(EditionError, match=words):
            read(Path(name))


def test_thousands_of_faults_are_cut() -> None:
    assert 1_000 <= len(problems("\n".join(f"k{number}: 1" for number in range(6_000)))) <= 1_001


HIDDEN = {"a bell": "\\a", "an escape": "\\e[31m", "a line": "\\n", "no width": "\\u200B", "right to left": "\\u202E"}


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("key", ["title", "subtitle", "institution", "instructor"])
def test_what_cannot_be_seen_is_refused_and_not_printed(key: str, name: str) -> None:
    found = problems(f'{key}: "a{HIDDEN[name]}b"\n"k{HIDDEN[name]}": 1\n')
    assert any(f"{key}: must be one line without control characters, got U+" in line for line in found)
    assert all(line.isprintable() for line in found)


def test_joined_letters_are_text() -> None:
    title = "خدمات عملیاتی می\u200cشود"  # Persian needs the zero width non-joiner
    assert of_text(f"title: {title}", Path("e.yml")).title == title


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "${jndi:x}",
        "</title><b>",
        "[a](javascript:x)",
        "'; DROP",
        "\\input{x}",
    ],
)
def test_markup_in_a_title_is_only_text(text: str) -> None:
    assert of_text(f"title: {json.dumps(text)}", Path("e.yml")).title == text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "http://example.org",
        "https://",
        "https://user:word@example.org",
        'https://example.org/"onclick=x',
        "https://example.org/<b>",
        "https://[",
        "data:text/html,x",
        "a@b",
        "a b@example.org",
        "a@example.org?bcc=b@example.org",
    ],
)
def test_an_address_is_a_mail_address_or_a_plain_link(address: str) -> None:
    (found,) = problems(f"title: T\ncontact: {json.dumps(address)}")
    assert found.startswith("e.yml:2: contact: must be a mail address or a link that begins with https://")


@pytest.mark.parametrize("colour", ["#12345", "#1234567", "red;}body{", "#12345g", "url(x)", "#123456;"])
def test_a_colour_is_nothing_but_a_colour(colour: str) -> None:
    (found,) = problems(f"title: T\naccent: {json.dumps(colour)}")
    assert "must be # and six hexadecimal digits" in found


# --- Own chapters ------------------------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]


def chapter(text: str, name: str = "ours.md") -> Held:
    Path(name).write_text(text, encoding="utf-8")
    return held(Path(name), name)


def notebook(*cells: dict[str, object], **about: object) -> str:
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}
    return json.dumps(whole)


def shows(mime: str, value: object) -> dict[str, object]:
    output = {"output_type": "display_data", "metadata": {}, "data": {mime: value}}
    return {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1, "outputs": [output]}


TITLE = {"cell_type": "markdown", "source": "# Ours", "metadata": {}}
HOSTILE = {
    "an include": ("```{include} /etc/passwd\n```", "the directive 'include'"),
    "an include with colons": (":::{include} /etc/passwd\n:::", "the directive 'include'"),
    "an include in a note": ("````{note}\n```{include} /etc/passwd\n```\n````", "the directive 'include'"),
    "an include in a list": ("- x\n\n  ```{include} /etc/passwd\n  ```", "the directive 'include'"),
    "an include in disguise": ("```&#123;include} /etc/passwd\n```", "the directive 'include'"),
    "code of a file": ("~~~{literalinclude} /etc/passwd\n~~~", "the directive 'literalinclude'"),
    "a raw file": ("```{raw} html\n:file: /etc/passwd\n```", "the directive 'raw'"),
    "a raw address": ("```{raw} html\n:url: https://example.org\n```", "the directive 'raw'"),
    "a table of a file": ("```{csv-table}\n:file: /etc/passwd\n```", "the directive 'csv-table'"),
    "another language": ("```{eval-rst}\n.. include:: /etc/passwd\n```", "the directive 'eval-rst'"),
    "a role of one's own": ("```{role} raw-html(raw)\n:format: html\n```", "the directive 'role'"),
    "a download": ("See {download}`this <../secret.csv>`.", "the role 'download'"),
    "a download in a title": (":::{note} {download}`this <../secret.csv>`\n:::", "the role 'download'"),
    "a value of code": ("```{eval} 1 + 1\n```", "the directive 'eval'"),
    "a template": ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "no `{{ … }}`"),
    "a template in a title": (":::{note} {{ x }}\n:::", "no `{{ … }}`"),
    "a path": ("[x](path:/etc/passwd)", "a link must lead to a page"),
    "a path by name": ("[x][y]\n\n[y]: path:/etc/passwd", "a link must lead to a page"),
    "a path alone": ("<path:/etc/passwd>", "a link must lead to a page"),
    "a target of a picture": ("```{image} a.png\n:target: path:/etc/passwd\n```", "a link must lead to a page"),
    "a file": ('<a href="file:///etc/passwd">x</a>', "a link must lead to a page"),
    "an outside picture": ("![x](https://example.org/a.png)", "a picture must be an .svg or .png file"),
    "an outside picture by name": ("![x][y]\n\n[y]: //example.org/a.png", "a picture must be an .svg or .png file"),
    "an outside figure": ("```{figure} https://example.org/a.png\nx\n```", "a picture must be an .svg or .png file"),
    "an outside image": ('<img src="https://example.org/a.png">', "HTML must not load"),
    "an image in a line": ("words <img src='a.png'> words", "HTML must not load"),
    "images by size": ('<img srcset="https://example.org/a.png 2x">', "no `srcset`"),
    "a program": ("<script>alert(1)</script>", "got `<script>`"),
    "a program in a line": ("words <script src=https://example.org/x.js></script>", "got `<script>`"),
    "a frame": ('<iframe src="https://example.org"></iframe>', "got `<iframe>`"),
    "an event": ('<b onclick="alert(1)">x</b>', "no `onclick`"),
    "an event behind a slash": ("<div>\n<p/onmouseover=alert(1)>x</p>\n</div>", "no `onmouseover`"),
    "a script's address": ('<a href=" javascript:alert(1)">x</a>', "a link must lead"),
    "a script's address with a tab": ('<a href="java&Tab;script:alert(1)">x</a>', "a link must lead"),
    "a style's address": ('<p style="background: url(https://example.org/a)">x</p>', "such a `style`"),
    "a style sheet": ("<style>@import 'https://example.org/a.css';</style>", "such a `<style>`"),
    "a style with an end of its own": ("<style></style x><script>1</script></style>", "`<s"),
    "half a tag": ("<div\n\nonclick=alert(1)>", "must end every tag"),
    "a comment with two ends": ("<!-- --!><script>1</script> -->", "must end a comment"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_own_chapter_holds_nothing_that_runs_or_reads_or_asks(name: str) -> None:
    text, words = HOSTILE[name]
    for content, file, where in (
        (f"# Ours\n\n{text}\n", "ours.md", "ours.md:"),
        (notebook(TITLE, {**TITLE, "source": text}), "ours.ipynb", "ours.ipynb: cell 2, line "),
        (notebook(TITLE, shows("text/markdown", [text])), "ours.ipynb", "ours.ipynb: cell 2, output: "),
    ):
        told = chapter(content, file).faults
        assert any(words in each for each in told)
        assert all(each.startswith(where) for each in told)


READING = """# Front

```{include} ../secret.md
```

```{literalinclude} ../secret.md
```

```{raw} html
:file: ../secret.md
```

```{raw} html
<b>Cooked.</b>
```

```{csv-table}
:file: ../secret.md
```

Words.
"""


def test_the_pages_of_an_edition_read_no_files_whatever_stands_in_them(folder: Path) -> None:
    # Chapters are searched for all this before; this is the fence behind that one.
    Path("secret.md").write_text("A canary, hidden.\n", encoding="utf8")
    settings = {"opsbook_edition": {"title": "Ours"}, "exclude_patterns": ["_build", "secret.md"]}
    book = SmallBook(folder, {}, practice=False, pages={"book/front.md": READING}, settings=settings)
    complaints = book.build(expect=1)
    shown = (book.html / "book" / "front.html").read_text(encoding="utf8")
    assert len(complaints.splitlines()) == READING.count("```{")
    assert "Words." in shown
    assert not [word for word in ("canary", "Cooked") if word in shown]


def test_a_fault_of_an_own_chapter_has_its_line() -> None:
    head = "---\nopsbook:\n  minutes: 3\n---\n"
    text = f"{head}# Ours\n\nWords\nand {{download}}`x`.\n\n::::{{note}}\n\n:::{{include}} x\n:::\n::::\n"
    assert [each.partition(": ")[0] for each in chapter(text).faults] == ["ours.md:8", "ours.md:12"]


@pytest.mark.parametrize(
    ("mime", "value", "words"),
    [
        ("text/html", "<script>1</script>", "got `<script>`"),
        ("text/html", ["<img src='https://example.org/", "a.png'>"], "must not load"),
        ("application/javascript", "1", "an output of type application/javascript"),
        ("application/vnd.vegalite.v5+json", {"data": {"url": "https://example.org/a.csv"}}, "must hold its data"),
    ],
    ids=["program", "image", "javascript", "chart"],
)
def test_what_an_own_notebook_shows_runs_and_asks_nothing(mime: str, value: object, words: str) -> None:
    (told,) = chapter(notebook(TITLE, shows(mime, value)), "ours.ipynb").faults
    assert told.startswith("ours.ipynb: cell 2, output: ")
    assert words in told


HARMLESS = (
    "Words, *words*, [a link](https://example.org), <ada@example.org>, `{{ code }}` and $x_{{1}}$.",
    "![A plan](plan.svg)",
    ":::{admonition} In short\n:class: tip\nWords with {term}`a term`.\n:::",
    "```{figure} plan.svg\n:width: 50%\nWords.\n```",
    "```{list-table}\n* - a\n  - b\n```",
    "```python\nprint('{include}')\n```",
    "<details><summary>More</summary>\n\nWords, a < b.\n\n</details>",
    '<table class="x"><tr><td colspan="2" style="color: red">x</td></tr></table>',
    '<img src="data:image/png;base64,iVBORw0KGgo=" alt="A plan">',
    "<!-- A comment. -->",
    "(label)=\n## A section\n\nA[^1].\n\n[^1]: B.",
    "- [ ] a task\n\nTerm\n: Definition\n\n$$x = 1$$",
)


@pytest.mark.parametrize("number", range(len(HARMLESS)))
def test_what_a_chapter_needs_is_accepted(number: int) -> None:
    assert chapter(f"# Ours\n\n{HARMLESS[number]}\n").faults == []


def test_the_course_s_own_chapters_would_be_accepted_as_own_ones() -> None:
    for path in (ROOT / "chapters" / "what-som-is.ipynb", ROOT / "exercises" / "case-healthcare.ipynb"):
        assert (form_faults(path, path.name), held(path, path.name).faults) == ([], [])


def test_an_own_chapter_is_read_by_what_the_book_understands() -> None:
    configuration = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert set(configuration["parse"]["myst_enable_extensions"]) == EXTENSIONS
    assert "substitution" not in EXTENSIONS


MALFORMED = {
    "a cell that is none": (notebook(1), "cell 1: must be a cell"),  # type: ignore[arg-type]
    "a cell without text": (notebook({"cell_type": "markdown", "metadata": {}}), "cell 1: must have a text"),
    "a cell of another type": (notebook({**TITLE, "cell_type": "heading"}), "cell 1: must be of type"),
    "tags that are none": (notebook({**TITLE, "metadata": {"tags": 3}}), "cell 1: must have a list of names"),
    "outputs that are none": (notebook({**TITLE, "cell_type": "code", "outputs": [1]}), "cell 1: must have a list"),
    "a question that is none": (notebook(shows("application/vnd.opsbook.question.v1+json", [])), "cell 1: must have"),
    "metadata that are none": (notebook(TITLE).replace('"metadata": {}', '"metadata": []', 1), "metadata: must be"),
    "facts that are none": (notebook(TITLE, opsbook=[1]), "opsbook: must be a mapping"),
    "settings of tools": (notebook(TITLE, mystnb={"execution_mode": "force"}), "metadata.mystnb: must not be there"),
    "settings in a cell": (notebook({**TITLE, "metadata": {"mystnb": {}}}), "cell 1: metadata.mystnb: must not"),
}
HEADS = {
    "broken YAML": ("opsbook: [", "ours.md:3: its head must be YAML"),
    "a colon": ("opsbook:\n  description: A: b", "ours.md:3: its head must be YAML, got what cannot be read: mapping"),
    "a value of its kind that is none": ("opsbook:\n  a: 2026-13-45", "ours.md:2: its head must be YAML"),
    "a list": ("- opsbook", "ours.md:2: its head must be a mapping"),
    "settings of tools": ("opsbook:\nmystnb:\n  execution_mode: force", "ours.md:3: mystnb: must be `opsbook`"),
    "extensions": ("myst:\n  enable_extensions: [substitution]", "ours.md:2: myst: must be `opsbook`"),
    "minutes in words": ("opsbook:\n  minutes: ten", "ours.md:3: opsbook.minutes: must be a whole number"),
    "no minutes at all": ("opsbook:\n  minutes: -3", "ours.md:3: opsbook.minutes: must be a whole number"),
    "one requirement": ("opsbook:\n  requires: beta", "ours.md:3: opsbook.requires: must be a list, got 'beta'"),
    "a number": ("opsbook:\n  covers:\n  - 3", "ours.md:4: opsbook.covers[1]: must be a name"),
    "a description": ("opsbook:\n  description: 5", "ours.md:3: opsbook.description: must be a text of at most 500"),
    "an objective": ("opsbook:\n  objectives: [Tell.]", "ours.md:3: opsbook.objectives[1]: must be a mapping"),
    "a slip": ("opsbook:\n  require: []", "ours.md:3: opsbook.require: must be one of a chapter's facts. Did you mean"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_notebook_that_is_none_is_told_once(name: str) -> None:
    content, words = MALFORMED[name]
    Path("ours.ipynb").write_text(content)
    (told,) = problems("title: T\ninclude: [ours.ipynb]")
    assert told.startswith(f"e.yml:2: include[1]: ours.ipynb: {words}")


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_cannot_be_used_is_told_with_its_line(name: str) -> None:
    head, words = HEADS[name]
    Path("ours.md").write_text(f"---\n{head}\n---\n# Ours\n")
    (told,) = problems("title: T\ninclude: [ours.md]")
    assert told.startswith(f"e.yml:2: include[1]: {words}")


@pytest.mark.parametrize("text", ["\ufeff---\nmystnb: 1\n---\n", "----\nmystnb: 1\n----\n", "---\nmystnb: 1\n"])
def test_a_head_cannot_hide(text: str) -> None:
    Path("ours.md").write_text(text + "# Ours\n", encoding="utf-8")
    (told,) = problems("title: T\ninclude: [ours.md]")
    assert told.startswith("e.yml:2: include[1]: ours.md:1: ")


def test_an_own_chapter_has_a_title() -> None:
    for text in ("Words.\n", "## Ours\n", "#\n", "```\n# Ours\n```\n"):
        (told,) = chapter(text).faults
        assert told == "ours.md:1: a chapter must begin with its title, got none. Add a line `# Title`."


# --- Images ------------------------------------------------------------------------------------------------------

DRAWINGS = {
    "a path": '<path d="M0 0h9v9z" fill="#123456"/>',
    "a gradient": '<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><rect fill="url(#g)"/>',
    "a style": "<style>.a { fill: url(#g); clip-path: url('#c') }</style>",
    "a copy": '<defs><path id="p" d="M0 0"/></defs><use xlink:href="#p"/><use href="#p"/>',
    "an embedded image": '<image href="data:image/png;base64,iVBORw0KGgo="/>',
    "a program's notes": '<metadata xmlns:i="http://www.inkscape.org/namespaces/inkscape"><i:path a="//x"/></metadata>',
    "a title": "<title>Our hotel</title><text>Rooms &amp; beds</text>",
}
PROGRAMS = {
    "a script": "<script>alert(1)</script>",
    "a script of another name": '<s:script xmlns:s="http://www.w3.org/2000/svg">x</s:script>',
    "a page's script": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script>',
    "an event": '<path onload="alert(1)"/>',
    "an event in capitals": '<path ONCLICK="x"/>',
    "a foreign object": "<foreignObject><p>x</p></foreignObject>",
    "a frame": '<iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/>',
    "a link": '<a href="https://example.org">x</a>',
    "an animation": '<animate attributeName="href" to="javascript:x"/>',
    "a setter": '<path id="p"/><set href="#p" attributeName="onclick" to="x"/>',
    "an image elsewhere": '<image href="https://example.org/x.png"/>',
    "an image elsewhere, the old way": '<image xlink:href="//example.org/x.png"/>',
    "an image of a file": '<image href="secret.png"/>',
    "an image that is a drawing": '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
    "a copy from elsewhere": '<use href="https://example.org/x.svg#a"/>',
    "a script's address": '<use href="javascript:x"/>',
    "a style elsewhere": "<style>@import 'https://example.org/x.css';</style>",
    "a style behind an element": "<style>.a{}<g/>@import url(https://example.org/x.css)</style>",
    "a style's image": "<style>.a { fill: url(https://example.org/x) }</style>",
    "an escaped style": '<path style="fill: u\\72l(https:x)"/>',
    "a commented style": '<path style="fill: url(/**/x)"/>',
    "an attribute elsewhere": '<path fill="url(x.svg#a)"/>',
    "an image set": "<path style=\"background: image-set('x.png' 1x)\"/>",
    "a base": '<g xml:base="https://example.org/"/>',
    "a listener": '<l:listener xmlns:l="http://www.w3.org/2001/xml-events" event="click"/>',
    "copies of copies": '<g id="a"><path/></g><g id="b"><use href="#a"/><use href="#a"/></g><use href="#b"/>',
    "a copy of itself": '<g id="a"><use href="#a"/></g>',
}


def drawn(folder: Path, content: str, name: str = "logo.svg") -> list[str]:
    (folder / name).write_text(content, encoding="utf-8")
    return image_faults(folder, name)


@pytest.mark.parametrize("name", DRAWINGS)
def test_what_draws_is_accepted(folder: Path, name: str) -> None:
    assert drawn(folder, PLAIN.format(DRAWINGS[name])) == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_whatever_does_more_than_draw_is_refused(folder: Path, name: str) -> None:
    found = drawn(folder, PLAIN.format(PROGRAMS[name]))
    assert found
    assert all("'logo.svg' (text)" in rule and "{}" not in rule for rule in found)


WHOLE = {
    "a document type": ("<!DOCTYPE svg>" + PLAIN.format(""), "no document type"),
    "an entity": ('<!DOCTYPE svg [<!ENTITY a "b">]>' + PLAIN.format("&a;"), "no document type"),
    "an outside entity": (
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + PLAIN.format("&a;"),
        "no document",
    ),
    "a style sheet": ('<?xml-stylesheet href="https://example.org/x.css"?>' + PLAIN.format(""), "no processing"),
    "another encoding": ('<?xml version="1.0" encoding="utf-7"?>' + PLAIN.format(""), "another encoding"),
    "no XML": ("<svg", "cannot be read as XML"),
    "a page": ("<html><body/></html>", "without `<svg xmlns="),
    "no name space": ("<svg viewBox='0 0 1 1'/>", "without `<svg xmlns="),
    "no size": ('<svg xmlns="http://www.w3.org/2000/svg"/>', "must have a `viewBox`"),
    "great depth": (PLAIN.format("<g>" * 20_000 + "<script/>" + "</g>" * 20_000), "`<script>`"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_an_svg_is_whole_and_plain(folder: Path, name: str) -> None:
    content, words = WHOLE[name]
    assert any(words in rule for rule in drawn(folder, content))


def test_an_svg_in_another_encoding_hides_nothing(folder: Path) -> None:
    (folder / "logo.svg").write_text(PLAIN.format("<script/>"), encoding="utf-16")
    assert "in another encoding" in image_faults(folder, "logo.svg")[0]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width + 1) * height if width < 100 else 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


IMAGES = {
    "an image": (png(9, 9), ""),
    "an image that fills the memory": (png(60_000, 60_000), "at most 4,096 pixels"),
    "no image": (b"GIF89a", "damaged or none"),
    "a page behind an image": (png(9, 9) + b"<script>alert(1)</script>", "damaged or none"),
    "a damaged image": (png(9, 9).replace(b"IDAT", b"IDAX"), "damaged or none"),
    "half an image": (png(9, 9)[:-8], "damaged or none"),
    "a start alone": (b"\x89PNG\r\n\x1a\n", "damaged or none"),
    "a head of no size": (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"") + chunk(b"IEND", b""), "damaged or none"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_png_is_an_image_of_a_reasonable_size(folder: Path, name: str) -> None:
    content, words = IMAGES[name]
    (folder / "logo.png").write_bytes(content)
    found = image_faults(folder, "logo.png")
    assert [words in rule for rule in found] == ([True] if words else [])
