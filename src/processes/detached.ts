/**
 * Finds what commands of Claude's tools left behind on purpose (`nohup … &`). They are in no list
 * of Claude Code's: their shell has ended.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ownCommand } from "../domain/attempt/own-command.ts";
import { isAlive } from "./identity.ts";
import type { ProcessRow } from "./process-row.ts";
import { markedProcesses } from "./process-table.ts";
import { commandOf, isDeserted, leftOf } from "./sweep.ts";
import type { SweepOptions } from "./sweep.ts";

/**
 * Claude Code starts the commands of its tools with both in their environment. It starts its own
 * helpers, hooks and MCP servers without the second.
 */
const marks = [
  ["CLAUDECODE", "1"],
  ["GIT_EDITOR", "true"],
] as const;

/** What ends by itself this soon after the attempt is not worth a word. */
const settleMs = 1_000;

export interface DetachedCommand {
  readonly pid: number;
  /** As a person knows it: what was run, without the shell of Claude Code around it. */
  readonly command: string;
}

/** Finds the detached commands of a runner's tree that do not end by themselves within a moment. */
export async function detachedCommands(runnerId: string, { root, adopting }: SweepOptions): Promise<DetachedCommand[]> {
  if (adopting === true && root !== undefined && isDeserted(root)) return [];
  let rows: readonly ProcessRow[] = await leftOf(runnerId, root);
  for (const [name, value] of marks) rows = await markedProcesses(rows, name, value);
  const pids = new Set(rows.map(({ pid }) => pid));
  const first = rows.filter(({ parent }) => !pids.has(parent));
  const named = await Promise.all(first.map(async (row) => ({ row, command: ownCommand(await commandOf(row)) })));
  for (const end = performance.now() + settleMs; performance.now() < end; await delay(25)) {
    const living = await Promise.all(first.map(isAlive));
    if (!living.includes(true)) return [];
  }
  const living = await Promise.all(first.map(isAlive));
  return named.filter((_, index) => living[index]).map(({ row, command }) => ({ pid: row.pid, command }));
}
