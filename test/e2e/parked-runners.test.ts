import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { worker } from "../../testing/worker.ts";

test("resume replaces the parked runners, so that fixes count for the next task", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_WARM: "1" } });
  await w.start();
  const sockets = (): string[] => readdirSync(path.join(w.place.dataHome, "run")).filter((name) => name.startsWith("r-"));
  const parked = async (not: string | undefined): Promise<string> => {
    for (const until = Date.now() + 60_000; Date.now() < until; await delay(50)) {
      const [socket, ...others] = sockets();
      const { workers } = await w.client.server();
      if (socket !== undefined && socket !== not && others.length === 0 && workers.parked === 1) return socket;
    }
    throw new Error(`no runner is parked: ${sockets().join(" ")}`);
  };
  const first = await parked(undefined);
  assert.equal((await w.cli(["resume"])).code, 0);
  assert.notEqual(await parked(first), first);
});
