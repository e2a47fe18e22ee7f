/**
 * Gives a world its tasks: submits them while the server comes and goes, and cancels some. It
 * remembers what the server acknowledged.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { markerName } from "../../src/processes/sweep.ts";
import { localId } from "../../testing/local-task.ts";
import { step } from "../../testing/model.ts";
import type { Move } from "../../testing/model.ts";
import { finalText, nextMove } from "./conversation.ts";
import type { Orders } from "./conversation.ts";
import type { Acknowledged, Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import { helpFor, opensAt, orderFields, tend } from "./order.ts";
import type { PlannedTask } from "./plan.ts";
import { talkTo } from "./talk.ts";
import { isRefusal, persist } from "./trying.ts";
import type { World } from "./world.ts";

/**
 * Submits the tasks, one after the other; resolves when all are acknowledged, and all cancels and
 * messages are said.
 */
export async function feed(
  world: World,
  observer: Observer,
  round: number,
  tasks: readonly PlannedTask[],
  { tasks: into }: Pick<Ledger, "tasks">,
): Promise<void> {
  const others: Promise<void>[] = [];
  const ids: number[] = [];
  for (const [index, planned] of tasks.entries()) {
    await delay(planned.afterMs); // The plan of the seed.
    const name = `round ${round} task ${index};`;
    const file = path.join(world.place.work, `steps-${round}-${index}`);
    const orders = ordersOf(world, name, planned, file);
    const order = orderFields(planned.order, ids);
    const id = await submit(world, orders, planned, order);
    const notBefore = opensAt(planned.order, order);
    const task = { id, name, planned, file, first: 1, forkOf: null, notBefore, cancelled: false, said: [] };
    into.push(task);
    ids.push(id);
    others.push(tend(world, observer, task));
    if (planned.cancelAfterMs !== null) others.push(cancel(world, task, planned.cancelAfterMs));
    if (planned.talk !== null) others.push(talkTo(world, observer, task, orders, into));
  }
  await Promise.all(others);
}

function ordersOf(world: World, name: string, { steps, stepMs, talk }: PlannedTask, file: string): Orders {
  const outside = path.join(world.place.directory, "outside");
  mkdirSync(outside, { recursive: true });
  for (let number = 1; number <= steps; number += 1) writeFileSync(path.join(outside, `${number}.txt`), `${number}\n`);
  return { name, file, outside, stepMs, kinds: talk?.kinds ?? [], joined: talk?.joined ?? [], first: 1 };
}

/**
 * Submits until the server has acknowledged it. A submit without an answer may arrive even after
 * the next try, so both have the same key.
 */
async function submit(world: World, orders: Orders, planned: PlannedTask, order: ReturnType<typeof orderFields>): Promise<number> {
  const { name, file } = orders;
  const { real } = world.options;
  const { talk, worktree } = planned;
  if (real) world.play(name, talk === null ? movesOf(planned, file) : (messages) => nextMove(orders, messages));
  const prompt = real ? `Do your steps, ${name}` : wordsOf(planned, file);
  const fields = {
    prompt,
    name,
    working_directory: world.place.work,
    workspace_kind: worktree ? ("worktree" as const) : ("in_place" as const),
    ...rightsOf(planned, real),
    ...order,
  };
  return await persist(world, async () => localId(await world.client.submitTask(fields, { idempotencyKey: `chaos-${name}` })));
}

const formServer = fileURLToPath(new URL("../../testing/form-mcp-server.ts", import.meta.url));
const forms = { mcpServers: { form: { command: process.execPath, args: [formServer] } } };

/** What Claude Code may do unasked, and with which permission mode it begins. */
function rightsOf({ talk }: PlannedTask, real: boolean) {
  if (talk === null) return { allow: ["Bash"] };
  const mode = real && talk.kinds[0] === "plan" ? ("plan" as const) : ("default" as const);
  const own = real && talk.kinds.includes("form") ? { mcp_config: forms } : {};
  return { on_question: "ask" as const, permission_mode: mode, allow: ["mcp__form__ask", "Agent"], ...own };
}

async function cancel(world: World, task: Acknowledged, afterMs: number): Promise<void> {
  await delay(afterMs); // The plan of the seed.
  try {
    const { status, cancel_requested } = await persist(world, () => world.client.cancelTask({ id: task.id }));
    task.cancelled = status === "cancelled" || cancel_requested;
  } catch (error) {
    if (!isRefusal(error)) throw error; // It had ended.
  }
}

function movesOf({ steps, stepMs, background }: PlannedTask, file: string): Move[] {
  const moves = Array.from({ length: steps }, (_, index) => {
    const left = background && index === 1 ? "; setsid sleep 300 >/dev/null 2>&1 &" : "";
    return step.bash(`echo ${index + 1} $${markerName} >> ${file}${left}`, stepMs);
  });
  return [...moves, step.text(finalText, stepMs)];
}

/** The orders of the fake agent. */
function wordsOf({ steps, stepMs, background, limitSeconds, talk, order }: PlannedTask, file: string): string {
  const orders = [`steps ${steps} delay ${stepMs} append ${file} signed`];
  if (talk !== null) orders.push(`asks kinds ${talk.kinds.join()}`);
  if (background) orders.push('spawn "sleep 300"');
  if (limitSeconds !== null) orders.push(`limit ${limitSeconds}`);
  if (order.fails !== "never") orders.push(`fail unless ${helpFor({ file })}`);
  return orders.join(" ");
}
