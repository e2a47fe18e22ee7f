import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pino } from "pino";
import { pathsFrom, rawLogPath, summaryLogPath } from "../../src/config/paths.ts";
import { GitProgram } from "../../src/git/git-program.ts";
import { WorkspaceGate } from "../../src/operations/workspaces/workspace-gate.ts";
import { pruneTasks } from "../../src/operations/tasks/prune-tasks.ts";
import { removeStrayLogs } from "../../src/operations/tasks/remove-logs.ts";
import { Retention } from "../../src/scheduler/retention.ts";
import { newAttempt, setup as storeSetup } from "../store/setup.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const start = 1_800_000_000_000;

/**
 * Retention as the server wires it, with a clock and timers that stand until the test moves them.
 */
function setup(t: TestContext, keepDays: number | null) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const base = storeSetup(t);
  const { store } = base;
  const logs = path.join(base.directory, "logs");
  mkdirSync(logs);
  const paths = { ...pathsFrom({ CLAUDE_WORKER_HOME: base.directory }), logs };
  const clock = { at: start };
  /** Rounds that began (at once when their timer fires), and those that are over. */
  const rounds = { begun: 0, count: 0 };
  const logged: string[] = [];
  const git = new GitProgram({ PATH: process.env["PATH"] });
  const files = { store, paths, git, gate: new WorkspaceGate(), now: () => clock.at, processesIn: () => Promise.resolve([]) };
  const trash = { left: 0 };
  const retention = new Retention({
    keepDays,
    log: pino({}, { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) }),
    now: () => clock.at,
    pauseMs: () => {
      rounds.begun += 1;
      return Promise.resolve(0);
    },
    prune: async (before) => (await pruneTasks(files, before)).removed,
    emptyTrash: () => Promise.resolve({ deleted: 0, left: trash.left, problems: [] }),
    removeStrayLogs: async () => {
      const stray = await removeStrayLogs(store, paths);
      rounds.count += 1;
      return stray;
    },
  });
  t.after(() => retention.stop());
  const withLogs = (id: number): number => {
    for (const file of [rawLogPath(paths, id), summaryLogPath(paths, id)]) writeFileSync(file, "{}\n");
    return id;
  };
  const ended = async (at: number): Promise<number> => {
    const { id } = await base.submit({ createdAt: at });
    await store.write(() => store.tasks.transition(id, "cancel", at));
    return withLogs(id);
  };
  /** Waits for the end of a round: each begins with the timer and ends with the logs. */
  const round = async (number: number): Promise<void> => {
    await turnsUntil(() => rounds.count === number);
    await nextTurn();
  };
  const pass = (ms: number): void => {
    clock.at += ms;
    t.mock.timers.tick(ms);
  };
  const ids = (): number[] => store.tasks.list({ limit: 500, order: "oldest" }).map(({ id }) => id);
  return { ...base, trash, logs, logged, rounds, retention, withLogs, ended, round, pass, ids };
}

test("tasks older than the retention go with their logs, at start and every hour", async (t) => {
  const { logs, logged, retention, ended, round, pass, ids } = setup(t, 30);
  await ended(start - 31 * dayMs);
  const soon = await ended(start - 30 * dayMs + hourMs / 2);
  const young = await ended(start - dayMs);
  retention.start();
  await round(1);
  assert.deepEqual(ids(), [soon, young]);
  pass(hourMs);
  await round(2);
  assert.deepEqual(ids(), [young]);
  assert.deepEqual(readdirSync(logs).toSorted(), [`task_${young}_raw.log`, `task_${young}_summary.log`]);
  assert.deepEqual(logged, ["old tasks deleted", "old tasks deleted"]);
});

test("a task that has not ended is kept with its logs, however old it is", async (t) => {
  const { store, logs, retention, withLogs, submit, round, pass, ids } = setup(t, 1);
  const pending = withLogs((await submit({ createdAt: 1 })).id);
  const running = withLogs((await submit({ createdAt: 1 })).id);
  const retried = withLogs((await submit({ createdAt: 1 })).id);
  await store.write(() => {
    store.attempts.claim(running, newAttempt("r"), 2);
    store.tasks.transition(retried, "cancel", 3);
    store.tasks.transition(retried, "retry", 4);
  });
  retention.start();
  await round(1);
  pass(400 * dayMs);
  await round(2);
  assert.deepEqual(ids(), [pending, running, retried]);
  assert.equal(readdirSync(logs).length, 6);
});

test("retention without a limit deletes no task and sets no timer", async (t) => {
  const { store, logs, rounds, retention, ended, round, pass, ids } = setup(t, null);
  const gone = await ended(1);
  const kept = await ended(2);
  await store.write(() => store.tasks.remove(gone));
  retention.start();
  await round(1);
  pass(1000 * dayMs);
  assert.equal(rounds.begun, 1);
  assert.deepEqual(ids(), [kept]);
  assert.equal(readdirSync(logs).length, 2);
});

test("retention without a limit looks into the trash every hour while it has something", async (t) => {
  const { rounds, retention, trash, round, pass } = setup(t, null);
  trash.left = 1;
  retention.start();
  await round(1);
  trash.left = 0;
  pass(hourMs);
  await round(2);
  pass(1000 * dayMs);
  assert.equal(rounds.begun, 2);
});

test("a round of retention that fails is followed by another", async (t) => {
  const { logs, retention, ended, round, pass, ids } = setup(t, 30);
  await ended(start - 31 * dayMs);
  rmSync(logs, { recursive: true });
  retention.start();
  await turnsUntil(() => ids().length === 0);
  for (let turn = 0; turn < 100; turn += 1) await nextTurn();
  mkdirSync(logs);
  pass(hourMs);
  await round(1);
});

test("logs of removed tasks are deleted, and one that cannot be is reported", async (t) => {
  const { store, logs, logged, retention, ended, round } = setup(t, null);
  const [gone, stuck, kept] = [await ended(1), await ended(2), await ended(3)];
  await store.write(() => [gone, stuck].forEach((id) => store.tasks.remove(id)));
  const place = path.join(logs, `task_${stuck}_raw.log`);
  rmSync(place);
  mkdirSync(path.join(place, "below"), { recursive: true });
  retention.start();
  await round(1);
  const left = [path.basename(place), `task_${kept}_raw.log`, `task_${kept}_summary.log`];
  assert.deepEqual(readdirSync(logs).toSorted(), left);
  assert.deepEqual(logged, ["logs of removed tasks deleted", "logs of removed tasks could not be deleted"]);
});

test("stopping retention waits for the round under way, and none follows", async (t) => {
  const { rounds, retention, ended, pass, ids } = setup(t, 30);
  await ended(start - 31 * dayMs);
  retention.start();
  await retention.stop();
  assert.deepEqual(ids(), []);
  assert.equal(rounds.count, 1);
  pass(2 * hourMs);
  assert.equal(rounds.begun, 1);
  await retention.stop();
});

/** The timers stand still, so it counts turns of the event loop. */
async function turnsUntil(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn += 1) {
    assert.ok(turn < 1_000_000, condition.toString());
    await nextTurn();
  }
}
