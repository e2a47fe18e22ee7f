/** Keeps the local admin token: 256 random bits in a file that only its owner can read. */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, linkSync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { WorkerError } from "../domain/errors.ts";
import { fileError, removeFile } from "../store/sqlite/file/private-file.ts";

/**
 * Returns the token, and makes one when there is none.
 * @throws WorkerError storage_unusable: a link, another owner, or a mode that lets others read;
 * storage_full.
 */
export function ensureToken(path: string): string {
  if (!exists(path)) make(path);
  else if (isLeftEmpty(path)) {
    removeFile(path);
    make(path);
  }
  return readToken(path);
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Whether the file is this user's and empty: an earlier version left such a file when the disk was
 * full.
 */
function isLeftEmpty(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isFile() && stats.size === 0 && stats.uid === (process.getuid?.() ?? stats.uid);
}

/** Makes the file atomically, and never replaces another file. */
function make(path: string): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    removeFile(draft);
    writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    // Another process was faster: its token counts.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error instanceof WorkerError ? error : fileError(error, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Derives a secret from the token for one purpose. It stays the same after a restart, and the token
 * cannot be found from it.
 */
export function keyFrom(token: string, purpose: string): string {
  return createHash("sha256").update(`claude-worker ${purpose}\0`).update(token).digest("hex");
}

function readToken(path: string): string {
  const refuse = (what: string): WorkerError =>
    new WorkerError("storage_unusable", `The token file ${path} ${what}. Remove it and start the server again: a new one is made.`);
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw refuse(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
  try {
    const { mode, uid } = fstatSync(file);
    if (process.getuid !== undefined && uid !== process.getuid()) throw refuse("belongs to another user");
    if ((mode & 0o077) !== 0) throw refuse("may be read by others");
    const token = readFileSync(file, "utf8").trim();
    if (token.length < 43) throw refuse("holds no token");
    return token;
  } finally {
    closeSync(file);
  }
}
