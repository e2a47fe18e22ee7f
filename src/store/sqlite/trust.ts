/**
 * Stores the directories that a person trusts. Expects real paths, because it does not resolve
 * links.
 */
import type Database from "better-sqlite3";
import type { Writing } from "./group-commit.ts";
import type { TrustStore } from "../store.ts";

export function createTrustStore(database: Database.Database, writing: Writing): TrustStore {
  const selectAll = database.prepare<[], { path: string; since: number }>("SELECT path, since FROM trusted_directories ORDER BY path");
  const selectOne = database.prepare<[string]>("SELECT 1 FROM trusted_directories WHERE path = ?");
  const insert = database.prepare("INSERT INTO trusted_directories (path, since) VALUES (?, ?) ON CONFLICT (path) DO NOTHING");
  const deleteOne = database.prepare("DELETE FROM trusted_directories WHERE path = ?");
  return {
    list: () => selectAll.all(),
    has: (path) => selectOne.get(path) !== undefined,
    add: (path, now) => {
      writing.mustBeInside();
      insert.run(path, now);
    },
    remove: (path) => {
      writing.mustBeInside();
      return deleteOne.run(path).changes > 0;
    },
  };
}
