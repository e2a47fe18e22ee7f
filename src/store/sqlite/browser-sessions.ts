/** Stores the sessions of browsers. Callers pass the hash of a secret, never the secret. */
import type Database from "better-sqlite3";
import type { Scope } from "../../domain/scopes.ts";
import type { Writing } from "./group-commit.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

export interface BrowserSession {
  readonly id: number;
  readonly scope: Scope;
  /** The token that it ends with; null: it belongs to the server's owner. */
  readonly tokenId: number | null;
  readonly signedInWith: "code" | "token";
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly userAgent: string | null;
  readonly address: string | null;
}

export interface NewBrowserSession extends Omit<BrowserSession, "id" | "lastUsedAt"> {
  /** Of the cookie's secret, hexadecimal. */
  readonly hash: string;
}

export interface BrowserSessionStore {
  /** Inside `write`. */
  insert(session: NewBrowserSession): BrowserSession;
  /** Those that were not ended, also where their time is over. */
  list(): BrowserSession[];
  /** The session of a secret's hash, unless it has ended. Its time may be over. */
  byHash(hash: string): BrowserSession | null;
  /** Every session that a token had, ended ones included. */
  ofToken(tokenId: number): BrowserSession[];
  /** Inside `write`. */
  used(id: number, now: number): void;
  /** Inside `write`. False: it had ended already. */
  end(id: number, now: number): boolean;
}

const sessionRow = defineRow<BrowserSession>({
  id: "plain",
  scope: "plain",
  tokenId: "plain",
  signedInWith: "plain",
  createdAt: "plain",
  lastUsedAt: "plain",
  userAgent: "plain",
  address: "plain",
});

export function createBrowserSessionStore(database: Database.Database, writing: Writing): BrowserSessionStore {
  const { select } = sessionRow;
  const selectAll = database.prepare(`SELECT ${select} FROM browser_sessions WHERE ended_at IS NULL ORDER BY id`);
  const selectByHash = database.prepare(`SELECT ${select} FROM browser_sessions WHERE hash = ? AND ended_at IS NULL`);
  const selectOfToken = database.prepare(`SELECT ${select} FROM browser_sessions WHERE token_id = ? ORDER BY id`);
  const insertOne = prepareReturning(
    database,
    `INSERT INTO browser_sessions (hash, scope, token_id, signed_in_with, created_at, last_used_at, user_agent, address)
     VALUES (@hash, @scope, @tokenId, @signedInWith, @createdAt, @createdAt, @userAgent, @address) RETURNING ${select}`,
  );
  const updateUsed = database.prepare("UPDATE browser_sessions SET last_used_at = ? WHERE id = ?");
  const updateEnd = database.prepare("UPDATE browser_sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL");
  const deleteOwners = database.prepare("DELETE FROM browser_sessions WHERE id = ? AND token_id IS NULL");
  return {
    insert: (session) => {
      writing.mustBeInside();
      return sessionRow.decode(insertOne(session));
    },
    list: () => selectAll.all().map((row) => sessionRow.decode(row)),
    byHash: (hash) => {
      const row = selectByHash.get(hash);
      return row === undefined ? null : sessionRow.decode(row);
    },
    ofToken: (tokenId) => selectOfToken.all(tokenId).map((row) => sessionRow.decode(row)),
    used: (id, now) => {
      writing.mustBeInside();
      updateUsed.run(now, id);
    },
    end: (id, now) => {
      writing.mustBeInside();
      const { changes } = updateEnd.run(now, id);
      deleteOwners.run(id);
      return changes > 0;
    },
  };
}
