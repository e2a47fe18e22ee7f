/**
 * What the reliability tests share: a worker with the fast agent, kills, and the questions that
 * every one of them asks afterwards.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { pathsFrom } from "../../src/config/paths.ts";
import type { FailpointName } from "../../src/processes/failpoint.ts";
import { identityOf, isAlive, killIfSame } from "../../src/processes/identity.ts";
import { listProcesses, markedProcesses, markersInUse } from "../../src/processes/process-table.ts";
import type { ProcessRow } from "../../src/processes/process-row.ts";
import { markerName, sweep } from "../../src/processes/sweep.ts";
import { runnerIdPrefix } from "../../src/supervisor/spawn-runner.ts";
import type { EventView } from "../../src/client/index.ts";
import type { Scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";

const fakeAgent = fileURLToPath(new URL("../../testing/fake-agent.ts", import.meta.url));

export type FastWorker = TestWorker & Traps;

/**
 * A worker whose tasks are the fast agent's (see there for the words of its prompts). Nothing of it
 * outlives the test.
 */
export async function fastWorker(t: TestContext, env: Record<string, string> = {}): Promise<FastWorker> {
  // Some tests have file systems of a few MB.
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_AGENT_MODULE: fakeAgent, CLAUDE_WORKER_MIN_FREE_DISK_MB: "null", ...env } });
  t.after(() => endAll(w));
  return { ...w, ...traps(w) };
}

export interface Traps {
  /** The first process that passes the place from now on is killed. */
  trap(place: FailpointName): void;
  /** Waits until the trap has felled somebody, who is gone then. Returns its pid. */
  felled(place: FailpointName): Promise<number>;
}

/** Lets the test kill the worker's processes at a place. Call it before the start. */
export function traps(w: Pick<TestWorker, "place" | "env">): Traps {
  const directory = path.join(w.place.directory, "traps");
  mkdirSync(directory);
  w.env["CLAUDE_WORKER_FAILPOINTS"] = directory;
  return {
    trap: (place) => writeFileSync(path.join(directory, place), "SIGKILL"),
    felled: async (place) => {
      const pid = await until(`somebody at ${place}`, () => {
        const name = readdirSync(directory).find((each) => each.startsWith(`${place}.`));
        return name === undefined ? null : Number(name.slice(place.length + 1));
      });
      await until(`the end of process ${pid}`, async () => (await identityOf(pid)) === null);
      return pid;
    },
  };
}

/** Kills the server at once and waits until it is gone. */
export async function killServer(w: TestWorker): Promise<void> {
  await killAndWait((await w.client.server()).pid);
}

export async function killAndWait(pid: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const identity = await identityOf(pid);
  assert.ok(identity !== null, `process ${pid} is there`);
  await killIfSame(identity, signal);
  await until(`the end of process ${pid}`, async () => !(await isAlive(identity)));
}

/** Server, runners, agents, tools: as a power cut would. */
export async function killEverything(w: TestWorker): Promise<void> {
  const { pid } = await w.client.server();
  process.kill(pid, "SIGKILL");
  for (const each of await marked(w)) await killIfSame(each, "SIGKILL");
  await until("the end of everything", async () => (await identityOf(pid)) === null && (await marked(w)).length === 0);
}

/** The living processes of this worker's tasks. */
export async function marked(w: TestWorker): Promise<ProcessRow[]> {
  const prefix = runnerIdPrefix(pathsFrom(w.env).home);
  const rows = await listProcesses();
  const markers = [...(await markersInUse(markerName))].filter((id) => id.startsWith(prefix));
  return (await Promise.all(markers.map((id) => markedProcesses(rows, markerName, id)))).flat().filter(({ alive }) => alive);
}

/**
 * A runner that has told its last word is gone a moment later; nothing else may be there, and it
 * not for long.
 */
export async function noneLeft(w: TestWorker): Promise<void> {
  await until("the end of all that carries a marker", async () => (await marked(w)).length === 0);
}

/** The pid of the runner of the task's newest attempt, once it is known. */
export function runnerOf(w: TestWorker, id: number): Promise<number> {
  return until(`a runner of task ${id}`, async () => (await w.client.listAttempts({ id })).attempts.at(-1)?.pid);
}

/**
 * The task's events; their numbers have no gap and none is there twice, and the end is told once
 * where there is one.
 */
export async function storyOf(w: TestWorker, id: number): Promise<EventView[]> {
  const events: EventView[] = [];
  for (let after = 0; ; after = events.length) {
    const page = await w.client.taskEvents({ id, after, limit: 500 });
    if (page.events.length === 0) break;
    events.push(...page.events);
  }
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  const { ended_at } = await w.client.getTask({ id });
  assert.equal(events.filter(({ type }) => type === "ended").length, ended_at === null ? 0 : 1);
  return events;
}

/**
 * The value of `NODE_OPTIONS` that sets the clock of each process of Node that gets it: the servers
 * and the runners that start from now on.
 */
export function shiftedClock({ file }: Pick<Scratch, "file">, byMs: number): string {
  const module = file(
    `clock${byMs}.mjs`,
    `const { now } = Date; const shift = ${byMs}; const Real = Date;
     globalThis.Date = class extends Real { constructor(...a) { if (a.length === 0) super(now() + shift); else super(...a); } static now() { return now() + shift; } };`,
  );
  return `--import=${module}`;
}

async function endAll(w: TestWorker): Promise<void> {
  const prefix = runnerIdPrefix(pathsFrom(w.env).home);
  for (const id of await markersInUse(markerName)) if (id.startsWith(prefix)) await sweep(id);
}
