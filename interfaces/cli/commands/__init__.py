"""The commands, one file per subject.

Lives here: folders by what a command is about.
May import: what `interfaces.cli` may.
Start at: `interfaces/cli/main.py`.
"""
