"""An array literal means to PostgreSQL what it was made from."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from settlement.storage.sql.arrays import few_array, id_array, plain_array, text_array
from tests.support.hostile_text import ANY_TEXT, QUICK


@QUICK
@given(values=st.lists(st.one_of(ANY_TEXT, st.none()), max_size=6))
def test_an_array_of_text_means_what_it_was_made_from(world, values):
    with world.store.transaction() as tx:
        assert tx.scalar(text("SELECT CAST(:v AS text[])"), {"v": text_array(values)}) == values


@QUICK
@given(values=st.lists(st.one_of(st.decimals(-(10**20), 10**20, allow_nan=False), st.none()), max_size=6))
def test_an_array_of_numbers_keeps_every_digit(world, values):
    with world.store.transaction() as tx:
        assert tx.scalar(text("SELECT CAST(:v AS numeric[])"), {"v": plain_array(values)}) == values


INSTANTS = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))])
)


@QUICK
@given(values=st.lists(st.one_of(INSTANTS, st.none()), max_size=6))
def test_an_array_of_instants_holds_each_in_its_place(world, values):
    with world.store.transaction() as tx:
        found = tx.scalar(text("SELECT CAST(:v AS timestamptz[])"), {"v": few_array(values * 2)})
    assert found == values * 2


def test_an_array_of_few_words_holds_each_in_its_place():
    assert few_array(["settled", None, "unsettled", "settled"]) == "{settled,NULL,unsettled,settled}"
    assert few_array([True, False, None, True]) == "{True,False,NULL,True}"


def test_ids_may_come_from_anything_that_can_be_gone_through():
    assert id_array(number for number in (3, 1)) == "{3,1}"
    assert id_array({7: "a"}) == "{7}"
