/**
 * What a chaos run has beside its tasks: schedules that fire, a budget that a person makes larger
 * again and again, and a person who moves and edits what waits.
 */
import { setTimeout as delay } from "node:timers/promises";
import path from "node:path";
import { step } from "../../testing/model.ts";
import { markerName } from "../../src/processes/sweep.ts";
import { until } from "../../testing/wait.ts";
import { finalText } from "./conversation.ts";
import { inputOf } from "./flows.ts";
import type { AcknowledgedSchedule, Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import type { PlannedChange, PlannedFlow, PlannedSchedule } from "./plan-flows.ts";
import { isRefusal, persist } from "./trying.ts";
import type { World } from "./world.ts";

/** The label whose tasks have a budget. */
export const purse = { key: "purse", value: "yes" };
/** What the fake agent reports for a task, US dollars. */
export const taskCostUsd = 0.001;
/** Names the schedule in the labels of its tasks. */
export const scheduleLabel = "of-schedule";
/** The schedule that is due each minute. */
export const minutely = "minutely";

const dueLimitMs = 120_000;
const raiseEveryMs = 1500;

/** Adds the schedule that is due each minute, or lets it go on. */
export async function startMinutely(world: World, ledger: Ledger): Promise<void> {
  if (ledger.schedules.some(({ name }) => name === minutely))
    return void (await persist(world, () => world.client.updateSchedule({ schedule: minutely, paused: false })));
  const timing = { cron: "* * * * *", missed: "all", overlap: "queue" } as const;
  await addSchedule(world, minutely, { ...timing, task: taskOf(world, minutely) });
  ledger.schedules.push({ name: minutely, planned: null, manualRuns: 0 });
}

export async function stopMinutely(world: World): Promise<void> {
  await persist(world, () => world.client.updateSchedule({ schedule: minutely, paused: true }));
}

/** Adds a schedule; resolves when its due time has a row. */
export async function playSchedule(
  world: World,
  observer: Observer,
  planned: PlannedSchedule,
  name: string,
  ledger: Ledger,
): Promise<void> {
  await delay(planned.afterMs); // The plan of the seed.
  if (planned.target === "template") await addTemplate(world, name);
  const added = Date.now();
  const timing = { at: new Date(added + planned.dueInMs).toISOString(), missed: planned.missed, overlap: "allow" } as const;
  const isThere = await addSchedule(world, name, { ...timing, ...targetOf(world, planned, name) });
  // The server was down until its time was over.
  if (!isThere) return;
  const schedule: AcknowledgedSchedule = { name, planned, manualRuns: 0 };
  ledger.schedules.push(schedule);
  if (planned.manualAfterMs !== null) {
    await delay(planned.manualAfterMs); // The plan of the seed.
    await persist(world, () => world.client.runSchedule({ schedule: name }));
    schedule.manualRuns += 1;
  }
  const look = async (): Promise<boolean> => {
    if (observer.hasFired(name)) return true;
    await world.ensureServer();
    return false;
  };
  await until(`the due time of ${name}`, look, dueLimitMs);
}

type NewSchedule = Parameters<World["client"]["addSchedule"]>[0];

/** @returns false: its time was over. */
async function addSchedule(world: World, name: string, fields: Omit<NewSchedule, "name">): Promise<boolean> {
  try {
    await persist(world, () => world.client.addSchedule({ name, ...fields }));
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // A try without an answer had worked.
    return (await persist(world, () => world.client.listSchedules())).schedules.some((each) => each.name === name);
  }
}

async function addTemplate(world: World, name: string): Promise<void> {
  try {
    const { prompt, ...options } = taskOf(world, name);
    await persist(world, () => world.client.addTemplate({ name, prompt: `${prompt} {{ vars.words }}`, options }));
  } catch (error) {
    if (!isRefusal(error)) throw error; // A try without an answer had worked.
  }
}

function targetOf(world: World, { target }: PlannedSchedule, name: string) {
  if (target === "task") return { task: taskOf(world, name) };
  if (target === "template") return { template: { template: name, vars: { words: "now" } } };
  return { workflow: inputOf(world, workflowOf, name) };
}

/** What a schedule runs, where that is a workflow. */
const workflowOf: PlannedFlow = {
  afterMs: 0,
  stepMs: 30,
  stops: false,
  concurrency: null,
  cancelAfterMs: null,
  nodes: (["n1", "n2"] as const).map((key) => ({
    key,
    kind: "task",
    needs: key === "n1" ? [] : [{ key: "n1", on: "completed" }],
    size: 1,
    fails: "never",
    isOff: false,
    group: "default",
    locks: [],
  })),
};

function taskOf(world: World, name: string) {
  const file = path.join(world.place.work, `of-${name}`);
  const { real } = world.options;
  if (real) world.play(`${name};`, [step.bash(`echo 1 $${markerName} >> '${file}'`, 50), step.text(finalText, 50)]);
  return {
    prompt: real ? `Do your steps, ${name};` : `steps 1 delay 30 append ${file} signed`,
    working_directory: world.place.work,
    allow: ["Bash"],
    labels: { [scheduleLabel]: name },
  };
}

/** Makes the budget larger until `isOver`, each time by a few tasks. */
export async function fillPurse(world: World, ledger: Ledger, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const limitUsd = (ledger.budgets.at(-1)?.limitUsd ?? 0) + 4 * taskCostUsd;
    ledger.budgets.push({ limitUsd, from: Date.now() });
    const scope = `label:${purse.key}=${purse.value}`;
    await persist(world, () => world.client.setBudget({ scope, period: "month", limit_usd: limitUsd }));
    await delay(raiseEveryMs); // The person's patience.
  }
}

/** Moves or edits a pending task, if there is one. */
export async function change(world: World, observer: Observer, { afterMs, how, dice }: PlannedChange, ledger: Ledger): Promise<void> {
  await delay(afterMs); // The plan of the seed.
  const pending = observer.pending();
  const id = pending[Math.floor(dice[0] * pending.length)];
  const other = pending[Math.floor(dice[1] * pending.length)];
  if (id === undefined || other === undefined) return;
  try {
    if (how === "priority") await persist(world, () => world.client.updateTask({ id, priority: Math.floor(dice[1] * 5) - 2 }));
    else if (how === "edit") await edit(world, id, ledger);
    else if (how !== "before") await persist(world, () => world.client.moveTask({ id, to: how }));
    else if (other !== id) await persist(world, () => world.client.moveTask({ id, before: other }));
  } catch (error) {
    if (!isRefusal(error)) throw error; // It had started.
  }
}

async function edit(world: World, id: number, ledger: Ledger): Promise<void> {
  const task = ledger.tasks.find((each) => each.id === id);
  // What is said to a task, and what a fork has, is counted in its prompt.
  if (task === undefined || task.planned.talk !== null) return;
  const { prompt } = await persist(world, () => world.client.getTask({ id }));
  const words = `Edited ${ledger.edits.length + 1}.`;
  await persist(world, () => world.client.updateTask({ id, prompt: `${prompt} ${words}` }));
  ledger.edits.push({ task: id, words });
}
