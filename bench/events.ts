/** Reads when something happened to a task, from its stored events. */
import { setTimeout as delay } from "node:timers/promises";
import type { TaskRef } from "../src/domain/task/task-ref.ts";
import { isTerminal } from "../src/domain/task/task.ts";
import type { Server } from "./world.ts";

/** The time of the task's n-th event of a type, in UTC ms, once it is there. */
export async function eventAt({ client }: Server, id: TaskRef, type: string, nth: number): Promise<number> {
  for (;;) {
    const { events } = await client.taskEvents({ id, after: 0, limit: 500 });
    const found = events.filter((each) => each.type === type)[nth - 1];
    if (found !== undefined) return Date.parse(found.at);
    const { status } = await client.getTask({ id });
    if (isTerminal(status)) throw new Error(`task ${id} is ${status} and had no ${nth}. ${type}`);
    await delay(10);
  }
}
