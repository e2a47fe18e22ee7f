/**
 * What a person says to one task of a chaos run: messages while it works, more after its end, and a
 * fork. Remembers what the server has stored.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { DeliveryWay } from "../../src/domain/messages/message.ts";
import { localId } from "../../testing/local-task.ts";
import { until } from "../../testing/wait.ts";
import { nextMove, noteOf, oneMore } from "./conversation.ts";
import type { Orders } from "./conversation.ts";
import type { Acknowledged, Said } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import type { PlannedMessage } from "./plan-talk.ts";
import { isRefusal, persist } from "./trying.ts";
import type { World } from "./world.ts";

/** Forks number their steps from here. */
const forkFirst = 1001;
const forkSteps = 2;

/** Resolves when everything was said and the task has ended. */
export async function talkTo(world: World, observer: Observer, task: Acknowledged, orders: Orders, into: Acknowledged[]): Promise<void> {
  const { talk } = task.planned;
  if (talk === null) return;
  const ended = (): Promise<unknown> => until(`the end of task ${task.id}`, () => isOver(world, observer, task.id), 600_000);
  let number = 50;
  const say = async (planned: PlannedMessage): Promise<void> => {
    await delay(planned.afterMs); // The plan of the seed.
    await saySomething(world, task, planned, planned.asksForStep ? (number += 1) : null);
  };
  await Promise.all(talk.messages.map(say));
  await ended();
  for (const planned of talk.followUps) {
    if (task.cancelled) return;
    await say(planned);
    await ended();
  }
  if (talk.rewindTo !== null && !task.cancelled && (await rewind(world, task, talk.rewindTo))) {
    await say({ afterMs: 0, way: "next", unsendAfterMs: null, asksForStep: true });
    await ended();
  }
  // The answer to a cancel may come later than the end itself.
  if (talk.fork !== null && !task.cancelled && observer.statusOf(task.id) !== "cancelled") await fork(world, observer, task, orders, into);
}

/** The number of a turn that the task has; null: it has none. */
async function turnAt(world: World, { id }: Acknowledged, share: number): Promise<number | null> {
  const { num_turns: turns } = await persist(world, () => world.client.getTask({ id }));
  return turns === null || turns === 0 ? null : Math.min(turns, 1 + Math.floor(share * turns));
}

/**
 * Puts the conversation of an ended task back, and forward again. Only Claude Code has turns. Files
 * stay: other tasks work in the same directory.
 * @returns whether that was done.
 */
async function rewind(world: World, task: Acknowledged, share: number): Promise<boolean> {
  const [back, last] = [await turnAt(world, task, share), await turnAt(world, task, 1)];
  if (!world.options.real || back === null || last === null) return false;
  const rewound = async (to: number): Promise<boolean> => {
    try {
      await persist(world, () => world.client.rewindTask({ id: task.id, to, files: false }));
      return true;
    } catch (error) {
      // A kill cut the turn off before it was in a session, or the task failed.
      if (isRefusal(error)) return false;
      throw error;
    }
  };
  // The last turn first: where no session has it, nothing was done.
  return (await rewound(last)) && (await rewound(back)) && (await rewound(last));
}

async function isOver(world: World, observer: Observer, id: number): Promise<boolean> {
  if (observer.hasEnded(id)) return true;
  await world.ensureServer();
  return false;
}

async function saySomething(world: World, task: Acknowledged, { way, unsendAfterMs }: PlannedMessage, step: number | null): Promise<void> {
  const said = await send(world, task, { way, step });
  if (said === null || unsendAfterMs === null) return;
  await delay(unsendAfterMs); // The plan of the seed.
  try {
    await persist(world, () => world.client.unsendMessage({ id: task.id, message: said.id }));
    said.isUnsent = true;
  } catch (error) {
    // It was delivered already, or taken back by a try whose answer was cut.
    if (!isRefusal(error)) throw error;
    const { message } = error as Error;
    said.isUnsent = message.includes("has not said whether") ? null : message.includes("was taken back already");
  }
}

/** @returns null: the server has refused it, because the task is being cancelled or never began. */
export async function send(
  world: World,
  task: Acknowledged,
  { way, step }: { way: DeliveryWay; step: number | null },
): Promise<Said | null> {
  const key = randomUUID();
  const token = key.slice(0, 8);
  const more = step === null ? "" : world.options.real ? ` ${oneMore(step)}` : " more 1";
  const text = `${noteOf(token)} for ${task.name}${more}`;
  try {
    const { id } = await persist(world, () => world.client.sendMessage({ id: task.id, text, delivery: way, key }));
    const said: Said = { id, key, way, token, step, isUnsent: false };
    task.said.push(said);
    return said;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** A task without a session is looked at again after this time. */
const sessionMs = 100;

/** A kill cut the turn off before it was in a session. */
function wholeInstead<T>(error: unknown, whole: () => Promise<T>): Promise<T> {
  if (!isRefusal(error)) throw error;
  return whole();
}

async function fork(world: World, observer: Observer, source: Acknowledged, orders: Orders, into: Acknowledged[]): Promise<void> {
  const name = `fork of ${source.name.replace(";", ",")} fork;`;
  const file = `${source.file}-fork`;
  const kinds = Array.from({ length: forkSteps }, () => "mark" as const);
  const { real } = world.options;
  if (real) world.play(name, (messages) => nextMove({ ...orders, name, file, kinds, joined: [], first: forkFirst }, messages));
  const prompt = real ? `Do it again, ${name}` : `${name} steps ${forkSteps} append ${file} signed asks from ${forkFirst}`;
  const share = source.planned.talk?.fork?.at ?? null;
  const at = share === null || !real ? null : await turnAt(world, source, share);
  const forkNow = (more: { at?: number }): Promise<number> =>
    persist(
      world,
      async () => localId(await world.client.forkTask({ id: source.id, prompt, ...more })),
      () => observer.forkWith(prompt),
    );
  // A kill can take the first session away before it is written: the task then begins another one.
  const forked = async (more: { at?: number }): Promise<number> => {
    for (;;) {
      try {
        return await forkNow(more);
      } catch (error) {
        const { session_id: session, ended_at: ended } = await persist(world, () => world.client.getTask({ id: source.id }));
        if (!isRefusal(error) || session !== null || ended !== null) throw error;
        // Another kill may come before it begins, so there is no event to wait for.
        await delay(sessionMs);
      }
    }
  };
  const id = await (at === null ? forked({}) : forked({ at }).catch((error: unknown) => wholeInstead(error, () => forked({}))));
  const planned = { ...source.planned, steps: forkSteps, background: false, cancelAfterMs: null };
  into.push({ id, name, planned, file, first: forkFirst, forkOf: source.id, notBefore: null, cancelled: false, said: [] });
  await until(`the end of task ${id}, a fork`, () => isOver(world, observer, id), 600_000);
}
