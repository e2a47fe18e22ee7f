import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { pathsFrom } from "../../src/config/paths.ts";
import { Shutdown } from "../../src/server/shutdown.ts";
import type { Stoppable } from "../../src/server/shutdown.ts";
import type { ServerBase } from "../../src/server/server-context.ts";
import { scratch } from "../../testing/scratch.ts";

/** A shutdown whose services only write down what is asked of them. Two attempts run. */
function setup(t: TestContext) {
  const steps: string[] = [];
  const step = (name: string) => async (): Promise<void> => void steps.push(name);
  const ended = Promise.withResolvers<void>();
  const supervisor = {
    size: 2,
    settled: () => ended.promise,
    stopAll: async (reason: string) => {
      steps.push(`stop all: ${reason}`);
      ended.resolve();
    },
  };
  const service = (name: string) => ({ start: step(`start ${name}`), stop: step(name) });
  const services = {
    work: { takeNoMore: step("take no more"), stop: step("work") },
    supervisor,
    lockWatch: { leaveIfOvertaken: () => {}, stop: step("lock watch") },
    keeper: service("keeper"),
    http: service("http"),
    others: [service("first"), service("second")],
  } as unknown as Stoppable;
  const base = {
    context: {
      log: pino({ level: "silent" }),
      settings: { stop_grace_ms: 10 },
      paths: pathsFrom({ CLAUDE_WORKER_HOME: scratch(t).dataHome }),
    },
    store: { close: step("store") },
    lock: { release: () => void steps.push("lock") },
  } as unknown as ServerBase;
  const shutdown = new Shutdown(base);
  return { shutdown, services, steps, ended, turn: () => new Promise((resolve) => setImmediate(resolve)) };
}

const theRest = ["keeper", "http", "work", "first", "second", "store", "lock watch", "lock"];

test("a stop that leaves running attempts alone stops services in their order", async (t) => {
  const { shutdown, services, steps } = setup(t);
  shutdown.started(services);
  assert.equal(shutdown.isStopping, false);
  await shutdown.stop({ mode: "leave" });
  assert.deepEqual(steps, ["take no more", ...theRest]);
  assert.deepEqual([shutdown.isStopping, await shutdown.stopped], [true, 0]);
});

test("a drain waits until what runs has ended", async (t) => {
  const { shutdown, services, steps, ended, turn } = setup(t);
  shutdown.started(services);
  const stop = shutdown.stop({ mode: "drain" });
  for (let turns = 0; turns < 10; turns += 1) await turn();
  assert.deepEqual(steps, ["take no more"]);
  ended.resolve();
  await stop;
  assert.deepEqual(steps, ["take no more", "stop all: interrupted", ...theRest]);
});

test("a stop now interrupts what runs, also while a drain waits", async (t) => {
  for (const isDraining of [false, true]) {
    const { shutdown, services, steps, turn } = setup(t);
    shutdown.started(services);
    if (isDraining) void shutdown.stop({ mode: "drain" });
    await turn();
    await shutdown.stop({ mode: "now" });
    assert.deepEqual(steps, ["take no more", "stop all: interrupted", ...theRest]);
  }
});

test("a weaker stop changes nothing, and a stop waits for the end of the start", async (t) => {
  const { shutdown, services, steps, turn } = setup(t);
  const stop = shutdown.stop({ mode: "leave" });
  void shutdown.stop({ mode: "drain" });
  for (let turns = 0; turns < 10; turns += 1) await turn();
  assert.deepEqual(steps, []);
  shutdown.started(services);
  await stop;
  assert.deepEqual(steps, ["take no more", ...theRest]);
});

test("a server that fails stops with exit code 1", async (t) => {
  const { shutdown, services } = setup(t);
  shutdown.started(services);
  shutdown.fail("leave");
  assert.equal(await shutdown.stopped, 1);
});
