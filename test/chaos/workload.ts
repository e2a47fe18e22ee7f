/**
 * Gives a world its tasks: submits them while the server comes and goes, and cancels some. It
 * remembers what the server acknowledged.
 */
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { markerName } from "../../src/processes/sweep.ts";
import { step } from "../../testing/model.ts";
import type { Move } from "../../testing/model.ts";
import type { Observer } from "./observer.ts";
import type { PlannedTask } from "./plan.ts";
import type { World } from "./world.ts";
import { localId } from "../../testing/local-task.ts";

export interface Acknowledged {
  readonly id: number;
  readonly name: string;
  readonly planned: PlannedTask;
  /** Where its steps leave their numbers, each with the id of its runner. */
  readonly file: string;
  /** Whether the server has said yes to a cancel. */
  cancelled: boolean;
}

/** A server that is down is waited for this long before the next try. */
const againMs = 30;

/**
 * Submits the tasks, one after the other; resolves when all are acknowledged and the cancels are
 * said.
 */
export async function feed(
  world: World,
  observer: Observer,
  round: number,
  tasks: readonly PlannedTask[],
  into: Acknowledged[],
): Promise<void> {
  const cancels: Promise<void>[] = [];
  for (const [index, planned] of tasks.entries()) {
    await delay(planned.afterMs); // The plan of the seed.
    const name = `round ${round} task ${index};`;
    const file = path.join(world.place.work, `steps-${round}-${index}`);
    const id = await submit(world, observer, name, planned, file);
    const task = { id, name, planned, file, cancelled: false };
    into.push(task);
    if (planned.cancelAfterMs !== null) cancels.push(cancel(world, task, planned.cancelAfterMs));
  }
  await Promise.all(cancels);
}

/**
 * Submits until the server has acknowledged it; a submit without an answer may have arrived, so it
 * is looked for first.
 */
async function submit(world: World, observer: Observer, name: string, planned: PlannedTask, file: string): Promise<number> {
  const { real } = world.options;
  if (real) world.model.play(Object.assign(scriptOf(world), { [name]: movesOf(planned, file) }));
  const prompt = real ? `Do your steps, ${name}` : ordersOf(planned, file);
  for (;;) {
    try {
      return localId(await world.client.submitTask({ prompt, name, working_directory: world.place.work, allow: ["Bash"] }));
    } catch {
      await delay(againMs); // Like a client that tries again.
      await world.ensureServer();
      const known = observer.taskNamed(name);
      if (known !== null) return known;
    }
  }
}

async function cancel(world: World, task: Acknowledged, afterMs: number): Promise<void> {
  await delay(afterMs); // The plan of the seed.
  for (;;) {
    try {
      const { status, cancel_requested } = await world.client.cancelTask({ id: task.id });
      task.cancelled = status === "cancelled" || cancel_requested;
      return;
    } catch (error) {
      if ((error as { code?: string }).code === "conflict") return; // It had ended.
      await delay(againMs); // Like a client that tries again.
    }
  }
}

const scripts = new WeakMap<World, Record<string, readonly Move[]>>();

/** The world's script, which grows with every task. */
function scriptOf(world: World): Record<string, readonly Move[]> {
  const script = scripts.get(world) ?? {};
  scripts.set(world, script);
  return script;
}

function movesOf({ steps, stepMs, background }: PlannedTask, file: string): Move[] {
  const moves = Array.from({ length: steps }, (_, index) => {
    const left = background && index === 1 ? "; setsid sleep 300 >/dev/null 2>&1 &" : "";
    return step.bash(`echo ${index + 1} $${markerName} >> ${file}${left}`, stepMs);
  });
  return [...moves, step.text("All steps are done.", stepMs)];
}

function ordersOf({ steps, stepMs, background, limitSeconds }: PlannedTask, file: string): string {
  const orders = [`steps ${steps} delay ${stepMs} append ${file} signed`];
  if (background) orders.push('spawn "sleep 300"');
  if (limitSeconds !== null) orders.push(`limit ${limitSeconds}`);
  return orders.join(" ");
}
