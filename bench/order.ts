/** What the order of work costs: groups, locks and dependencies, with many tasks that wait. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { openStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { newAttempt } from "../test/store/setup.ts";
import { plainTask } from "../testing/plain-task.ts";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { median } from "./measure.ts";
import { inWorld, withFakeAgent } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "order: groups and locks", run: lanesAgainstNone },
  { name: "order: a DAG of 10,000 tasks", run: largeGraph },
];

const groups = 200;
const locks = 50;

/** Claims in turns on both databases. Of each, four tasks run all the time. */
async function lanesAgainstNone({ quick }: { quick: boolean }): Promise<Row[]> {
  return inDirectory(async (directory) => {
    const files = { many: path.join(directory, "many.db"), few: path.join(directory, "few.db") };
    await seed(files.many, 100_000, `json_array('g' || (n % ${groups}), 'lock' || (n * 7 / ${groups} % ${locks}))`);
    await seed(files.few, 1_000, "json_array('default')");
    const stores = { many: openStore({ path: files.many }), few: openStore({ path: files.few }) };
    await stores.many.write(() => {
      for (let n = 0; n < groups; n += 1)
        stores.many.groups.put({ name: `g${n}`, maxRunning: 2, pausedAt: n % 4 === 0 ? 1 : null, createdAt: 1 });
    });
    const running = { many: [] as number[], few: [] as number[] };
    const times = { many: [] as number[], few: [] as number[] };
    for (let turn = 0; turn < (quick ? 60 : 300); turn += 1) {
      for (const size of ["many", "few"] as const) {
        const start = performance.now();
        running[size].push(await claimNext(stores[size]));
        if (turn >= 4) times[size].push(performance.now() - start);
        if (turn >= 4) await end(stores[size], [running[size].shift() ?? 0]);
      }
    }
    const closed = await allClosed(stores.many);
    for (const store of Object.values(stores)) await store.close();
    const [many, few] = [median(times.many), median(times.few)];
    const note = `${many.toFixed(3)} ms ÷ ${few.toFixed(3)} ms; 100,000 pending over ${groups} groups and ${locks} locks ÷ 1,000 in one group`;
    return [
      atMost("claim next, groups and locks ÷ none", many / few, "×", 1.5, note),
      atMost("a round in which 10,000 lanes are closed", closed, "ms", 1, "all groups but one are paused, and its locks are held"),
    ];
  });
}

function claimNext(store: Store): Promise<number> {
  return store.write(() => {
    const [id = 0] = store.tasks.startable(2e12, 1, { lanes: store.groups.lanes() });
    if (store.attempts.claim(id, newAttempt(`runner-${id}`), 2e12) === null) throw new Error("Nothing to claim.");
    return id;
  });
}

function end(store: Store, ids: readonly number[]): Promise<void> {
  return store.write(() => {
    for (const id of ids) {
      store.attempts.close(store.tasks.row(id)?.openAttemptId ?? 0, { kind: "succeeded", message: "" }, 2e12);
      store.tasks.transition(id, "complete", 2e12);
    }
  });
}

/** Milliseconds of a look at a queue of which nothing may start. */
async function allClosed(store: Store): Promise<number> {
  await store.write(() => {
    for (let n = 0; n < groups; n += 1) store.groups.put({ name: `g${n}`, maxRunning: null, pausedAt: n === 1 ? null : 1, createdAt: 1 });
    const all = Array.from({ length: locks }, (_, n) => `lock${n}`);
    const { id } = store.tasks.insert(plainTask({ locks: all }));
    store.attempts.claim(id, newAttempt("holder"), 2e12);
  });
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    if (store.tasks.startable(2e12, 4, { lanes: store.groups.lanes() }).length > 0) throw new Error("A closed lane is open.");
    return performance.now() - start;
  });
  return median(times);
}

/** Straight into the tables. @param lane as SQL, of the number `n`. */
async function seed(file: string, count: number, lane: string): Promise<void> {
  await openStore({ path: file }).close();
  const database = new Database(file);
  database.pragma("synchronous = OFF");
  database.exec(
    `INSERT INTO tasks (title, lane, group_name, locks, status, created_at, queued_at, updated_at, working_directory, options)
     WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count})
     SELECT 'Fix test number ' || n, ${lane}, ${lane} ->> 0, iif(json_array_length(${lane}) = 2, json_array(${lane} ->> 1), '[]'),
       'pending', 1.7e12 + n, 1.7e12 + n, 1.7e12 + n, '/home/me/project', '{"permissionMode":"acceptEdits"}' FROM counter;
     UPDATE status_counts SET count = ${count} WHERE status = 'pending';
     INSERT INTO task_texts (task_id, prompt) SELECT id, title FROM tasks;
     INSERT INTO task_search (task_id, search) SELECT id, lower(title) FROM tasks;`,
  );
  database.close();
}

const batches = 10;
const batchSize = 1_000;

async function largeGraph(): Promise<Row[]> {
  const submitMs = await inWorld({}, async ({ place, server }) => {
    const { client } = await server("dag", { ...withFakeAgent, CLAUDE_WORKER_MAX_PENDING: "1000000" });
    await client.hold({ reason: "measuring: no task should start" });
    const start = performance.now();
    let before: number[] = [];
    for (let batch = 0; batch < batches; batch += 1) {
      const needs = (n: number): number[] => [before[n], before[(n + 1) % batchSize]].filter((id) => id !== undefined);
      const tasks = Array.from({ length: batchSize }, (_, n) => ({ prompt: "work", working_directory: place.work, depends_on: needs(n) }));
      before = (await client.submitTasks({ tasks })).tasks.map(({ id }) => Number(id));
    }
    return performance.now() - start;
  });
  const perEndMs = await inDirectory(endsOfGraph);
  return [
    atMost("a DAG of 10,000 tasks in ten submits", submitMs / 1000, "s", 2, "each task runs after two of the batch before"),
    atMost("the ready set of a DAG of 10,000, for each end", perEndMs, "ms", 1, "100 ends in a write, with what may start then"),
  ];
}

/** Milliseconds of an end. */
async function endsOfGraph(directory: string): Promise<number> {
  const store = openStore({ path: path.join(directory, "tasks.db") });
  let before: number[] = [];
  const first: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    before = await store.write(() => {
      const ids = Array.from({ length: batchSize }, () => store.tasks.insert(plainTask()).id);
      const needs = (n: number): number[] => [before[n], before[(n + 1) % batchSize]].filter((id) => id !== undefined);
      for (const [n, id] of ids.entries())
        store.dependencies.add(
          id,
          needs(n).map((task) => ({ task, on: "completed" as const })),
        );
      return ids;
    });
    if (batch === 0) first.push(...before);
  }
  const times: number[] = [];
  for (let at = 0; at < batchSize; at += 100) {
    const ids = first.slice(at, at + 100);
    await store.write(() => ids.forEach((id) => store.attempts.claim(id, newAttempt(`runner-${id}`), 2)));
    const start = performance.now();
    await end(store, ids);
    store.tasks.startable(2e12, 4, { lanes: store.groups.lanes() });
    times.push((performance.now() - start) / ids.length);
  }
  await store.close();
  return median(times);
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "cw-bench-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
