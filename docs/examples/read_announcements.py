"""Announcements as they come, from the first on: SETTLE is the address of `settle serve`, API_KEY a key to read."""

import json
import os
import time
from urllib.request import Request, urlopen

after = ""
while True:
    url = f"{os.environ['SETTLE']}/v1/announcements?limit=500{after}"
    request = Request(url, headers={"Authorization": f"Bearer {os.environ['API_KEY']}"})
    page = json.load(urlopen(request, timeout=30))
    for one in page["announcements"]:
        print(one["id"], one["type"], json.dumps(one["data"]), flush=True)
    after = f"&after={page['next']}" if page["next"] else ""
    time.sleep(0 if page["announcements"] else 1)
