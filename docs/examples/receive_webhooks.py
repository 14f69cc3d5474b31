"""A receiver of webhooks: WEBHOOK_SECRET is what `settle webhooks add me http://127.0.0.1:9000` printed."""

import base64
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        right = "v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
        is_ours = any(hmac.compare_digest(right, one) for one in self.headers["webhook-signature"].split())
        self.send_response(204 if is_ours else 401)
        self.end_headers()
        print(json.loads(body)["type"] if is_ours else "not ours", flush=True)


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
