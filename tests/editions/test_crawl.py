"""The crawler that judges editions finds what is planted."""

import pytest

from .slow.crawl import Site


@pytest.fixture
def site(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text(
        '<p id="top"><a href="#top">up</a> <a href="a/one.html#here">one</a> <a href="a/one.html?seed=3#here">again</a>'
        '<a href="https://example.org/none">out</a> <img src="a/p.png"> <code>{ref}`x`</code></p>'
    )
    (tmp_path / "a" / "one.html").write_text('<a id="here" href="../index.html#top">back</a>')
    (tmp_path / "a" / "p.png").touch()
    return tmp_path


def test_a_sound_site(site):
    found = Site(site)
    assert len(list(found.links())) == 5
    assert found.dangling() == found.unreached() == found.unread() == []


@pytest.mark.parametrize(
    "link",
    [
        '<a href="../two.html">',
        '<a href="../index.html#bottom">',
        '<a href="#nowhere">',
        '<img src="q.png">',
        '<img srcset="p.png 1x, q.png 2x">',
        '<a href="/index.html">',
        '<a href="../../out.html">',
        '<object data="none.svg"></object>',
    ],
)
def test_a_planted_link_is_found(site, link):
    (site.parent / "out.html").touch()
    page = site / "a" / "one.html"
    page.write_text(page.read_text() + link)
    (found,) = Site(site).dangling()
    assert found.startswith("a/one.html: ")


def test_a_page_without_a_way_to_it_and_an_unread_role_are_found(site):
    (site / "a" / "lost.html").write_text("<p>see {ref} or {cite:t}`x`</p>")
    assert Site(site).unreached() == ["a/lost.html"]
    assert Site(site).unread() == ["a/lost.html: {ref}", "a/lost.html: {cite:t}"]
