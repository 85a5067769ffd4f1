"""An instructor's own files: each lies beside the edition's file, is what its name says, and does nothing.

A logo is shown on every page. SVG can hold programs, reach other hosts and grow without end; so it may only hold the
elements below, which draw, and refer only to what is in the file itself.
"""

import json
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from opsbook.exercises.forms import meant, shown
from opsbook.exercises.question import SLUG_FORM
from opsbook.located import UnreadableError, text_of
from opsbook.publishing.editions.own_chapters import form_faults
from opsbook.publishing.editions.styles import reaches_out

__all__ = ["BANKS", "CHAPTERS", "TABLES", "chapter_faults", "faults", "image_faults"]

BANKS: Final = (".yml",)
CHAPTERS: Final = (".ipynb", ".md")
TABLES: Final = (".csv",)
_IMAGES: Final = (".svg", ".png")

_LARGEST: Final = {".svg": 200_000, ".png": 200_000, ".csv": 20_000_000, ".ipynb": 20_000_000}
_LARGEST_TEXT: Final = 1_000_000
_MOST_PIXELS: Final = 4_096
_MOST_LISTED: Final = 200

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SVG: Final = "{http://www.w3.org/2000/svg}"
_HREF: Final = "{http://www.w3.org/1999/xlink}href"

_ELEMENTS: Final = (
    "svg g defs title desc metadata symbol use switch style path rect circle ellipse line polyline polygon text tspan "
    "textPath image linearGradient radialGradient stop clipPath mask pattern marker filter feBlend feColorMatrix "
    "feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow "
    "feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight "
    "feSpecularLighting feSpotLight feTile feTurbulence"
)
_DRAWING: Final = frozenset(_ELEMENTS.split())

# What drawing programs note for themselves, which no browser reads.
_NOTES: Final = tuple(
    "{" + each
    for each in (
        "http://www.inkscape.org/namespaces/",
        "http://sodipodi.sourceforge.net/",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#}",
        "http://creativecommons.org/ns#}",
        "http://web.resource.org/cc/}",
        "http://purl.org/dc/",
        "http://www.bohemiancoding.com/sketch/ns",
        "http://www.serif.com/",
        "http://www.figma.com/",
        "http://ns.adobe.com/",
        "https://boxy-svg.com",
    )
)


# --- Where a file lies -------------------------------------------------------------------------------------------


def faults(folder: Path, name: str, suffixes: tuple[str, ...]) -> list[str]:
    """Return what is wrong with `name` as the path of a file in or below `folder`: at most one rule."""
    try:
        rule = _name_fault(name, suffixes) or _place_fault(folder, name, " or ".join(suffixes))
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it leads back to itself"
        rule = f"must be a file that can be read, got {shown(name)}: {reason}. Check it."
    return [rule] if rule else []


def _name_fault(name: str, suffixes: tuple[str, ...]) -> str:
    path, got, rule = PurePosixPath(name), shown(name), ""
    if path.is_absolute() or name.startswith("~") or re.match(r"[A-Za-z]:", name) or "\\" in name:
        rule = f"must be a path from this file's folder, with slashes, got {got}. Put the file beside this one."
    elif ".." in path.parts or str(path) != name:
        rule = f"must stay in this file's folder, without `.`, `..` and `//`, got {got}. Put the file beside this one."
    elif path.suffix not in suffixes:
        rule = f"must be the path of a {' or '.join(suffixes)} file, got {got}. Choose one."
    return rule


def _place_fault(folder: Path, name: str, kinds: str) -> str:
    path, got, rule = folder / name, shown(name), ""
    most = _LARGEST.get(path.suffix, _LARGEST_TEXT)
    if not path.resolve().is_relative_to(folder.resolve()):
        rule = f"must stay in this file's folder, got {got}, a symbolic link out of it. Copy the file itself."
    elif not path.exists():
        near = meant(name, _beside(path, folder), "Put it there, or mend the path.")
        rule = f"must be a {kinds} file beside this one, got {got}, which does not exist. {near}"
    elif not path.is_file():
        rule = f"must be a {kinds} file, got {got}, which is no file. Choose one."
    elif (size := path.stat().st_size) > most:
        limit = f"{most // 1_000_000} MB" if most >= _LARGEST_TEXT else f"{most // 1_000} kB"
        rule = f"must be a file of at most {limit}, got {got} with {size / 1_000:,.0f} kB. Make it smaller."
    else:
        path.open("rb").close()
    return rule


def _beside(path: Path, folder: Path) -> list[str]:
    """Return the paths of the files that lie where `path` would, of the same kind."""
    if not path.parent.is_dir():
        return []
    found = sorted(each for each in path.parent.iterdir() if each.suffix == path.suffix)
    return [each.relative_to(folder).as_posix() for each in found[:_MOST_LISTED]]


# --- Chapters ----------------------------------------------------------------------------------------------------


