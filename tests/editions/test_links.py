"""References to what an edition does not hold: their words stay, and pointers go."""

import re

import pytest

from opsbook.publishing.editions.links import Links, target

LABELS = {
    "gone-one": ("chapters/gone", "What went"),
    "here-one": ("chapters/here", "What stayed"),
    "here-cut": ("chapters/here", "Cut out"),
}
LINKS = Links(
    left_out={"chapters/gone", "exercises/gone", "book/faq"},
    labels=LABELS,
    dropped={"chapters/here": {"here-cut"}},
    questions={"gone/only", "here/cut"},
    explorers={"chapters/here": {"A line grows"}},
    elsewhere={"chapters/gone", "exercises/gone", "book/faq", "chapters/here"},
    titles={"chapters/gone": "Gone", "chapters/here": "Here"},
)
FULL = Links(**{**vars(LINKS), "full_book": "https://example.org/book/"})


def rewritten(text: str, document: str = "chapters/here", links: Links = LINKS, *, code: bool = False) -> str:
    return links.rewritten(text, document, code=code)[0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("As [it went](gone.ipynb#gone-one), so it goes.", "As it went, so it goes."),
        ("A *cause* ([what went](gone.ipynb)).", "A *cause*."),
        ("A cause\n([what went](gone.ipynb)) of it", "A cause of it"),
        ("A cause (see [what went](gone.ipynb)).", "A cause."),
        ("(It is in [what went](gone.ipynb).)", "(It is in what went.)"),
        ("**[Bold *words*](gone.ipynb).** End.", "**Bold *words*.** End."),
        ("[A [note] here](gone.ipynb) and [back](here.ipynb)", "A [note] here and [back](here.ipynb)"),
        ('[With a title](gone.ipynb "What went")', "With a title"),
        ("[There](../exercises/gone.ipynb), [asked](../book/faq.md#why)", "There, asked"),
        ("[Cut](#here-cut), [kept](#here-one)", "Cut, [kept](#here-one)"),
        ("[Out](https://example.org/gone.ipynb)", "[Out](https://example.org/gone.ipynb)"),
        ("[Named][there] and [there].\n\n[there]: gone.ipynb\n", "Named and there.\n\n"),
        ('<a class="x" href="gone.html#gone-one">what <b>went</b></a>', "what <b>went</b>"),
        ("In {ref}`the first <gone-one>` and {ref}`here-one`", "In the first and {ref}`here-one`"),
        ("In {ref}`gone-one`.", "In What went."),
        ("Steps ({ref}`the first <gone-one>`).", "Steps."),
        ("{doc}`What went <gone>`, {doc}`here`", "What went, {doc}`here`"),
        ("[](gone.ipynb), [](gone.ipynb#gone-one), {doc}`gone`.", "Gone, What went, Gone."),
        ("A share. See {ref}`gone-one`.", "A share."),
        ("A share. See {ref}`gone-one`, {ref}`here-one` and {ref}`here-cut`.", "A share. See {ref}`here-one`."),
        ("A {term}`guard` {cite:p}`chase1983`", "A {term}`guard` {cite:p}`chase1983`"),
        ("```python\n[a](gone.ipynb)\n```\n[a](gone.ipynb)", "```python\n[a](gone.ipynb)\n```\na"),
    ],
)
def test_words_stay_and_pointers_go(text: str, kept: str) -> None:
    assert rewritten(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[It went](gone.ipynb#gone-one) ([there](gone.ipynb))", "[It went]({}#gone-one) ([there]({}))"),
        ("A share. See {ref}`gone-one`.", "A share. See [What went]({}#gone-one)."),
        ("{ref}`The first <gone-one>`", "[The first]({}#gone-one)"),
        ('<a href="gone.ipynb">went</a>', '<a href="{}">went</a>'),
    ],
)
def test_links_may_lead_to_the_full_book(text: str, kept: str) -> None:
    assert rewritten(text, links=FULL) == kept.replace("{}", "https://example.org/book/chapters/gone.html")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One. The [rest](gone.md) is there. Two.", "One. Two."),
        ("The [rest](gone.md), or\n[more](gone.md#more), is there. Two.", "Two."),
        ("One; the rest is [there](gone.md).", "One."),
        ("One.\n\nThe rest is [there](gone.md).\n\nTwo.", "One.\n\nTwo."),
        ("- one\n- The rest is [there](gone.md).\n- two", "- one\n- two"),
        ("1. One. The rest is [there](gone.md).\n2. Two.", "1. One.\n2. Two."),
        ("What it says [there](gone.md)", "What it says there"),
    ],
)
def test_of_a_page_that_its_readers_lack_nothing_is_said(text: str, kept: str) -> None:
    links = Links(left_out={"book/gone"}, unsaid={"book/gone"})
    assert links.rewritten(text, "book/faq")[0] == kept
    own, _ = links.rewritten(text.replace("gone.md", "../book/gone.md"), "chapters/ours")
    # A chapter may be somebody's own, and every word of it is meant.
    assert own == re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text)


def test_what_a_page_borrows_from_a_chapter_left_out_disappears() -> None:
    text = (
        "Before.\n\n```{question} gone/only\n```\n\n```{explorer} ../chapters/gone.ipynb\n:title: X\n```\n\n"
        "```{explorer} ../chapters/here.ipynb\n:message: A line grows\n```\n\n```{question} here/kept\n```\n\nAfter.\n"
    )
    assert rewritten(text, "book/primer") == "Before.\n\n```{question} here/kept\n```\n\nAfter.\n"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("- **Ask:** {ask}`gone/only`, {ask}`here/kept`.\n", "- **Ask:** {ask}`here/kept`.\n"),
        ("- **Ask:** {ask}`here/kept` and {ask}`gone/only`.\n", "- **Ask:** {ask}`here/kept`.\n"),
        ("- **Ask:** {ask}`gone/only`, {ask}`here/cut`.\n", ""),
        (
            "- **A.** More is worse: {ask}`here/cut`. Most is best: {ask}`here/kept`.\n",
            "- **A.** Most is best: {ask}`here/kept`.\n",
        ),
        (
            "- **A.** More is worse: {ask}`here/kept`. Most is best: {ask}`here/cut`.\n",
            "- **A.** More is worse: {ask}`here/kept`.\n",
        ),
    ],
)
def test_questions_that_are_not_asked_are_not_named(line: str, kept: str) -> None:
    assert rewritten(line, "book/guide") == kept


def test_links_in_the_texts_of_code_are_rewritten_with_what_the_code_has_shown() -> None:
    code = 'Markdown(\n    f"As [it {verb[0]}](gone.ipynb#gone-one) ([there](gone.ipynb)), so {x}."\n)'
    assert rewritten(code, code=True) == 'Markdown(\n    f"As it {verb[0]}, so {x}."\n)'


def test_each_change_is_told() -> None:
    text = "[It\nwent](gone.ipynb#gone-one), [stayed](here.ipynb), {doc}`went <gone>`, [too](/chapters/gone.ipynb)."
    assert rewritten(text) == "It\nwent, [stayed](here.ipynb), went, too."
    _, found = LINKS.rewritten(text, "chapters/here")
    told = [(each.words, each.target) for each in found]
    assert told == [("went", "chapters/gone"), ("It went", "chapters/gone#gone-one"), ("too", "chapters/gone")]


def test_an_image_is_no_link() -> None:
    assert rewritten("![went](gone.ipynb)") == "![went](gone.ipynb)"
    assert target("mailto:a@example.org", "book/faq") is None
