"""Editions: an instructor's own course, made from one file.

An edition is a small project of its own, with the same layout as this one: chosen, linked, withheld and built.
"""

__all__: list[str] = []