def chapter_faults(folder: Path, name: str) -> list[str]:
    """Return what is wrong with an own chapter's file: where it lies, its name, and whether it can be read."""
    if found := faults(folder, name, CHAPTERS):
        return found
    path, stem = folder / name, PurePosixPath(name).stem
    if not re.fullmatch(SLUG_FORM, stem):
        better = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "our-chapter"
        rule = "must be named with small letters and digits joined by hyphens"
        return [f"{rule}, got {shown(name)}. Rename the file, for example to `{better}{path.suffix}`."]
    if path.suffix == ".md":
        try:
            text_of(path)
        except UnreadableError as error:
            return [f"must be Markdown that can be read, got {shown(name)}: {error}"]
    elif not _is_notebook(path):
        return [f"must be a notebook of format 4, got {shown(name)}, which is none. Save it with JupyterLab."]
    return form_faults(path, name)


def _is_notebook(path: Path) -> bool:
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("nbformat") == 4 and isinstance(value.get("cells"), list)  # noqa: PLR2004


# --- Images ------------------------------------------------------------------------------------------------------


def image_faults(folder: Path, name: str) -> list[str]:
    """Return what is wrong with a logo: where it lies, its size, and whatever in it is more than a picture."""
    if found := faults(folder, name, _IMAGES):
        return found
    content = (folder / name).read_bytes()
    told = _png_faults(content) if name.endswith(".png") else _svg_faults(content)
    return [f"{rule.replace('{}', shown(name), 1)}" for rule in dict.fromkeys(told)]


def _png_faults(content: bytes) -> Iterator[str]:
    broken = "must be a PNG image, got {}, which is damaged or none. Save it again as PNG."
    if not content.startswith(_PNG):
        yield broken
        return
    place, kinds = len(_PNG), []
    while place + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        end = place + 12 + length
        if end > len(content) or zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            break
        kinds.append(kind)
        place = end
    if not content.startswith(_PNG + b"\0\0\0\rIHDR") or kinds[-1:] != [b"IEND"] or place != len(content):
        yield broken
        return
    width, height = struct.unpack(">II", content[16:24])
    if not 0 < max(width, height) <= _MOST_PIXELS:
        yield f"must be at most {_MOST_PIXELS:,} pixels wide and high, got {{}} with {width:,} × {height:,}. Reduce it."


def _svg_faults(content: bytes) -> Iterator[str]:
    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # noqa: PLC0415 - for such logos alone
    from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield "must be an SVG image in UTF-8, got {}, which is in another encoding. Save it again."
        return
    declared = re.match(r"<\?xml\s[^>]*encoding=[\"']([^\"']*)", text)
    if declared and declared[1].lower() not in {"utf-8", "us-ascii", "ascii"}:
        yield "must be an SVG image in UTF-8, got {}, which declares another encoding. Save it again."
        return
    if re.search(r"<\?(?!xml\s)", text):
        yield "must hold no processing instructions (`<?…?>`), got {} with one. Remove it."
    try:
        root = fromstring(text.encode(), forbid_dtd=True)
    except DefusedXmlException:
        yield "must hold no document type and no entities, got {} with one. Remove `<!DOCTYPE …>`."
        return
    except (ParseError, ValueError):
        yield "must be an SVG image, got {}, which cannot be read as XML. Save it again as plain SVG."
        return
    if root.tag != f"{_SVG}svg":
        yield 'must be an SVG image, got {} without `<svg xmlns="http://www.w3.org/2000/svg">`. Save it as plain SVG.'
        return
    if "viewBox" not in root.attrib:
        yield "must have a `viewBox`, got {} without. Save it again as plain SVG."
    for element in root.iter():
        yield from _element_faults(element)
    yield from _use_faults(root)


def _element_faults(element: Element) -> Iterator[str]:
    if element.tag.startswith(_NOTES):
        return
    name = element.tag.removeprefix(_SVG)
    if name not in _DRAWING:
        yield f"must hold nothing but drawing, got {{}} with `<{name.rpartition('}')[2]}>`. Remove it."
        return
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2]
        if key.startswith(_NOTES):
            continue
        if plain.lower().startswith("on"):
            yield f"must hold no programs, got {{}} with `{plain}` on `<{name}>`. Remove it."
        elif key in {"href", _HREF}:
            embedded = name == "image" and re.match(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*\Z", value)
            if not value.startswith("#") and not embedded:
                yield f"must refer to nothing outside the file, got {{}} with `href` on `<{name}>`. Remove it."
        elif plain == "base" or reaches_out(value):
            yield f"must refer to nothing outside the file, got {{}} with `{plain}` on `<{name}>`. Remove it."
    if name == "style" and reaches_out("".join(element.itertext())):
        yield "must refer to nothing outside the file, got {} with such a `<style>`. Remove it."


def _use_faults(root: Element) -> Iterator[str]:
    """Yield a rule when copies are made of copies: a few of them fill any memory."""
    by_id = {element.attrib["id"]: element for element in root.iter() if "id" in element.attrib}
    for element in root.iter(f"{_SVG}use"):
        target = by_id.get((element.get("href") or element.get(_HREF) or "").removeprefix("#"))
        if target is not None and next(target.iter(f"{_SVG}use"), None) is not None:
            yield "must hold no `<use>` of what holds one itself, got {} with one. Write the copies out."
            return
