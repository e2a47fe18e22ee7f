/**
 * How fast the store is, on a real file with synchronous=FULL. Each figure makes and removes its
 * own databases.
 */
import { execFileSync } from "node:child_process";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { openStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { killWhileSubmitting } from "../test/store/crash-rounds.ts";
import { newAttempt } from "../test/store/setup.ts";
import { plainTask } from "../testing/plain-task.ts";
import { atLeast, atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { median } from "./measure.ts";

export const figures: readonly Figure[] = [
  { name: "store: durable writes", run: durableWrites },
  { name: "store: events", run: eventsAppended },
  { name: "store: a million finished tasks", run: largeAgainstSmall },
  { name: "store: kill -9", run: survivedKills },
];

const runMs = 5000;

/**
 * Ten writers, each waiting for its own commit before it submits again: what ten connections do.
 */
async function durableWrites(): Promise<Row[]> {
  return inDirectory(async (directory) => {
    restDisk();
    const store = openStore({ path: path.join(directory, "tasks.db") });
    const perSecond = await countPerSecond(10, async () => {
      await store.write(() => store.tasks.insert(plainTask()));
      return 1;
    });
    await store.close();
    const note = `one sync of this disk takes ${syncMs(directory).toFixed(2)} ms (median)`;
    return [atLeast("durable submits, 10 writers", perSecond, "submits/s", 3000, note)];
  });
}

/**
 * What an earlier figure left unwritten would be written with our own syncs, and be counted as
 * ours.
 */
function restDisk(): void {
  execFileSync("sync");
}

/** What a commit cannot be faster than. */
function syncMs(directory: string): number {
  const descriptor = openSync(path.join(directory, "sync"), "w");
  const page = Buffer.alloc(4096);
  const times = Array.from({ length: 200 }, () => {
    writeSync(descriptor, page);
    const start = performance.now();
    fdatasyncSync(descriptor);
    return performance.now() - start;
  });
  closeSync(descriptor);
  return median(times);
}

/**
 * Four running tasks, twenty events a write, each with the journal's position as the supervisor
 * writes it.
 */
async function eventsAppended(): Promise<Row[]> {
  return inDirectory(async (directory) => {
    restDisk();
    const store = openStore({ path: path.join(directory, "tasks.db") });
    const text = "What an agent says in two lines or three, before it reads another file. ".repeat(3);
    const events = Array.from({ length: 20 }, (_, n) => ({ type: "text", at: 1000 + n, data: { text } }) as const);
    const attempts = await store.write(() =>
      [1, 2, 3, 4].map((n) => {
        const { id } = store.tasks.insert(plainTask());
        return store.attempts.claim(id, newAttempt(`runner-${n}`), 1000)?.attempt ?? null;
      }),
    );
    const offsets = new Map(attempts.map((attempt) => [attempt, 0]));
    const perSecond = await countPerSecond(4, async (writer) => {
      const attempt = attempts[writer] ?? null;
      if (attempt === null) throw new Error("The task was not claimed.");
      const offset = (offsets.get(attempt) ?? 0) + 1;
      offsets.set(attempt, offset);
      await store.write(() => {
        store.attempts.advance(attempt.id, offset * 1000, offset);
        store.events.append(attempt.taskId, attempt.id, events, "[text] What an agent says");
      });
      return events.length;
    });
    await store.close();
    return [atLeast("events appended", perSecond, "events/s", 20_000, "4 tasks, 20 events a write")];
  });
}

/**
 * The same calls on a large and on a small database in turns, so that the machine's mood concerns
 * both.
 */
async function largeAgainstSmall(): Promise<Row[]> {
  return inDirectory(async (directory) => {
    const files = { large: path.join(directory, "large.db"), small: path.join(directory, "small.db") };
    await seed(files.large, { finished: 1_000_000, pending: 10_000 });
    await seed(files.small, { finished: 500, pending: 500 });
    const stores = { large: openStore({ path: files.large }), small: openStore({ path: files.small }) };
    const megabytes = Math.round(statSync(files.large).size / 1e6);
    const note = `1,000,000 finished + 10,000 pending (${megabytes} MB) ÷ 1,000`;
    const calls: Record<string, (store: Store) => unknown> = {
      "list, first page": (store) => store.tasks.list({ limit: 50 }),
      "list of failed, first page": (store) => store.tasks.list({ limit: 50, statuses: ["failed"] }),
      "what may start next": (store) => store.tasks.startable(2e12, 4),
      "claim next, durable": claimNext,
    };
    const rows: Row[] = [];
    for (const [name, call] of Object.entries(calls)) {
      const { large, small } = await medians(stores, call);
      const times = `${large.toFixed(3)} ms ÷ ${small.toFixed(3)} ms, ${note}`;
      rows.push(atMost(name, large / small, "×", 1.5, times));
    }
    await stores.large.close();
    await stores.small.close();
    return rows;
  });
}

function claimNext(store: Store): Promise<unknown> {
  return store.write(() => {
    const [id] = store.tasks.startable(2e12, 1);
    if (id === undefined || store.attempts.claim(id, newAttempt(`runner-${id}`), 2e12) === null) throw new Error("Nothing to claim.");
  });
}

async function medians(stores: { large: Store; small: Store }, call: (store: Store) => unknown): Promise<{ large: number; small: number }> {
  const times = { large: [] as number[], small: [] as number[] };
  for (let turn = 0; turn < 200; turn++) {
    for (const size of ["large", "small"] as const) {
      const start = performance.now();
      await call(stores[size]);
      times[size].push(performance.now() - start);
    }
  }
  return { large: median(times.large), small: median(times.small) };
}

/**
 * Straight into the tables: a million submits would take minutes.
 */
async function seed(file: string, { finished, pending }: { finished: number; pending: number }): Promise<void> {
  await openStore({ path: file }).close();
  const database = new Database(file);
  database.pragma("synchronous = OFF");
  const insert = (count: number, status: string, endedAt: string, notBefore: string): unknown =>
    database.exec(
      `INSERT INTO tasks (title, lane, group_name, priority, status, created_at, started_at, ended_at, updated_at, not_before, working_directory,
         options, session_id, usage, cost_usd, num_turns, duration_ms, last_action, last_seq, resumable, attempt_count)
       WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count})
       SELECT 'Fix the flaky test number ' || n, json_array('default'), 'default', n % 3, '${status}', 1.7e12 + n, 1.7e12 + n, ${endedAt}, 1.7e12 + n, ${notBefore},
         '/home/me/project', '{"permissionMode":"acceptEdits"}', hex(randomblob(16)), '{"some-model":{"inputTokens":123456,"outputTokens":2345,"costUsd":0.1}}',
         0.1, 5, 12345, '[tool:bash] npm test', 0, 1, 1 FROM counter`,
    );
  database.exec("BEGIN");
  insert(finished * 0.9, "completed", "1.7e12 + n", "NULL");
  insert(finished * 0.1, "failed", "1.7e12 + n", "NULL");
  insert(pending / 2, "pending", "NULL", "NULL");
  insert(pending / 2, "pending", "NULL", "9e12");
  database.exec("INSERT INTO task_texts (task_id, prompt, result) SELECT id, title || hex(randomblob(150)), 'Done.' FROM tasks");
  database.exec("INSERT INTO task_search (task_id, search) SELECT id, lower(title) FROM tasks");
  database.exec("UPDATE status_counts SET count = (SELECT count(*) FROM tasks WHERE tasks.status = status_counts.status)");
  database.exec("COMMIT");
  database.close();
}

/** A thousand processes, each killed while ten writers submit. */
async function survivedKills(): Promise<Row[]> {
  const kills = 1000;
  const lanes = await Promise.all(
    [1, 2].map((seedNumber) => inDirectory((directory) => killWhileSubmitting(directory, kills / 2, seedNumber))),
  );
  const sum = (count: (lane: (typeof lanes)[number]) => number): number => lanes.reduce((total, lane) => total + count(lane), 0);
  const lost = sum((lane) => lane.lost.length);
  const note = `${sum((lane) => lane.acknowledged)} acknowledged submits, ${kills} kills, ${sum((lane) => lane.problems.length)} problems found by the check`;
  return [{ figure: "acknowledged submits lost by kill -9", value: lost, unit: "tasks", target: "0", ok: lost === 0, note }];
}

/** Runs `writers` loops of `work` for a while. @param work resolves with how much it did. */
async function countPerSecond(writers: number, work: (writer: number) => Promise<number>): Promise<number> {
  let count = 0;
  const start = performance.now();
  const loop = async (writer: number): Promise<void> => {
    while (performance.now() - start < runMs) {
      // Not `count += await …`: that reads the count before the wait, and loses what the others
      // count meanwhile.
      const done = await work(writer);
      count += done;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => loop(writer)));
  return count / ((performance.now() - start) / 1000);
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "cw-bench-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
