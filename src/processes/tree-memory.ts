/** Adds up the memory that a process and its descendants hold now. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { listProcesses } from "./process-table.ts";

const kilobytesInMb = 1024;

/**
 * MB in memory (resident size), where a page that several processes share counts for each of them;
 * null: it cannot be read. A few milliseconds.
 */
export async function treeMemoryMb(root: number): Promise<number | null> {
  try {
    return process.platform === "linux" ? await fromProc(root) : await fromPs(root);
  } catch {
    return null;
  }
}

async function fromProc(root: number): Promise<number> {
  const rows = await listProcesses();
  const sizes = treeOf(rows, root).map((pid) => residentKb(pid));
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / kilobytesInMb);
}

/** 0: the process has ended. */
function residentKb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function fromPs(root: number): Promise<number | null> {
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,ppid=,rss="], { maxBuffer: 16_777_216, timeout: 5_000 });
  return treeInPs(stdout, root);
}

/** From the output of `ps -axo pid=,ppid=,rss=`. */
export function treeInPs(text: string, root: number): number | null {
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, rss = 0]) => ({ pid, parent, rss }));
  const tree = new Set(treeOf(rows, root));
  const sizes = rows.filter(({ pid }) => tree.has(pid)).map(({ rss }) => rss);
  return sizes.length === 0 ? null : Math.round(sizes.reduce((sum, size) => sum + size, 0) / kilobytesInMb);
}

/** The process and its descendants. */
function treeOf(rows: readonly { readonly pid: number; readonly parent: number }[], root: number): number[] {
  const children = Map.groupBy(rows, ({ parent }) => parent);
  const found = new Set([root]);
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child.pid);
  return [...found];
}
