/** src/mcp/change-feed.ts: which resources are told to have changed, and when nothing is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ChangeFeed } from "../../src/mcp/change-feed.ts";
import { doorApi } from "../../testing/door-api.ts";
import { plainInput } from "../../testing/plain-task.ts";

/** A feed over three tasks, with timers that stand still until the test moves them. */
async function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const api = doorApi(t);
  for (let task = 0; task < 3; task += 1)
    await api.submitTask(plainInput({ prompt: "p", working_directory: "/tmp" }), { scope: "admin", name: "test" });
  const told: string[] = [];
  const feed = new ChangeFeed(api, (uri) => void told.push(uri));
  /**
   * What was told since the last call, by what the feed has read in this turn of the event loop.
   */
  const news = async (): Promise<string[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return told.splice(0);
  };
  return { api, feed, news, pass: (ms: number) => t.mock.timers.tick(ms) };
}

const of = (...ids: number[]): string[] => ["worker://tasks", ...ids.flatMap((id) => [`worker://tasks/${id}`, `worker://tasks/${id}/log`])];

test("the MCP feed reports a changed task once per quarter of a second", async (t) => {
  const { api, feed, news, pass } = await setup(t);
  feed.start();
  await news();
  await Promise.all(Array.from({ length: 1200 }, () => api.tell(1, "text")));
  await api.tell(3, "text");
  pass(249);
  assert.deepEqual(await news(), []);
  pass(1);
  assert.deepEqual(await news(), of(1, 3));
  pass(1000);
  assert.deepEqual(await news(), [], "nothing happened since");
  await api.tell(2, "text");
  pass(250);
  assert.deepEqual(await news(), of(2));
});

test("the MCP feed reports nothing after its stop", async (t) => {
  const { api, feed, news, pass } = await setup(t);
  feed.start();
  await api.tell(1, "text");
  feed.stop();
  feed.stop();
  assert.equal(api.subscriptions, 0);
  await api.tell(1, "text");
  pass(1000);
  assert.deepEqual(await news(), []);
});

test("a feed that starts again reports what happens from then on, once", async (t) => {
  const { api, feed, news, pass } = await setup(t);
  feed.start();
  feed.stop();
  await api.tell(1, "text");
  feed.start();
  feed.start();
  assert.equal(api.subscriptions, 1);
  await news();
  await api.tell(2, "text");
  pass(250);
  assert.deepEqual(await news(), of(2));
});
