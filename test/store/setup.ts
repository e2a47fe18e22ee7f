/**
 * What every test of the store starts with: an open store on a real file, and tasks to put into it.
 */
import { mkdtempSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import Database from "better-sqlite3";
import type { NewEvent } from "../../src/domain/events/event.ts";
import type { Attempt, Task } from "../../src/domain/task/task.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import type { OpenOptions } from "../../src/store/sqlite/sqlite.ts";
import type { NewTask, Store } from "../../src/store/store.ts";
import { putEmptyDatabase } from "../../testing/empty-database.ts";
import { plainTask } from "../../testing/plain-task.ts";

export interface Setup {
  readonly directory: string;
  readonly file: string;
  readonly store: Store;
  /** Opens the same file once more; closed with the test. */
  open(options?: Partial<OpenOptions>): Store;
  /** Submits a task. */
  submit(task?: Partial<NewTask>): Promise<Task>;
  /** The same to another opening of the store. */
  submitTo(store: Store, task?: Partial<NewTask>): Promise<Task>;
  /** Submits a task and claims it. */
  start(task?: Partial<NewTask>): Promise<{ task: Task; attempt: Attempt }>;
  /** A second connection that may do what the store never would. */
  raw(): Database.Database;
}

export function setup(t: TestContext): Setup {
  const directory = makeDirectory();
  const file = path.join(directory, "tasks.db");
  const stores: Store[] = [];
  const connections: Database.Database[] = [];
  t.after(async () => {
    for (const connection of connections) connection.close();
    for (const each of stores) await each.close();
    await removeDirectory(directory);
  });
  const open = (options: Partial<OpenOptions> = {}): Store => {
    const opened = openStore({ path: file, ...options });
    stores.push(opened);
    return opened;
  };
  putEmptyDatabase(file);
  const store = open();
  const submitTo = (to: Store, task: Partial<NewTask> = {}): Promise<Task> => to.write(() => to.tasks.insert(plainTask(task)));
  const submit = (task: Partial<NewTask> = {}): Promise<Task> => submitTo(store, task);
  return {
    directory,
    file,
    store,
    open,
    submit,
    submitTo,
    start: async (task = {}) => {
      const { id } = await submit(task);
      const claimed = await store.write(() => store.attempts.claim(id, newAttempt(`runner-${id}`), 2000));
      if (claimed === null) throw new Error(`Task ${id} could not be claimed.`);
      return claimed;
    },
    raw: () => {
      const connection = new Database(file);
      connections.push(connection);
      return connection;
    },
  };
}

/** A directory that goes with the test. */
export function scratchDirectory(t: TestContext): string {
  const directory = makeDirectory();
  t.after(() => removeDirectory(directory));
  return directory;
}

function makeDirectory(): string {
  return realpathSync(mkdtempSync(path.join(os.tmpdir(), "cw-store-")));
}

function removeDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

type NewAttempt = Parameters<Store["attempts"]["claim"]>[1];

export function newAttempt(runnerId: string, attempt: Partial<NewAttempt> = {}): NewAttempt {
  return { runnerId, nodeId: "here", sessionId: null, resume: false, warm: false, bootId: null, journalStart: 0, ...attempt };
}

export function textEvent(at: number, text = "hello"): NewEvent {
  return { type: "text", at, data: { text } };
}
