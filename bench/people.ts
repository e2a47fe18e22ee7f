/**
 * Measures what a person waits for who answers a task or sends it a message, and what tasks cost
 * that wait for a person.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { TaskRef } from "../src/domain/task/task-ref.ts";
import { step } from "../testing/model.ts";
import { eventAt } from "./events.ts";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { median, timed } from "./measure.ts";
import { cpuPercent, residentMb } from "./processes.ts";
import { inWorld, withFakeAgent } from "./world.ts";
import type { Server } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "people: answer", run: answer },
  { name: "people: send", run: send },
  { name: "people: waiting tasks", run: waitingTasks },
];

const asking = { CLAUDE_WORKER_WARM: "0", CLAUDE_WORKER_ON_QUESTION: "ask" };

/**
 * From the call that answers a question of the real Claude Code to the event with the call's
 * result: once with the runner that was kept, and once with a task that was parked, beside the time
 * from the submit of the same task to its first event.
 */
async function answer({ quick }: { quick: boolean }): Promise<Row[]> {
  const prompt = "choose a colour";
  const option = (label: string): object => ({ label, description: `take ${label}` });
  const question = { question: "Which colour?", header: "Colour", multiSelect: false, options: [option("Red"), option("Blue")] };
  const script = { [prompt]: [step.tool("AskUserQuestion", { questions: [question] }), step.text("Painted.")] };
  return inWorld(script, async ({ place, server }) => {
    const kept = await server("kept", { ...asking, CLAUDE_WORKER_PARK_AFTER_MS: "600000" });
    const parked = await server("parked", { ...asking, CLAUDE_WORKER_PARK_AFTER_MS: "0" });
    const [cold, keptMs, parkedMs] = [[] as number[], [] as number[], [] as number[]];
    for (let round = quick ? 2 : 9; round > 0; round -= 1) {
      for (const [own, into] of [
        [kept, keptMs],
        [parked, parkedMs],
      ] as const) {
        const submittedAt = Date.now();
        const { id } = await own.client.submitTask({ prompt, working_directory: place.work });
        const askedMs = (await eventAt(own, id, "question_asked", 1)) - submittedAt;
        if (own === parked) cold.push(askedMs);
        into.push(await answered(own, id, own === parked));
        await own.quiet(0);
      }
    }
    const rounds = `medians of ${cold.length}`;
    return [
      atMost("answer to Claude continues, runner kept", median(keptMs), "ms", 150, rounds),
      atMost(
        "answer to Claude continues, task parked ÷ submit to the question",
        median(parkedMs) / median(cold),
        "×",
        1.6,
        `${median(parkedMs)} ms ÷ ${median(cold)} ms, ${rounds}`,
      ),
    ];
  });
}

/** Milliseconds from the answer to the result of the call. */
async function answered(own: Server, id: TaskRef, isParked: boolean): Promise<number> {
  if (isParked) while ((await own.client.listAttempts({ id })).attempts[0]?.ended_at == null) await delay(10);
  const [open] = (await own.client.getTask({ id })).questions;
  if (open === undefined) throw new Error("the task has no question");
  const answeredAt = Date.now();
  await own.client.answerQuestion({ id: open.id, option: "Blue" });
  return (await eventAt(own, id, "tool_result", 1)) - answeredAt;
}

/** The durable answer of the door to a message for a task that runs. */
async function send({ quick }: { quick: boolean }): Promise<Row[]> {
  const prompt = "wait for the build";
  return inWorld({ [prompt]: [step.bash("tail -f /dev/null"), step.text("done")] }, async ({ place, server }) => {
    const own = await server("data", { CLAUDE_WORKER_WARM: "0" });
    const { id } = await own.client.submitTask({ prompt, working_directory: place.work, allow: ["Bash"] });
    await eventAt(own, id, "tool_use", 1);
    const times: number[] = [];
    // A task takes no more than 100 that wait.
    for (let round = quick ? 20 : 90; round > 0; round -= 1)
      times.push(await timed(() => own.client.sendMessage({ id, text: `note ${round}`, delivery: "after_turn" })));
    await own.client.cancelTask({ id });
    await own.quiet(0);
    return [atMost("`send` to a running task: durable at the door", median(times), "ms", 10, `median of ${times.length}, unix socket`)];
  });
}

/** Two servers that have just started: one without tasks, one with tasks that wait for a person. */
async function waitingTasks({ quick }: { quick: boolean }): Promise<Row[]> {
  const count = quick ? 100 : 1000;
  const seconds = quick ? 5 : 30;
  return inWorld({}, async ({ place, server }) => {
    const settings = { ...withFakeAgent, ...asking, CLAUDE_WORKER_PARK_AFTER_MS: "0" };
    const [empty, full] = [await server("empty", settings), await server("full", settings)];
    const prompt = `steps 1 append ${place.work}/steps signed asks`;
    let last: TaskRef = 0;
    for (let at = 0; at < count; at += 1) last = (await full.client.submitTask({ prompt, working_directory: place.work })).id;
    const isParked = async (): Promise<boolean> => {
      const { workers, counts } = await full.client.server();
      return counts.waiting === count && workers.running === 0;
    };
    while (!(await isParked())) await delay(200);
    while ((await full.client.listAttempts({ id: last })).attempts[0]?.ended_at == null) await delay(20);
    for (const { cli } of [empty, full]) await cli("server", "stop");
    const [emptyAgain, fullAgain] = [await empty.again(), await full.again()];
    await delay(5000);
    const percent = await cpuPercent(fullAgain.pid, seconds * 1000);
    const [without, withTasks] = [residentMb(emptyAgain.pid), residentMb(fullAgain.pid)];
    const name = `${count.toLocaleString("en")} waiting tasks`;
    return [
      atMost(`${name}: memory of the server`, withTasks - without, "MB", 5, `from ${without.toFixed(1)} to ${withTasks.toFixed(1)} MB`),
      atMost(`${name}: CPU`, percent, "%", 0.05, `over ${seconds} s, 0 processes`),
    ];
  });
}
