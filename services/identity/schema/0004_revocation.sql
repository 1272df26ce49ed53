-- The access token that was given along, so that it can be revoked. Older ones have expired before this is in use.
ALTER TABLE refresh_token ADD COLUMN token_id TEXT NOT NULL DEFAULT '';
