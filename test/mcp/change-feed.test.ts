/** src/mcp/change-feed.ts: which resources are told to have changed, and when nothing is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ChangeFeed } from "../../src/mcp/change-feed.ts";
import { fakeApi } from "../../testing/fake-api.ts";

/** A feed over three tasks, with timers that stand still until the test moves them. */
async function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const api = fakeApi();
  const input = { prompt: "p", working_directory: "/tmp" } as Parameters<typeof api.submitTask>[0];
  for (let task = 0; task < 3; task += 1) await api.submitTask(input, { scope: "admin", name: "test" });
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
  for (let step = 0; step < 1200; step += 1) api.tell(1, "text");
  api.tell(3, "text");
  pass(249);
  assert.deepEqual(await news(), []);
  pass(1);
  assert.deepEqual(await news(), of(1, 3));
  pass(1000);
  assert.deepEqual(await news(), [], "nothing happened since");
  api.tell(2, "text");
  pass(250);
  assert.deepEqual(await news(), of(2));
});

test("the MCP feed reports nothing after its stop", async (t) => {
  const { api, feed, news, pass } = await setup(t);
  feed.start();
  api.tell(1, "text");
  feed.stop();
  feed.stop();
  assert.equal(api.subscriptions, 0);
  api.tell(1, "text");
  pass(1000);
  assert.deepEqual(await news(), []);
});

test("a feed that starts again reports what happens from then on, once", async (t) => {
  const { api, feed, news, pass } = await setup(t);
  feed.start();
  feed.stop();
  api.tell(1, "text");
  feed.start();
  feed.start();
  assert.equal(api.subscriptions, 1);
  await news();
  api.tell(2, "text");
  pass(250);
  assert.deepEqual(await news(), of(2));
});
