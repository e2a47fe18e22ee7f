/**
 * The contract of background services: each service of the real server, with real work to do, is
 * started and stopped in every order. Nothing may throw, and nothing may be left.
 */
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import type { Service } from "../../src/domain/services/service.ts";
import { until } from "../../testing/wait.ts";
import { leavesNothing, turns, world } from "./setup.ts";

type Call = (service: Service) => Promise<unknown>;
const start: Call = async (service) => await service.start();
const stop: Call = (service) => service.stop();

/** Each ends with a stop. */
const orders: Readonly<Record<string, Call>> = {
  "a stop before any start": stop,
  "two starts, then two stops": async (service) => {
    for (const call of [start, start, stop, stop]) await call(service);
  },
  "two starts at once, then two stops at once": async (service) => {
    await Promise.all([start(service), start(service)]);
    await Promise.all([stop(service), stop(service)]);
  },
  "a stop during the start": (service) => Promise.all([start(service), stop(service)]),
  "two starts and two stops at once": (service) => Promise.all([start, start, stop, stop].map((call) => call(service))),
  "start, stop, start and stop at once": (service) => Promise.all([start, stop, start, stop].map((call) => call(service))),
  "a start during the stop, then a stop": async (service) => {
    await start(service);
    await Promise.all([stop(service), start(service)]);
    await stop(service);
  },
  "a stop at any moment after the start": async (service) => {
    for (const count of [1, 2, 3, 5, 8, 20, 100, 1_000]) {
      const started = start(service);
      await turns(count);
      await Promise.all([started, stop(service)]);
    }
  },
};

test("every service can be started and stopped in any order, and leaves nothing", async (t) => {
  const { parts, processes } = await world(t);
  const names = Object.keys(parts);
  for (const name of [
    "http",
    "mcp",
    "keeper",
    "pool",
    "supervisor",
    "scheduler",
    "retention",
    "prober",
    "limitsWatch",
    "pullRequestWatcher",
    "scheduleClock",
    "notifier",
    "askCloser",
    "answerListener",
    "work",
  ]) {
    assert.ok(names.includes(name), `${name} is not among the services: ${names.join(", ")}`);
  }
  for (const [name, service] of Object.entries(parts)) {
    for (const [order, run] of Object.entries(orders)) {
      await t.test(`${name}: ${order}`, async () => await leavesNothing(() => run(service)));
    }
    await t.test(`${name}: no process is left`, async () => {
      await until("the end of the processes", async () => (await processes()).length === 0);
    });
  }
});

test("a stop ends the probe that a person asked for, and all callers get an answer", async (t) => {
  const { services, processes } = await world(t);
  await leavesNothing(async () => {
    services.askedProbe.start();
    const asked = [services.askedProbe.run("default"), services.askedProbe.run("default")];
    await turns(3);
    await services.askedProbe.stop();
    assert.equal(new Set((await Promise.all(asked)).map(({ kind }) => kind)).size, 1);
  });
  await until("the end of the processes", async () => (await processes()).length === 0);
});

test("a socket that is made again while the server stops is closed, too", async (t) => {
  const { services, paths } = await world(t);
  const { http, keeper } = services;
  for (const count of [0, 1, 2, 3, 4, 6, 10]) {
    await leavesNothing(async () => {
      await http.start();
      keeper.start();
      rmSync(paths.serverSocket);
      while (!existsSync(paths.serverSocket)) await turns(1);
      await turns(count);
      await Promise.all([keeper.stop(), http.stop()]);
    });
    assert.equal(existsSync(paths.serverSocket), false);
  }
});

test("a stop of the door ends its clients, also while MCP is being loaded", async (t) => {
  const { services, paths } = await world(t);
  const { http } = services;
  const requests = [
    "GET /api/v1/events HTTP/1.1\r\nHost: worker\r\nAccept: text/event-stream\r\n\r\n",
    "GET /api/v1/health HTTP/1.1\r\nHost: worker\r\n\r\n",
    "GET /mcp HTTP/1.1\r\nHost: worker\r\nConnection: Upgrade\r\nUpgrade: claude-worker-mcp\r\n\r\n",
  ];
  const unfinished = "GET /api";
  for (const count of [0, 1, 5, 20, 100, 1_000]) {
    await leavesNothing(async () => {
      await http.start();
      const texts = count === 20 ? [...requests, unfinished] : requests;
      const clients = texts.map((text) => send(paths.serverSocket, text));
      await turns(count);
      await http.stop();
      await Promise.all(clients);
    });
  }
});

test("a client that asks for MCP while the door stops does not keep the door open", async (t) => {
  const { services, paths } = await world(t);
  await leavesNothing(async () => {
    await services.http.start();
    const socket = connect(paths.serverSocket).on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
    socket.write("GET /mcp HTTP/1.1\r\nHost: worker\r\nConnection: Upgrade\r\n");
    await turns(200);
    const stopped = services.http.stop();
    await turns(20);
    socket.write("Upgrade: claude-worker-mcp\r\n\r\n");
    await Promise.all([stopped, closed]);
  });
});

test("a stop while tasks are claimed and adopted lets go of all of them", async (t) => {
  const { services, store, submit } = await world(t);
  const { work, supervisor } = services;
  await store.write(() => store.holds.lift("manual", "all"));
  for (const count of [0, 1, 2, 3, 5, 8, 20, 100, 400]) {
    await submit("hang");
    await leavesNothing(async () => {
      const started = work.start();
      await turns(count);
      await Promise.all([started, work.stop()]);
      assert.equal(supervisor.size, 0);
    }, isNotOfProcess);
  }
  await work.start();
  await until("an adopted or a new attempt", () => supervisor.size > 0);
  await supervisor.stopAll("interrupted");
  await work.stop();
});

/** Runners outlive a stop: that is their purpose. */
const isNotOfProcess = (resource: string): boolean => resource !== "PROCESSWRAP";

/** A client that sends the text, and reads until the other side closes. */
function send(socketPath: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.write(text));
    socket.on("error", () => {}).once("close", () => resolve());
    socket.resume();
  });
}
