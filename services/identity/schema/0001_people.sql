CREATE TABLE organizer (
    organizer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE TABLE account (
    account_id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- Argon2id in PHC form; empty for members who sign in by access code only.
    password_phc TEXT NOT NULL,
    locale TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
-- Role 0: a removed member.
CREATE TABLE membership (
    organizer_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 5),
    at_us BIGINT NOT NULL,
    PRIMARY KEY (organizer_id, account_id)
);
CREATE INDEX membership_account ON membership (account_id, at_us);
CREATE TABLE guest (
    guest_id TEXT PRIMARY KEY,
    content_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    cpf TEXT NOT NULL,
    locale TEXT NOT NULL,
    -- Whether the guest has proven the e-mail. At most one guest of an address has.
    verified INTEGER NOT NULL DEFAULT 0,
    merged_into TEXT NOT NULL DEFAULT '',
    at_us BIGINT NOT NULL,
    CHECK (verified = 0 OR merged_into = '')
);
CREATE INDEX guest_email ON guest (email, at_us);
CREATE UNIQUE INDEX guest_verified ON guest (email) WHERE verified = 1;
CREATE TABLE gate (
    device_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    at_us BIGINT NOT NULL
);
-- Hashes of refresh tokens. The tokens of one sign-in are a family.
CREATE TABLE refresh_token (
    token_hash TEXT PRIMARY KEY,
    family_id TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    expires_us BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('FRESH', 'USED', 'REVOKED')),
    successor_hash TEXT NOT NULL DEFAULT ''
);
CREATE INDEX refresh_family ON refresh_token (family_id);
CREATE INDEX refresh_subject ON refresh_token (subject_id, organizer_id);
CREATE INDEX refresh_expires ON refresh_token (expires_us);
CREATE TABLE access_code (
    code_id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    expires_us BIGINT NOT NULL,
    tries_left INTEGER NOT NULL CHECK (tries_left >= 0),
    -- The sign-in that used the code up, with this code or another one; empty while it can be redeemed.
    used_for TEXT NOT NULL DEFAULT '',
    at_us BIGINT NOT NULL
);
CREATE INDEX access_code_email ON access_code (email, at_us);
CREATE INDEX access_code_expires ON access_code (expires_us);
-- Wrong passwords and secrets. tried_for: the address, device or operator.
CREATE TABLE wrong_try (
    try_id TEXT PRIMARY KEY,
    tried_for TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX wrong_try_tried_for ON wrong_try (tried_for, at_us);
CREATE INDEX wrong_try_at ON wrong_try (at_us);
-- One transaction counts at a time: it locks the row of the thing that it counts.
CREATE TABLE turn (
    about TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL
);
CREATE INDEX turn_at ON turn (at_us);
