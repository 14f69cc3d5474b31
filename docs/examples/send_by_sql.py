"""An account and a top-up by INSERT, in a transaction of the sender's own, and what became of them: with psycopg.

DATABASE_URL is that of a role that is a member of settle_sender. Run again, it changes nothing.
"""

import json
import os
import time

import psycopg

EVENTS = [
    ("open-sql", "account_opened", {"currency": "USD"}),
    ("tu-sql", "top_up", {"amount": "250.00", "currency": "USD"}),
    ("tu-sql-2", "top_up", {"amount": "250.005", "currency": "USD"}),
]
INSERT = "INSERT INTO inbox (source, event_id, type, account, data) VALUES ('erp', %s, %s, 'acct-sql', %s)"
OUTCOMES = "SELECT event_id, state, code, reason FROM event_outcome WHERE source = 'erp' ORDER BY id"

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    with connection.transaction():
        for event_id, kind, data in EVENTS:
            connection.execute(INSERT, [event_id, kind, json.dumps(data)])
    outcomes = []
    while len(outcomes) < len(EVENTS) or any(state == "waiting" for _, state, *_ in outcomes):
        time.sleep(0.5)
        with connection.transaction():
            outcomes = connection.execute(OUTCOMES).fetchall()
    for outcome in outcomes:
        print(*(word for word in outcome if word))
