/** Stores what repositories' `.claude-worker.json` said when a person trusted their directory. */
import type Database from "better-sqlite3";
import { noCommands } from "../../domain/verification/repository-commands.ts";
import type { RepositoryCommands } from "../../domain/verification/repository-commands.ts";
import type { Writing } from "./group-commit.ts";
import { defineRow } from "./row.ts";

export interface TrustedCommands {
  /** Absolute, real path. */
  readonly file: string;
  readonly commands: RepositoryCommands;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly digest: string;
  readonly since: number;
}

export interface TrustedCommandStore {
  list(): TrustedCommands[];
  /** Null: no person has trusted what the file says. */
  get(file: string): TrustedCommands | null;
  /** Inside `write`. */
  put(trusted: TrustedCommands): void;
  /** Inside `write`. */
  remove(file: string): void;
}

const row = defineRow<TrustedCommands>({ file: "plain", commands: "json", digest: "plain", since: "plain" });

/** Trusted commands' rows on one connection. */
export function createTrustedCommandStore(database: Database.Database, writing: Writing): TrustedCommandStore {
  const select = database.prepare<[string]>(`SELECT ${row.select} FROM trusted_commands WHERE file = ?`);
  const selectAll = database.prepare(`SELECT ${row.select} FROM trusted_commands ORDER BY file`);
  const insert = database.prepare(
    "INSERT OR REPLACE INTO trusted_commands (file, commands, digest, since) VALUES (@file, @commands, @digest, @since)",
  );
  const deleteOne = database.prepare("DELETE FROM trusted_commands WHERE file = ?");
  // Rows of earlier versions lack what their version did not know.
  const decoded = (found: unknown): TrustedCommands => {
    const trusted = row.decode(found);
    return { ...trusted, commands: { ...noCommands, ...trusted.commands } };
  };
  return {
    list: () => selectAll.all().map(decoded),
    get: (file) => {
      const found = select.get(file);
      return found === undefined ? null : decoded(found);
    },
    put: (trusted) => {
      writing.mustBeInside();
      insert.run({ ...trusted, commands: row.encode("commands", trusted.commands) });
    },
    remove: (file) => {
      writing.mustBeInside();
      deleteOne.run(file);
    },
  };
}
