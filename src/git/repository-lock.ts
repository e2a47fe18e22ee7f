/**
 * Lets one process at a time change a repository's branches and worktrees. Files with rising
 * numbers, each with its maker: the maker of the newest holds the lock, and the next number may be
 * made once that process has ended, or has said that it is done. A lock is never taken from a
 * living process, and a dead one needs no time limit (docs/decisions/0021).
 */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { currentBootId, identityOf, isAlive } from "../processes/identity.ts";
import { GitProblem } from "./git-problem.ts";

const firstPauseMs = 10;
const longestPauseMs = 200;

interface Maker {
  readonly pid: number;
  readonly start: string;
  readonly boot: string | null;
}

/** Which process waits, for its files. */
interface Waiter {
  readonly directory: string;
  readonly maker: Maker;
}

/**
 * Waits for the lock. Works within a process, too: each call is a waiter of its own.
 * @param directory of this lock alone; it is made.
 * @returns a function that gives the lock back. @throws GitProblem `too_slow`, `stopped`.
 */
export async function lockRepository(directory: string, timeoutMs: number, signal?: AbortSignal): Promise<() => void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const self = await identityOf(process.pid);
  const waiter = { directory, maker: { pid: process.pid, start: self?.start ?? "", boot: await currentBootId() } };
  const until = performance.now() + timeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const number = await tryToLock(waiter);
    if (number !== null) return () => writeFileSync(path.join(directory, `${number}.done`), "");
    if (signal?.aborted === true) throw new GitProblem("stopped", "The wait for the repository was stopped.");
    if (performance.now() > until)
      throw new GitProblem("too_slow", `Another process has worked on the repository's branches for too long (${holderText(directory)}).`);
    await delay(pauseMs);
  }
}

/** @returns the number that holds the lock now; null: another process holds it. */
async function tryToLock({ directory, maker }: Waiter): Promise<number | null> {
  const newest = newestOf(directory);
  if (newest > 0 && !isDone(directory, newest) && (await livesStill(directory, newest, maker.boot))) return null;
  const number = newest + 1;
  if (!make(directory, number, maker)) return null;
  // Another process may have gone further since the look above.
  if (newestOf(directory) !== number) {
    rmSync(path.join(directory, String(number)), { force: true });
    return null;
  }
  for (const old of numbersIn(directory).filter((each) => each < number)) {
    rmSync(path.join(directory, `${old}.done`), { force: true });
    rmSync(path.join(directory, String(old)), { force: true });
  }
  return number;
}

function newestOf(directory: string): number {
  return Math.max(0, ...numbersIn(directory));
}

function numbersIn(directory: string): number[] {
  const numbers = readdirSync(directory).map((name) => Number(/^(\d{1,15})(?:\.done)?$/.exec(name)?.[1] ?? 0));
  return numbers.filter((number) => number > 0);
}

function isDone(directory: string, number: number): boolean {
  return readdirSync(directory).includes(`${number}.done`);
}

async function livesStill(directory: string, number: number, boot: string | null): Promise<boolean> {
  const maker = makerIn(path.join(directory, String(number)));
  if (maker === null || (boot !== null && maker.boot !== null && maker.boot !== boot)) return false;
  return await isAlive(maker);
}

/** Null: the file is gone. It has its whole content from its first moment. */
function makerIn(file: string): Maker | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Maker;
  } catch {
    return null;
  }
}

/** Makes the file with its content in one step. @returns false: there is one of this number. */
function make(directory: string, number: number, maker: Maker): boolean {
  const draft = path.join(directory, `draft-${randomUUID()}`);
  writeFileSync(draft, JSON.stringify(maker), { mode: 0o600 });
  try {
    linkSync(draft, path.join(directory, String(number)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function holderText(directory: string): string {
  const holder = makerIn(path.join(directory, String(newestOf(directory))));
  return holder === null ? "it has ended just now" : `process ${holder.pid}`;
}
