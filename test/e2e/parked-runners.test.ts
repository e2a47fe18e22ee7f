import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

test("resume replaces the parked runners, so that fixes count for the next task", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_WARM: "1" } });
  await w.start();
  const sockets = (): string[] => readdirSync(path.join(w.place.dataHome, "run")).filter((name) => name.startsWith("r-"));
  const parked = (not: string | undefined): Promise<string> =>
    until(
      () => `one parked runner; there are ${sockets().join(" ")}`,
      async () => {
        const [socket, ...others] = sockets();
        const { workers } = await w.client.server();
        return others.length === 0 && workers.parked === 1 && socket !== not && socket;
      },
    );
  const first = await parked(undefined);
  assert.equal((await w.cli(["resume"])).code, 0);
  assert.notEqual(await parked(first), first);
});
