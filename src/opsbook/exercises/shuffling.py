"""Puts options and items in an order that a seed decides; ``static/ops-question.js`` holds the very same rule."""

from collections.abc import Iterable

__all__ = ["disordered", "hash32", "shuffled"]

_BITS = 0xFFFFFFFF


def hash32(text: str) -> int:
    """Return 32 bits that `text` decides, the same in Python and in JavaScript.

    Notes
    -----
    FNV-1a over the UTF-8 bytes, then the finaliser of MurmurHash3, without which texts that end alike sort alike.

    Examples
    --------
    >>> hash32("")
    2872998923
    """
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & _BITS
    value = (value ^ value >> 16) * 0x85EBCA6B & _BITS
    value = (value ^ value >> 13) * 0xC2B2AE35 & _BITS
    return value ^ value >> 16


def shuffled(ids: Iterable[str], salt: str) -> list[str]:
    """Return `ids` in the order that `salt` gives them, whatever order they come in.

    Examples
    --------
    >>> shuffled(["a", "b", "c"], "sample/which|0") == shuffled(["c", "a", "b"], "sample/which|0")
    True
    """
    return sorted(ids, key=lambda each: (hash32(f"{salt}|{each}"), each))


def disordered(ids: Iterable[str], salt: str) -> list[str]:
    """Return `ids`, two or more that differ, in the order that `salt` gives them, which is never the one they come in.

    Examples
    --------
    >>> disordered(["a", "b"], "1"), disordered(["b", "a"], "1")
    (['b', 'a'], ['a', 'b'])
    """
    right = list(ids)
    shown = shuffled(right, salt)
    return [*shown[1:], shown[0]] if shown == right else shown
