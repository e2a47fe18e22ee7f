/**
 * Ends what is left of a runner's process tree. Only processes that are proven to be of that tree
 * are touched, never this process or its parents.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SweptProcess } from "../domain/events/record.ts";
import { taskVariables } from "../domain/task/task-variables.ts";
import { descendantsIn, isAlive, killIfSame } from "./identity.ts";
import { childrenFromProc, commandFromProc, readFromProc } from "./proc.ts";
import { listProcesses, markedProcesses, readProcess } from "./process-table.ts";
import type { ProcessRow } from "./process-row.ts";
import { commandFromPs } from "./ps.ts";

/** In the environment of everything that a runner starts: the runner's id. */
export const markerName = taskVariables.runner;

export interface SweepOptions {
  /**
   * All descendants of this process belong to the tree: the runner itself, which adopts what its
   * tree leaves behind.
   */
  readonly root?: number;
  /**
   * `root` is a subreaper: nothing of its tree can be anywhere else, so that no living child means
   * nothing is left, without a look at every process.
   */
  readonly adopting?: boolean;
  /** From SIGTERM to SIGKILL. 0: SIGKILL at once. */
  readonly graceMs?: number;
  /**
   * After this long it gives up on what SIGKILL does not end (a process that waits for a dead
   * disk).
   */
  readonly limitMs?: number;
}

/**
 * Ends the processes that carry the runner's marker, their descendants, and those of `root`, until
 * none is left and what they held is free.
 * @returns what had to be ended, with the strongest signal that it was sent; empty when nothing was
 * left.
 */
export async function sweep(runnerId: string, options: SweepOptions = {}): Promise<SweptProcess[]> {
  const { graceMs = 0, limitMs = 5_000 } = options;
  if (options.adopting === true && options.root !== undefined && isDeserted(options.root)) return [];
  const swept = new Map<string, SweptProcess>();
  const began = performance.now();
  for (;;) {
    const left = await leftOf(runnerId, options.root);
    const spentMs = performance.now() - began;
    // Whoever comes next may want a port or a lock that they held.
    const isDone = left.length === 0 && (await areFreed([...swept.keys()]));
    if (isDone || spentMs > graceMs + limitMs) return [...swept.values()];
    const signal = spentMs < graceMs ? "SIGTERM" : "SIGKILL";
    for (const row of left) await end(row, signal, swept);
    await delay(spentMs < 100 ? 5 : 25);
  }
}

/**
 * Whether nothing below a subreaper can run any more, by a look at its own children only. False
 * also where that cannot be told.
 */
export function isDeserted(root: number): boolean {
  const children = childrenFromProc(root);
  // What an exiting child leaves behind comes to the root at its very end: that may be between the
  // look at the child and the second look at the root.
  return children !== null && children.every(isSpent) && (childrenFromProc(root)?.every((pid) => children.includes(pid)) ?? false);
}

function isSpent(pid: number): boolean {
  const row = readFromProc(pid);
  return row === null || (!row.alive && childrenFromProc(pid)?.length === 0);
}

/**
 * The living processes of the tree, now. A marker is looked for in every process; a child that shed
 * it is found through its parents.
 */
export async function leftOf(runnerId: string, root: number | undefined): Promise<ProcessRow[]> {
  const rows = await listProcesses();
  const marked = await markedProcesses(rows, markerName, runnerId);
  const roots = new Set(marked.map((row) => row.pid));
  if (root !== undefined) roots.add(root);
  const mine = ownLine(rows);
  const tree = [...marked, ...descendantsIn(rows, roots)];
  return tree.filter((row) => row.alive && !mine.has(row.pid));
}

/** This process and its line of parents: never to be ended. */
function ownLine(rows: readonly ProcessRow[]): Set<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const line = new Set<number>([0, 1]);
  for (let pid: number | undefined = process.pid; pid !== undefined && !line.has(pid); pid = parents.get(pid)) line.add(pid);
  return line;
}

/** @param keys `pid start` of what was signalled. */
async function areFreed(keys: readonly string[]): Promise<boolean> {
  for (const key of keys) {
    const [pid, ...start] = key.split(" ");
    const row = await readProcess(Number(pid));
    if (row !== null && row.start === start.join(" ") && !row.freed) return false;
  }
  return true;
}

async function end(row: ProcessRow, signal: SweptProcess["signal"], swept: Map<string, SweptProcess>): Promise<void> {
  const key = `${row.pid} ${row.start}`;
  // One SIGTERM is enough; it is repeated to nobody.
  if (swept.get(key)?.signal === signal && signal === "SIGTERM") return;
  const command = swept.get(key)?.command ?? (await commandOf(row)).slice(0, 500);
  if (await killIfSame(row, signal)) swept.set(key, { pid: row.pid, command, signal });
}

/** Its command line; empty when it has ended. */
export async function commandOf(row: ProcessRow): Promise<string> {
  const command = process.platform === "linux" ? commandFromProc(row.pid) : await commandFromPs(row.pid);
  return (await isAlive(row)) ? command : "";
}
