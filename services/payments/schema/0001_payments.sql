-- One row per order. provider: asked for the money, or 'box_office'. sent: 1 once a byte may have reached the provider.
-- next_try_us and waiting_since_us are set while the provider's answer is awaited.
CREATE TABLE payment (
    order_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    provider TEXT NOT NULL,
    card_token TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('UNKNOWN', 'AUTHORIZED', 'CAPTURED', 'DECLINED', 'VOIDED')),
    void_requested INTEGER NOT NULL CHECK (void_requested IN (0, 1)),
    capture_requested INTEGER NOT NULL CHECK (capture_requested IN (0, 1)),
    sent INTEGER NOT NULL CHECK (sent IN (0, 1)),
    tries INTEGER NOT NULL,
    next_try_us BIGINT,
    waiting_since_us BIGINT,
    created_us BIGINT NOT NULL,
    captured_us BIGINT,
    version INTEGER NOT NULL,
    CHECK ((next_try_us IS NULL) = (waiting_since_us IS NULL)),
    CHECK (state <> 'UNKNOWN' OR next_try_us IS NOT NULL),
    CHECK (state IN ('UNKNOWN', 'AUTHORIZED') OR next_try_us IS NULL),
    CHECK ((state = 'CAPTURED') = (captured_us IS NOT NULL)),
    CHECK (amount_minor > 0 OR state = 'VOIDED')
);
CREATE INDEX payment_due ON payment (next_try_us, waiting_since_us, provider) WHERE next_try_us IS NOT NULL;
-- Double entry: debits are positive, credits negative, and every entry sums to zero. Each captured order has one entry.
CREATE TABLE ledger_line (
    entry_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    account TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    currency TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (entry_id, n)
);
CREATE INDEX ledger_line_organizer ON ledger_line (organizer_id, account);
-- forced_open: 1 while the operator keeps the provider's breaker open. announced: the breaker's last announced state.
-- A provider without a row has a closed breaker.
CREATE TABLE provider (
    provider TEXT PRIMARY KEY,
    forced_open INTEGER NOT NULL CHECK (forced_open IN (0, 1)),
    announced TEXT NOT NULL CHECK (announced IN ('CLOSED', 'OPEN', 'FORCED_OPEN'))
);
