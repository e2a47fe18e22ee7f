/** Stores tokens. Callers pass the hash of a secret, never the secret itself. */
import type Database from "better-sqlite3";
import type { Scope } from "../../domain/scopes.ts";
import type { Writing } from "./group-commit.ts";
import { prepareReturning } from "./returning.ts";
import { defineRow } from "./row.ts";

export interface Token {
  readonly id: number;
  readonly name: string;
  readonly scope: Scope;
  /** The secret's first characters. */
  readonly hint: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface NewToken extends Pick<Token, "name" | "scope" | "hint" | "createdAt" | "expiresAt"> {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
}

export interface TokenStore {
  /** Inside `write`. Null when the name is taken. */
  insert(token: NewToken): Token | null;
  list(): Token[];
  /** The token of a secret's hash, expired or not. */
  byHash(hash: string): Token | null;
  exists(id: number): boolean;
  /** Inside `write`. */
  used(id: number, now: number): void;
  /** Inside `write`. The removed token, or null when there was none. */
  remove(id: number): Token | null;
}

const tokenRow = defineRow<Token>({
  id: "plain",
  name: "plain",
  scope: "plain",
  hint: "plain",
  createdAt: "plain",
  expiresAt: "plain",
  lastUsedAt: "plain",
});

export function createTokenStore(database: Database.Database, writing: Writing): TokenStore {
  const selectAll = database.prepare(`SELECT ${tokenRow.select} FROM tokens ORDER BY id`);
  const selectByHash = database.prepare(`SELECT ${tokenRow.select} FROM tokens WHERE hash = ?`);
  const selectId = database.prepare<[number]>("SELECT 1 FROM tokens WHERE id = ?");
  const insertOne = prepareReturning(
    database,
    `INSERT INTO tokens (name, scope, hash, hint, created_at, expires_at) VALUES (@name, @scope, @hash, @hint, @createdAt, @expiresAt)
     ON CONFLICT (name) DO NOTHING RETURNING ${tokenRow.select}`,
  );
  const updateUsed = database.prepare("UPDATE tokens SET last_used_at = ? WHERE id = ?");
  const deleteOne = prepareReturning(database, `DELETE FROM tokens WHERE id = ? RETURNING ${tokenRow.select}`);
  const decoded = (row: unknown): Token | null => (row === undefined ? null : tokenRow.decode(row));
  return {
    insert: (token) => {
      writing.mustBeInside();
      return decoded(insertOne(token));
    },
    list: () => selectAll.all().map((row) => tokenRow.decode(row)),
    byHash: (hash) => decoded(selectByHash.get(hash)),
    exists: (id) => selectId.get(id) !== undefined,
    used: (id, now) => {
      writing.mustBeInside();
      updateUsed.run(now, id);
    },
    remove: (id) => {
      writing.mustBeInside();
      return decoded(deleteOne(id));
    },
  };
}
