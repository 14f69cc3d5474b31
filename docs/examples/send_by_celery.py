"""An account and a top-up by the task's name, with nothing but Celery, `celery[redis]` on Redis or Valkey.

Run again, it changes nothing.

What becomes of an event is announced to its source: `event.refused`, `event.done`.
"""

import os

from celery import Celery
from kombu import Exchange, Queue

broker = os.environ["SETTLE_BROKER_URL"]
sender = Celery(broker=broker)
to = {"queue": "events"}
if broker.startswith("amqp"):
    # RabbitMQ says of each message that it was taken. The queue is there, and not the sender's to declare; by the
    # exchange of its name he needs the right to write to that alone.
    sender.conf.broker_transport_options = {"confirm_publish": True}
    exchange = Exchange("events", no_declare=True)
    sender.conf.task_queues = [Queue("events", exchange, routing_key="events", no_declare=True)]
    to |= {"exchange": "events", "routing_key": "events"}
else:
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
sender.send_task("tasks.events.receive", args=[events], retry=False, **to)
print("sent", *(one["event_id"] for one in events))
