"""Announcements into Kafka, in their order: `pip install kafka-python`, KAFKA is the address of a broker.

The place in the feed is kept in a file, after everything before it is with the broker: nothing is left out, and what
comes again has the id it had.
"""

import json
import os
import time
from pathlib import Path
from urllib.request import Request, urlopen

from kafka import KafkaProducer

producer = KafkaProducer(
    bootstrap_servers=os.environ["KAFKA"], acks="all", max_in_flight_requests_per_connection=1
)
place = Path(os.environ.get("PLACE", "place"))
while True:
    after = f"&after={place.read_text()}" if place.exists() else ""
    url = f"{os.environ['SETTLE']}/v1/announcements?limit=500{after}"
    headers = {"Authorization": f"Bearer {os.environ['API_KEY']}"}
    with urlopen(Request(url, headers=headers), timeout=30) as response:
        page = json.load(response)
    sent = [
        producer.send(
            "settle.announcements",
            key=(one["data"].get("account") or one["type"]).encode(),
            value=json.dumps(one).encode(),
        )
        for one in page["announcements"]
    ]
    for future in sent:
        future.get(timeout=30)
    if page["next"]:
        place.write_text(page["next"])
    if not sent:
        time.sleep(1)
