"""The pages of the reference, by the name of their file."""

from __future__ import annotations

from handbook.reference import codes, commands, http_api, metrics, settings


def written() -> dict[str, str]:
    """The text of each page. To be called in the root of the repository."""
    return {
        "settings.md": settings.text(),
        "commands.md": commands.text(),
        "http-api.md": http_api.text(),
        "metrics.md": metrics.text(),
        "codes.md": codes.text(),
    }
