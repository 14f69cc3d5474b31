"""An account and a top-up by the task's name, with nothing but `celery[redis]`. Run again, it changes nothing.

What becomes of an event is announced to its source: `event.refused`, `event.done`.
"""

import os

from celery import Celery

sender = Celery(broker=os.environ["SETTLE_BROKER_URL"])
sender.conf.broker_transport_options = {
    "global_keyprefix": os.environ.get("SETTLE_BROKER_KEY_PREFIX", "settle:"),
    "socket_timeout": 5,
}


def event(event_id, kind, account, **data):
    return {"source": "crm", "event_id": event_id, "type": kind, "account": account, "data": data}


events = [
    event("open-celery", "account_opened", "acct-celery", currency="USD"),
    event("tu-celery", "top_up", "acct-celery", amount="250.00", currency="USD"),
]
sender.send_task("tasks.events.receive", args=[events], queue="events", retry=False)
print("sent", *(one["event_id"] for one in events))
