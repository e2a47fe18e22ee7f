/** Adds the sessions of browsers that a person signed in (docs/decisions/0046). */

export const browserSessions = {
  number: 60,
  name: "browser-sessions",
  sql: `
CREATE TABLE browser_sessions (
  -- Browsers that may use the API with a cookie. The cookie's secret itself is never kept.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used again.
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64), -- HMAC of the secret with a key of this server's token file, hexadecimal.
  scope TEXT NOT NULL CHECK (scope IN ('read', 'submit', 'admin')), -- What it may do.
  token_id INTEGER REFERENCES tokens (id) ON DELETE CASCADE, -- The token that signed in, or that made the code: the session ends with it. NULL: the server's owner.
  signed_in_with TEXT NOT NULL CHECK (signed_in_with IN ('code', 'token')), -- What was given at the sign-in.
  created_at INTEGER NOT NULL, -- When it began.
  last_used_at INTEGER NOT NULL, -- When it was last used, to the minute. It ends 30 days after this.
  ended_at INTEGER, -- When it was revoked or signed out. Only rows with a token are kept then. NULL: it has not ended.
  user_agent TEXT, -- What the browser says of itself. NULL: nothing.
  address TEXT -- The address that it signed in from: of a proxy where there is one.
) STRICT;
CREATE INDEX browser_sessions_by_token ON browser_sessions (token_id) WHERE token_id IS NOT NULL;
`,
} as const;
