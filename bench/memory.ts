/** Whether a server grows with the tasks that it has run. */
import { setTimeout as delay } from "node:timers/promises";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { residentMb } from "./processes.ts";
import { inWorld, withFakeAgent } from "./world.ts";
import type { TaskRef } from "../src/domain/task/task-ref.ts";

export const figures: readonly Figure[] = [{ name: "memory: growth", run: growth }];

const before = 50;

/** Counted from the fiftieth task on: by then the server has loaded and compiled what it needs. */
async function growth({ quick }: { quick: boolean }): Promise<Row[]> {
  const tasks = quick ? 100 : 500;
  return inWorld({}, async ({ place, server }) => {
    const { client, pid } = await server("data", withFakeAgent);
    const runTasks = async (count: number): Promise<number> => {
      const ids: TaskRef[] = [];
      // One after the other: hundreds of connections at once would be another figure.
      while (ids.length < count) ids.push((await client.submitTask({ prompt: "steps 3 size 2000", working_directory: place.work })).id);
      const { ended } = await client.wait(ids);
      const failed = ended.filter(({ status }) => status !== "completed");
      if (failed.length > 0) throw new Error(`${failed.length} tasks did not complete: ${JSON.stringify(failed[0])}`);
      await delay(1000);
      return residentMb(pid);
    };
    const fresh = residentMb(pid);
    const first = await runTasks(before);
    const last = await runTasks(tasks);
    const note = `from ${first.toFixed(1)} to ${last.toFixed(1)} MB; ${fresh.toFixed(1)} MB when it had just started`;
    return [atMost(`memory growth over ${tasks} short tasks`, last - first, "MB", 10, note)];
  });
}
