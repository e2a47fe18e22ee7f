import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pathsFrom, rawLogPath, summaryLogPath } from "../../../src/config/paths.ts";
import type { Caller } from "../../../src/contract/caller.ts";
import { pruneOldTasks } from "../../../src/operations/storage/maintain-storage.ts";
import { pruneTasks } from "../../../src/operations/tasks/prune-tasks.ts";
import { removeStrayLogs } from "../../../src/operations/tasks/remove-logs.ts";
import { removeTask } from "../../../src/operations/tasks/remove-task.ts";
import { GitProgram } from "../../../src/git/git-program.ts";
import { WorkspaceGate } from "../../../src/operations/workspaces/workspace-gate.ts";
import { setup as storeSetup } from "../../store/setup.ts";

const person: Caller = { scope: "admin", name: "socket" };

/** A store beside a directory of logs. */
function setup(t: TestContext) {
  const base = storeSetup(t);
  const { store, directory } = base;
  const logs = path.join(directory, "logs");
  mkdirSync(logs);
  const paths = { ...pathsFrom({ CLAUDE_WORKER_HOME: directory }), logs };
  /** A task that ended, with its logs. */
  const ended = async (at = 2000): Promise<number> => {
    const { id } = await base.submit();
    await store.write(() => store.tasks.transition(id, "cancel", at));
    for (const file of [rawLogPath(paths, id), summaryLogPath(paths, id)]) writeFileSync(file, "{}\n");
    return id;
  };
  const git = new GitProgram({ PATH: process.env["PATH"] });
  const context = { store, paths, git, gate: new WorkspaceGate(), now: () => 3000, processesIn: () => Promise.resolve([]) };
  return { ...base, logs, paths, ended, context };
}

/**
 * Puts a directory into a file's place: it cannot be deleted like a file, whoever runs the test.
 */
function makeStubborn(file: string): void {
  rmSync(file, { force: true });
  mkdirSync(file);
}

test("a task is removed with both of its logs", async (t) => {
  const { logs, ended, context } = setup(t);
  const id = await ended();
  await removeTask(context, id, person);
  assert.deepEqual(readdirSync(logs), []);
});

test("a log that cannot be deleted keeps no other one, and is reported", async (t) => {
  const { store, paths, logs, ended, context } = setup(t);
  const id = await ended();
  makeStubborn(rawLogPath(paths, id));
  await assert.rejects(removeTask(context, id, person), {
    code: "storage_unusable",
    message:
      /^Task 1 is removed, but not its logs\. .*task_1_raw\.log cannot be deleted \(\w+\)\. .* the server's next start deletes it\.$/,
  });
  assert.deepEqual(readdirSync(logs), ["task_1_raw.log"]);
  assert.equal(store.tasks.get(id), null);
});

test("a log that cannot be deleted stops no prune", async (t) => {
  const { paths, logs, ended, context } = setup(t);
  makeStubborn(rawLogPath(paths, await ended()));
  for (let count = 0; count < 3; count += 1) await ended();
  const { removed, problems } = await pruneTasks(context, 3000);
  assert.equal(removed, 4);
  assert.equal(problems.length, 1);
  assert.deepEqual(readdirSync(logs), ["task_1_raw.log"]);
});

test("a prune that leaves logs behind says how many tasks it removed", async (t) => {
  const { paths, ended, context } = setup(t);
  makeStubborn(rawLogPath(paths, await ended()));
  await assert.rejects(pruneOldTasks(context, { older_than_ms: 0, dry_run: false }, 3000), {
    code: "storage_unusable",
    message: /^Removed tasks: 1, but 1 of their logs are left\. /,
  });
});

test("logs of removed tasks are deleted later, and nothing else", async (t) => {
  const { store, paths, logs, ended } = setup(t);
  const gone = await ended();
  const kept = await ended();
  await store.write(() => store.tasks.remove(gone));
  const others = [
    `task_${kept + 1}_raw.log`,
    `task_0${gone}_raw.log`,
    `task_${gone}_raw.log.gz`,
    `my_task_${gone}_raw.log`,
    `task_${gone}_other.log`,
    "task_1e0_raw.log",
    "notes.txt",
  ];
  for (const name of others) writeFileSync(path.join(logs, name), "");
  assert.deepEqual(await removeStrayLogs(store, paths), { removed: 2, problems: [] });
  assert.deepEqual(readdirSync(logs).toSorted(), [...others, `task_${kept}_raw.log`, `task_${kept}_summary.log`].toSorted());
});

test("a link in the place of a stray log is deleted, what it leads to is kept", async (t) => {
  const { store, paths, directory, ended, context } = setup(t);
  const gone = await ended();
  await ended();
  await removeTask(context, gone, person);
  const precious = path.join(directory, "precious.txt");
  writeFileSync(precious, "");
  symlinkSync(precious, rawLogPath(paths, gone));
  makeStubborn(summaryLogPath(paths, gone));
  const { removed, problems } = await removeStrayLogs(store, paths);
  assert.equal(removed, 1);
  assert.match(problems.join(), /^[^,]*task_1_summary\.log cannot be deleted/);
  assert.ok(existsSync(precious));
});

test("a server with a new database deletes no logs", async (t) => {
  const { store, paths, logs } = setup(t);
  writeFileSync(rawLogPath(paths, 1), "another database's");
  assert.deepEqual(await removeStrayLogs(store, paths), { removed: 0, problems: [] });
  assert.equal(readdirSync(logs).length, 1);
});
