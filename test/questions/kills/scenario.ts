/**
 * Brings a task of each source to one point of its question, kills processes there, and checks that
 * each question is asked once and that its answer has its effect once.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type { TaskView } from "../../../src/client/index.ts";
import { identityOf, isAlive, killIfSame } from "../../../src/processes/identity.ts";
import { listProcesses } from "../../../src/processes/process-table.ts";
import type { LocalTask } from "../../../testing/local-task.ts";
import { until } from "../../../testing/wait.ts";
import { killAndWait, marked, noneLeft, runnerOf, storyOf } from "../../reliability/setup.ts";
import { askingWorker } from "../setup.ts";
import type { AskingWorker } from "../setup.ts";
import { finalText, sourcesIn } from "./sources.ts";
import type { Source } from "./sources.ts";

/**
 * `asked`: only the journal has the question. `waiting`: it is stored, and its process waits.
 * `parked`: without a process where that is possible. `answered`: the runner does not have the
 * answer. `delivered`: Claude Code is sent the answer, and nothing has followed from it.
 */
export const points = ["asked", "waiting", "parked", "answered", "delivered"] as const;
export type Point = (typeof points)[number];

/** After `server and runner` Claude Code ends its turn without them before a server starts. */
export const blows = ["server", "runner", "claude", "server and runner", "everything"] as const;
export type Blow = (typeof blows)[number];

interface Asking {
  readonly source: Source;
  readonly task: LocalTask;
  readonly runner: number;
}

interface Scene {
  readonly w: AskingWorker;
  readonly server: number;
  readonly all: readonly Asking[];
}

export async function killAt(t: TestContext, point: Point, blow: Blow): Promise<void> {
  const scene = await sceneOf(t, point);
  const stopped = await bringTo(scene, point);
  await strike(scene, blow, stopped);
  for (const pid of stopped) await signal(pid, "SIGCONT");
  if ((await identityOf(scene.server)) === null) await scene.w.start();
  if (blow !== "server") await untilClosed(scene);
  if (point !== "answered" && point !== "delivered") for (const each of scene.all) await answer(scene.w, each);
  const problems: string[] = [];
  const mayRepeat = point === "delivered" && blow === "runner";
  for (const each of scene.all) problems.push(...(await problemsOf(scene.w, each, mayRepeat)));
  assert.deepEqual(problems, []);
  await noneLeft(scene.w);
}

/** Each task has been given to its runner, and its next step will ask once it is allowed to. */
async function sceneOf(t: TestContext, point: Point): Promise<Scene> {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_WORKERS: "6", CLAUDE_WORKER_PARK_AFTER_MS: point === "parked" ? "0" : "600000" });
  const sources = sourcesIn(w.place.work);
  w.model.play(Object.assign({}, ...sources.map(({ script }) => script)));
  const release = w.model.hold(sources.map(({ asksIn }) => asksIn));
  const { pid: server } = await w.start();
  const all: Asking[] = [];
  for (const source of sources) {
    const task = await w.submit(source.prompt, source.more);
    all.push({ source, task, runner: await runnerOf(w, task.id) });
  }
  await until("the calls of the model", () => sources.every(({ asksIn }) => w.model.requests().some(({ key }) => key === asksIn)));
  if (point === "asked") process.kill(server, "SIGSTOP");
  release();
  return { w, server, all };
}

/** @returns the processes that were stopped for it. */
async function bringTo({ w, server, all }: Scene, point: Point): Promise<number[]> {
  if (point === "asked") {
    await noted(all, "question_asked");
    return [server];
  }
  for (const { source, task } of all) {
    const [question] = await w.asked(task.id);
    assert.partialDeepStrictEqual(question, source.asks);
    assert.equal(question?.agent_id !== null, source.asksIn !== source.prompt, "a sub-agent asks under its own name");
  }
  if (point === "parked") await untilParked(w, all);
  if (point !== "answered" && point !== "delivered") return [];
  const stopped = point === "answered" ? all.map(({ runner }) => runner) : await claudesOf(all);
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  for (const each of all) await answer(w, each);
  if (point === "delivered") await noted(all, "question_answered");
  else for (const { task } of all) await w.until(task.id, ({ status }) => status === "running");
  return stopped;
}

