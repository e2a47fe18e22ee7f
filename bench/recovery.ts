/**
 * Measures how fast work continues after a process was killed, and how fast a server reads what
 * runners have written.
 */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { TaskView } from "../src/client/index.ts";
import { step } from "../testing/model.ts";
import { eventAt } from "./events.ts";
import { atLeast, atMost, known } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { median } from "./measure.ts";
import { inWorld, withFakeAgent } from "./world.ts";
import type { Server } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "recovery: adopt", run: adopt },
  { name: "recovery: resume", run: resume },
  { name: "recovery: ingest", run: ingest },
];

/**
 * From the start of the command that starts the new server to the moment when it follows the last
 * runner, by its log.
 */
async function adopt(): Promise<Row[]> {
  const tasks = 64;
  return inWorld({}, async ({ place, server }) => {
    const old = await server("data", { ...withFakeAgent, CLAUDE_WORKER_WORKERS: String(tasks) });
    const inputs = Array.from({ length: tasks }, () => ({ prompt: "hang", working_directory: place.work }));
    const ids = (await Promise.all(inputs.map((input) => old.client.submitTask(input)))).map(({ id }) => id);
    for (const id of ids) await eventAt(old, id, "init", 1);
    process.kill(old.pid, "SIGKILL");
    const startedAt = Date.now();
    const fresh = await old.again();
    while (adoptions(fresh, startedAt).length < tasks) await delay(20);
    const seconds = (Math.max(...adoptions(fresh, startedAt)) - startedAt) / 1000;
    return [atMost(`${tasks} running attempts adopted after kill -9 of the server`, seconds, "s", 3, "with the server's own start")];
  });
}

/**
 * On the real Claude Code, without parked runners: the runner is killed in the middle of a tool
 * call. From the kill to the resumed turn's first event, beside the time from the submit of the
 * same task to its first event.
 */
async function resume({ quick }: { quick: boolean }): Promise<Row[]> {
  const prompt = "wait for the build";
  return inWorld({ [prompt]: [step.bash("tail -f /dev/null"), step.text("done")] }, async ({ place, server }) => {
    const own = await server("data", { CLAUDE_WORKER_WARM: "0" });
    const [cold, resumed] = [[] as number[], [] as number[]];
    for (let round = quick ? 2 : 7; round > 0; round -= 1) {
      const submittedAt = Date.now();
      const { id } = await own.client.submitTask({ prompt, working_directory: place.work, allow: ["Bash"] });
      cold.push((await eventAt(own, id, "tool_use", 1)) - submittedAt);
      const [attempt] = (await own.client.listAttempts({ id })).attempts;
      if (attempt?.pid == null) throw new Error("the attempt has no process");
      process.kill(attempt.pid, "SIGKILL");
      const killedAt = Date.now();
      resumed.push((await eventAt(own, id, "tool_use", 2)) - killedAt);
      await own.client.cancelTask({ id });
      await own.quiet(0);
    }
    const note = `${median(resumed)} ms ÷ ${median(cold)} ms, medians of ${cold.length}`;
    return [atMost("runner killed to resumed turn ÷ submit to first turn", median(resumed) / median(cold), "×", 1.5, note)];
  });
}

/**
 * Four agents that say as much as they can: first with a server that follows them, then without
 * one, until they have written everything and are gone. What the next server then takes in is its
 * own speed: in the first half the agents need the processors too.
 */
async function ingest({ quick }: { quick: boolean }): Promise<Row[]> {
  const steps = quick ? 1000 : 10_000;
  return inWorld({}, async ({ place, server }) => {
    const own = await server("data", withFakeAgent);
    const submit = async (): Promise<TaskView[]> => {
      const input = { prompt: `steps ${steps} size 100`, working_directory: place.work };
      return await Promise.all(Array.from({ length: 4 }, () => own.client.submitTask(input)));
    };
    const start = Date.now();
    const live = await allEnded(own, await submit(), start);
    const tasks = await submit();
    for (const { id } of tasks) await eventAt(own, id, "started", 1);
    for (const { id } of tasks) while ((await own.client.listAttempts({ id })).attempts[0]?.pid == null) await delay(5);
    process.kill(own.pid, "SIGKILL");
    for (const { logs } of tasks) while (!isWritten(logs.raw)) await delay(100);
    const killedAt = Date.now();
    const fresh = await own.again();
    const adoptedAt = Math.min(...adoptions(fresh, killedAt));
    const behind = await allEnded(fresh, tasks, adoptedAt);
    return [
      atLeast("events from journals to the store, one server", behind.perSecond, "/s", 20_000, behind.note),
      known("the same while the agents run", live.perSecond, "/s", `${live.note}, the agents' starts included`),
    ];
  });
}

/** Whether the journal has its last record: then its runner has ended. */
function isWritten(journal: string): boolean {
  return existsSync(journal) && readFileSync(journal, "utf8").includes('"subtype":"ended"');
}

/** @param start in UTC ms. */
async function allEnded({ client }: Server, tasks: readonly TaskView[], start: number): Promise<{ perSecond: number; note: string }> {
  const { ended } = await client.wait(tasks.map(({ id }) => id));
  const seconds = (Date.now() - start) / 1000;
  const events = ended.reduce((sum, task) => sum + task.last_event, 0);
  if (ended.some(({ status }) => status !== "completed")) throw new Error("a task did not complete");
  return { perSecond: events / seconds, note: `${events.toLocaleString("en")} events of ${tasks.length} tasks in ${seconds.toFixed(1)} s` };
}

/** When a server took attempts over, in UTC ms, by its log. */
function adoptions({ paths }: Server, since: number): number[] {
  const lines = readFileSync(paths.serverLog, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"));
  return lines
    .map((line) => JSON.parse(line) as { time: number; msg: string })
    .filter(({ msg, time }) => msg === "adopting an attempt" && time >= since)
    .map(({ time }) => time);
}
