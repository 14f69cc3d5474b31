"""A receiver of webhooks: WEBHOOK_SECRET is what `settle webhooks add me http://127.0.0.1:9000` printed."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from settle_client.webhooks import NotVerified, verify


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            print(verify(body, self.headers, os.environ["WEBHOOK_SECRET"]).type, flush=True)
            self.send_response(204)
        except NotVerified:
            self.send_response(401)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
