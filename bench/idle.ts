/**
 * What a server costs that has nothing to do: its memory, and its CPU time alone and with clients
 * that wait.
 */
import { setTimeout as delay } from "node:timers/promises";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { cpuPercent, residentMb } from "./processes.ts";
import { inWorld, withFakeAgent } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "idle: alone", run: alone },
  { name: "idle: with waiting clients", run: awaited },
];

/** A server that has just started, without parked runners and without clients. */
async function alone({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ server }) => {
    const { pid } = await server("data", { CLAUDE_WORKER_WARM: "0" });
    await delay(5000);
    const percent = await cpuPercent(pid, quick ? 5000 : 30_000);
    const own = residentMb(pid, "RssAnon");
    return [
      atMost(
        "idle server: memory",
        residentMb(pid),
        "MB",
        90,
        `RSS, no parked runner; ${own.toFixed(1)} MB its own, the rest mapped files`,
      ),
      atMost("idle server: CPU", percent, "%", 0.1, `over ${quick ? 5 : 30} s`),
    ];
  });
}

/** A hundred clients wait for one task that runs and emits no events. */
async function awaited({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ place, server }) => {
    const { client, pid, quiet } = await server("data", withFakeAgent);
    const { id } = await client.submitTask({ prompt: "hang", working_directory: place.work });
    while ((await client.getTask({ id })).status !== "running") await delay(20);
    const stop = new AbortController();
    const waits = Array.from({ length: 100 }, () => client.wait([id], { signal: stop.signal }));
    await delay(5000);
    const percent = await cpuPercent(pid, quick ? 5000 : 30_000);
    stop.abort();
    await Promise.all(waits);
    await client.cancelTask({ id });
    await quiet(0);
    return [atMost("100 clients wait: CPU", percent, "%", 0.1, `over ${quick ? 5 : 30} s, event streams with heartbeats`)];
  });
}
