"""The keys of rows of exports."""

from __future__ import annotations

import pickle
from uuid import UUID

import pytest

from settlement.model.exports import uuid_of


@pytest.mark.parametrize("key", [bytes(16), bytes(range(16)), b"\xff" * 16])
def test_the_uuid_of_a_key_is_that_of_its_bytes(key):
    made, known = uuid_of(key), UUID(bytes=key)
    assert (made, hash(made), str(made), made.bytes) == (known, hash(known), str(known), key)
    assert made.is_safe is known.is_safe
    assert pickle.loads(pickle.dumps(made)) == known
