/** The local admin token: 256 random bits in a file that only its owner may read. */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { WorkerError } from "../domain/errors.ts";

/**
 * The token; made when there is none.
 * @throws WorkerError storage_unusable: a link, another owner, or a mode that lets others read.
 */
export function ensureToken(path: string): string {
  try {
    const made = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    const token = randomBytes(32).toString("base64url");
    writeSync(made, `${token}\n`);
    closeSync(made);
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readToken(path);
}

/** A secret made from the token for one purpose, the same after a restart; it tells nothing of the token. */
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
