"""Question pools for learning management systems: Canvas, Moodle, and a table for the rest.

``python -m opsbook.publishing.editions.lms STAGE OUT`` writes them, in a process of the stage whose banks they hold.
"""

__all__: list[str] = []
