// An account and a top-up by HTTP, with nothing but Node 18 or newer. SETTLE is the address of `settle serve`, API_KEY
// a key with the scopes send and read. Run again, it changes nothing: an event is known by its id.
const events = [
  { event_id: "open-node", type: "account_opened", account: "acct-node", data: { currency: "USD" } },
  { event_id: "tu-node", type: "top_up", account: "acct-node", data: { amount: "250.00", currency: "USD" } },
  { event_id: "tu-node-2", type: "top_up", account: "acct-node", data: { amount: "none", currency: "USD" } },
];

async function call(path, body, headers = {}) {
  for (;;) {
    const response = await fetch(process.env.SETTLE + path, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${process.env.API_KEY}`, "content-type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
    if (response.ok) return response.json();
    if (response.status !== 429 && response.status !== 503) throw new Error(await response.text());
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get("retry-after") ?? 1)));
  }
}

const answer = await call("/v1/events", events, { prefer: "wait=20" });
for (const one of answer.events) console.log(one.event_id, one.state, one.code ?? "");
console.log(JSON.stringify((await call("/v1/accounts/acct-node")).cash));
