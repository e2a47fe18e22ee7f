/**
 * Ends what is left of a runner's process tree. Touches only processes that are proven to belong to
 * that tree, and never this process or its parents.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SweptProcess } from "../domain/events/record.ts";
import { taskVariables } from "../domain/task/task-variables.ts";
import { descendantsIn, isAlive, killIfSame } from "./identity.ts";
import { childrenFromProc, commandFromProc, readFromProc } from "./proc.ts";
import { listProcesses, markedProcesses, readProcess } from "./process-table.ts";
import type { ProcessRow } from "./process-row.ts";
import { commandFromPs } from "./ps.ts";

/** The variable with the runner's id, in the environment of everything that a runner starts. */
export const markerName = taskVariables.runner;

export interface SweepOptions {
  /**
   * The runner's own process. All its descendants belong to the tree, because it adopts orphans of
   * the tree.
   */
  readonly root?: number;
  /**
   * Whether `root` is a subreaper. Then the whole tree is below it: without a living child the tree
   * has ended, and other processes need no look.
   */
  readonly adopting?: boolean;
  /** Time between SIGTERM and SIGKILL. 0: SIGKILL at once. */
  readonly graceMs?: number;
  /**
   * After this time the sweep gives up on processes that SIGKILL does not end (a process may wait
   * for a dead disk).
   */
  readonly limitMs?: number;
}

/**
 * Ends the processes that carry the runner's marker, their descendants, and those of `root`, until
 * none is left and what they held is free.
 * @returns the processes that had to be ended, with the strongest signal that was sent; empty when
 * the tree had ended.
 */
export async function sweep(runnerId: string, options: SweepOptions = {}): Promise<SweptProcess[]> {
  const { graceMs = 0, limitMs = 5_000 } = options;
  if (options.adopting === true && options.root !== undefined && isDeserted(options.root)) return [];
  const swept = new Map<string, SweptProcess>();
  const began = performance.now();
  for (;;) {
    const left = await leftOf(runnerId, options.root);
    const spentMs = performance.now() - began;
    // The next process may need a port or a lock that they held.
    const isDone = left.length === 0 && (await areFreed([...swept.keys()]));
    if (isDone || spentMs > graceMs + limitMs) return [...swept.values()];
    const signal = spentMs < graceMs ? "SIGTERM" : "SIGKILL";
    for (const row of left) await end(row, signal, swept);
    await delay(spentMs < 100 ? 5 : 25);
  }
}

/**
 * Whether nothing below a subreaper can run any more, by a look at its direct children only. False
 * also where that is not known.
 */
export function isDeserted(root: number): boolean {
  const children = childrenFromProc(root);
  // The root adopts an exiting child's own children at the child's very end. That may happen
  // between the look at the child and the second look at the root.
  return children !== null && children.every(isSpent) && (childrenFromProc(root)?.every((pid) => children.includes(pid)) ?? false);
}

function isSpent(pid: number): boolean {
  const row = readFromProc(pid);
  return row === null || (!row.alive && childrenFromProc(pid)?.length === 0);
}

/**
 * The living processes of the tree, now. Looks for the marker in every process; finds a child
 * without the marker through its parents.
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

/** This process and its line of parents, which must not be ended. */
function ownLine(rows: readonly ProcessRow[]): Set<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const line = new Set<number>([0, 1]);
  for (let pid: number | undefined = process.pid; pid !== undefined && !line.has(pid); pid = parents.get(pid)) line.add(pid);
  return line;
}

/** @param keys `pid start` of the processes that were signalled. */
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
  // Each process gets SIGTERM only once.
  if (swept.get(key)?.signal === signal && signal === "SIGTERM") return;
  const command = swept.get(key)?.command ?? (await commandOf(row));
  if (await killIfSame(row, signal)) swept.set(key, { pid: row.pid, command, signal });
}

/** The longest command line that is kept. */
const maxCommand = 10_000;

/**
 * Its command line; empty when it has ended. A long one is cut at a blank: half of a secret would
 * not be found.
 */
export async function commandOf(row: ProcessRow): Promise<string> {
  const command = process.platform === "linux" ? commandFromProc(row.pid) : await commandFromPs(row.pid);
  if (!(await isAlive(row))) return "";
  return command.length <= maxCommand ? command : command.slice(0, command.lastIndexOf(" ", maxCommand) + 1).trimEnd();
}
