/**
 * What a person does to the order of work in a chaos run: sets groups, pauses one, puts tasks into
 * the queue, and retries those that failed or were skipped.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../testing/wait.ts";
import { purse } from "./clockwork.ts";
import type { Acknowledged, Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import { limits, pausedGroup } from "./plan-order.ts";
import type { PlannedOrder, PlannedPause } from "./plan-order.ts";
import { isRefusal, persist } from "./trying.ts";
import type { World } from "./world.ts";

/** How long a task may take to end, over all kills. */
const endLimitMs = 600_000;

export async function setGroups(world: World): Promise<void> {
  for (const [name, limit] of Object.entries(limits)) await persist(world, () => world.client.setGroup({ name, limit }));
}

/** Pauses a group for a while. */
export async function pauseGroup(world: World, { afterMs, forMs }: PlannedPause, ledger: Ledger): Promise<void> {
  await delay(afterMs); // The plan of the seed.
  await persist(world, () => world.client.setGroup({ name: pausedGroup, paused: true }));
  const from = Date.now();
  await delay(forMs); // The plan of the seed.
  ledger.pauses.push({ group: pausedGroup, from, to: Date.now() });
  await persist(world, () => world.client.setGroup({ name: pausedGroup, paused: false }));
}

const minuteMs = 60_000;

/** The fields of a submit. @param earlier the tasks of the round before it. */
export function orderFields(planned: PlannedOrder, earlier: readonly number[]) {
  const { group, locks, after, delayMs, stashMs, isBudgeted, hasWindow } = planned;
  const depends_on = after.flatMap(({ back, on }) => {
    const task = earlier.at(-back);
    return task === undefined ? [] : [{ task, on }];
  });
  const not_before = delayMs === null ? null : new Date(Date.now() + delayMs).toISOString();
  return {
    group,
    locks: [...locks],
    depends_on,
    stash: stashMs !== null,
    ...(not_before === null ? {} : { not_before }),
    ...(hasWindow ? { window: fromNextMinute() } : {}),
    ...(isBudgeted ? { labels: { [purse.key]: purse.value } } : {}),
  };
}

/** Half a day from the next full minute on, on the server's clock. */
function fromNextMinute(): string {
  const next = (Math.floor(Date.now() / minuteMs) + 1) * minuteMs;
  const clock = (at: number): string => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return `${clock(next)}-${clock(next + 720 * minuteMs)}`;
}

/** Before this moment (UTC ms) it must not start; null: it may. */
export function opensAt({ hasWindow }: PlannedOrder, fields: ReturnType<typeof orderFields>): number | null {
  const times = [
    ...("not_before" in fields ? [Date.parse(fields.not_before)] : []),
    // A submit may have taken long: what it named was the minute after the moment of its making.
    ...(hasWindow && "window" in fields ? [openingOf(fields.window)] : []),
  ];
  return times.length === 0 ? null : Math.max(...times);
}

/** The moment nearest to now at which the clock shows the beginning of the window. */
function openingOf(window: string): number {
  const [hours = 0, minutes = 0] = window.slice(0, 5).split(":").map(Number);
  const today = new Date().setHours(hours, minutes, 0, 0);
  const dayMs = 1440 * minuteMs;
  return [today - dayMs, today, today + dayMs].toSorted((a, b) => Math.abs(a - Date.now()) - Math.abs(b - Date.now()))[0] ?? today;
}

/** The file whose existence lets a task succeed that has failed before. */
export const helpFor = ({ file }: Pick<Acknowledged, "file">): string => `${file}.help`;

/** Resolves when all that the plan has for the task is done. */
export async function tend(world: World, observer: Observer, task: Acknowledged): Promise<void> {
  const { stashMs, fails, isWaived } = task.planned.order;
  if (stashMs !== null) {
    await delay(stashMs); // The plan of the seed.
    await unlessRefused(persist(world, () => world.client.enqueueTask({ id: task.id })));
  }
  if (fails !== "once" && !isWaived) return;
  await until(`the end of task ${task.id}`, () => isOver(world, observer, task.id), endLimitMs);
  const status = observer.statusOf(task.id);
  if (status === "failed" && fails === "once") {
    writeFileSync(helpFor(task), "");
    await unlessRefused(persist(world, () => world.client.retryTask({ id: task.id, resume: true })));
  }
  // It may be revived in the same moment.
  if (status === "skipped" && isWaived) await unlessRefused(persist(world, () => world.client.retryTask({ id: task.id })));
}

async function isOver(world: World, observer: Observer, id: number): Promise<boolean> {
  if (observer.hasEnded(id)) return true;
  await world.ensureServer();
  return false;
}

/** A refusal says that the task went another way, or that a try without an answer had worked. */
async function unlessRefused(acting: Promise<unknown>): Promise<void> {
  try {
    await acting;
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
