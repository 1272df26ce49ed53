-- The access token that was given with this one, to revoke it. Empty for tokens from before this column.
ALTER TABLE refresh_token ADD COLUMN token_id TEXT NOT NULL DEFAULT '';