async function strike({ w, server, all }: Scene, blow: Blow, stopped: readonly number[]): Promise<void> {
  if (blow.startsWith("server")) await killAndWait(server);
  if (blow.endsWith("runner")) for (const { runner } of all) await killIfThere(runner);
  if (blow === "claude") for (const pid of await claudesOf(all)) await killIfThere(pid);
  if (blow === "everything") for (const pid of [server, ...(await marked(w)).map((row) => row.pid)]) await killIfThere(pid);
  if (blow !== "server and runner") return;
  for (const pid of stopped) await signal(pid, "SIGCONT");
  await noneLeft(w);
}

/** What a person answers, once the question is open. */
async function answer(w: AskingWorker, { source, task }: Asking): Promise<void> {
  const [question] = await w.asked(task.id);
  await w.client.answerQuestion({ id: question?.id ?? assert.fail(), ...source.answer });
}

async function problemsOf(w: AskingWorker, { source, task: { id } }: Asking, mayRepeat: boolean): Promise<string[]> {
  const task = await w.until(id, ({ ended_at, questions }) => ended_at !== null || questions.filter(isOpen).length > 0);
  const problems: string[] = [];
  const check = (what: string, is: unknown, should: unknown): void => {
    if (is !== should) problems.push(`${source.prompt}: ${what}: ${String(is)}, not ${String(should)}`);
  };
  check("result", task.result ?? JSON.stringify(task.error), finalText);
  check("questions", task.questions.map(({ status }) => status).join(), "applied");
  const written = source.file === null || !existsSync(source.file) ? "" : readFileSync(source.file, "utf8");
  // A call that was under way when it was killed may run twice.
  if (source.file !== null) check("file", mayRepeat && written === "x\nx\n" ? "x\n" : written, "x\n");
  const messages = w.model.requests().findLast(({ key }) => key === source.prompt)?.body.messages ?? [];
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const results = JSON.stringify(blocks.filter(({ type }) => type === "tool_result"));
  if (source.told !== null) check(`times told in ${results}`, results.match(source.told)?.length ?? 0, 1);
  const story = (await storyOf(w, id)).map(({ type }) => type);
  for (const type of ["question_asked", "question_answered"]) check(type, story.filter((each) => each === type).length, 1);
  return problems;
}

const isOpen = ({ status }: TaskView["questions"][number]): boolean => status === "open";

/** Waits until the first attempt of each task has ended. */
async function untilClosed({ w, all }: Scene): Promise<void> {
  for (const { task } of all) {
    await until(
      `the end of an attempt of task ${task.id}`,
      async () => (await w.client.listAttempts({ id: task.id })).attempts[0]?.ended_at,
    );
  }
}

/** A form and a sub-agent keep their process. */
async function untilParked(w: AskingWorker, all: readonly Asking[]): Promise<void> {
  const [parking, staying] = [all.filter(({ source }) => source.canPark), all.filter(({ source }) => !source.canPark)];
  for (const { task } of parking) {
    await until("a runner to leave", async () => (await w.client.listAttempts({ id: task.id })).attempts[0]?.ended_at);
  }
  for (const { runner } of staying) assert.notEqual(await identityOf(runner), null);
}

async function noted(all: readonly Asking[], note: string): Promise<void> {
  for (const { task } of all)
    await until(`${note} of task ${task.id}`, () => existsSync(task.logs.raw) && readFileSync(task.logs.raw, "utf8").includes(`"${note}"`));
}

async function claudesOf(all: readonly Asking[]): Promise<number[]> {
  const runners = new Set(all.map(({ runner }) => runner));
  return (await listProcesses()).filter(({ parent, alive }) => alive && runners.has(parent)).map(({ pid }) => pid);
}

/** The process may end by itself at any moment, also between two looks. */
async function killIfThere(pid: number): Promise<void> {
  const identity = await identityOf(pid);
  if (identity === null) return;
  await killIfSame(identity, "SIGKILL");
  await until(`the end of process ${pid}`, async () => !(await isAlive(identity)));
}

async function signal(pid: number, name: NodeJS.Signals): Promise<void> {
  const identity = await identityOf(pid);
  if (identity !== null) await killIfSame(identity, name);
}
