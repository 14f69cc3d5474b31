#!/bin/sh
# An account, fees and a top-up by HTTP, and what became of them. SETTLE is the address of `settle serve`, API_KEY a
# key with the scopes send and read. Run again, it changes nothing.
set -eu

call() {
    curl --silent --show-error --fail-with-body -H "Authorization: Bearer $API_KEY" "$@"
}

call "$SETTLE/v1/accounts" -H "Idempotency-Key: open-curl" --json '{"account": "acct-curl", "currency": "USD"}'
call "$SETTLE/v1/events" --json '{"event_id": "fees-curl", "type": "fees", "account": "acct-curl", "data": {"fees": [
    {"id": "f-1", "amount": "12.3456", "currency": "USD", "product": "compute", "incurred_at": "2026-11-03T09:30:00Z"}]}}'
call "$SETTLE/v1/accounts/acct-curl/top-ups" -H "Idempotency-Key: tu-curl" -H "Prefer: wait=20" \
    --json '{"amount": "250.00", "currency": "USD"}'
call "$SETTLE/v1/events/crm/fees-curl"
call "$SETTLE/v1/accounts/acct-curl"
