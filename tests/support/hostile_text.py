"""Text that may be taken for something else on its way into a statement, and how tests draw it."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        [
            "",
            "NULL",
            "null",
            "None",
            "{}",
            '"',
            "\\",
            "\\.",
            "\\N",
            "a,b",
            "{a",
            " a ",
            "\t",
            "\n",
            "\r\n",
            "é",
            "%s",
        ]
    ),
)
