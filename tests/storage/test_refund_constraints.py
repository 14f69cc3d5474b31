"""What the schema refuses of refunds, whoever asks. Rule: R7.3b."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged, refund

NEW = """INSERT INTO gateway_refund (account_id, refund_no, inbox_id, attempt_no, gateway, charge_ref, amount_minor,
    currency, state, created_at, sent_at, gateway_ref, finished_at) SELECT account_id, """


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE charge_attempt SET refunded_minor = charged_minor + 1",
        "UPDATE charge_attempt SET refunded_minor = -1",
        "UPDATE gateway_refund SET amount_minor = 0",
        "UPDATE gateway_refund SET attempt_no = 99",
        "UPDATE gateway_refund SET refund_no = 0",
        "UPDATE gateway_refund SET state = 'sent'",  # never sent
        "UPDATE gateway_refund SET state = 'succeeded', sent_at = now(), finished_at = now()",  # without its id
        "UPDATE gateway_refund SET state = 'under_way', sent_at = now()",
        "UPDATE gateway_refund SET state = 'failed'",  # not finished
        "UPDATE gateway_refund SET finished_at = now()",  # not ended
        "UPDATE gateway_refund SET state = 'somewhere'",
        "UPDATE gateway_refund SET reference = (SELECT reference FROM gateway_refund WHERE refund_no = 1)",
        NEW
        + "1, 1, 1, 'sandbox', 'g', 1, 'USD', 'waiting', now(), NULL, NULL, NULL FROM gateway_refund LIMIT 1",
    ],
)
def test_what_cannot_be_is_refused_by_the_database(world, shared_owner_url, statement):
    gateway = FakeGateway()
    charged(world, gateway, "a")
    refund(world, "1.00")
    refund(world, "2.00")
    with psycopg.connect(shared_owner_url) as connection:
        with pytest.raises((errors.IntegrityError, errors.InvalidTextRepresentation)):
            connection.execute(statement)
        connection.rollback()


def test_one_object_of_a_gateway_is_of_one_refund(world, shared_owner_url):
    gateway = FakeGateway()
    charged(world, gateway, "a", "b")
    for name in "ab":
        refund(world, "1.00", name)
        refund(world, "2.00", name)
    with psycopg.connect(shared_owner_url) as connection:
        # Those without an id are as many as there are.
        connection.execute("UPDATE gateway_refund SET state = 'unknown', sent_at = now()")
        with pytest.raises(errors.UniqueViolation, match="refund_booked_once"):
            connection.execute("UPDATE gateway_refund SET gateway_ref = 're_1'")
        connection.rollback()
