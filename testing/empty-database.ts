/**
 * Gives a test an empty database of this version. A database that the store creates costs 0.1 s of
 * CPU (all migrations), so each process creates one, and copies it for its tests.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { openDatabaseFile } from "../src/store/sqlite/file/database-file.ts";

let empty: Buffer | null = null;

/** Writes the file, for this user only, as the store leaves it. */
export function putEmptyDatabase(file: string): void {
  empty ??= created();
  writeFileSync(file, empty, { mode: 0o600, flag: "wx" });
}

function created(): Buffer {
  const directory = mkdtempSync(path.join(os.tmpdir(), "cw-empty-"));
  const file = path.join(directory, "tasks.db");
  try {
    openDatabaseFile(file).close();
    return readFileSync(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
