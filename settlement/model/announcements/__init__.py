"""What this system announces. Rule: R11.1.

Lives here: the facts of each kind (`facts.py`) in the kinds of text that they are published in (`texts.py`), the topics
under which they are published and the rows of the outbox made of them (`topics.py`), and the ids of announcements.
May import: as `model`.
Start at: `facts.py`.
"""
