import assert from "node:assert/strict";
import { test } from "node:test";
import { plainGit } from "../../testing/git-repository.ts";
import { fastWorker } from "./setup.ts";

test("a review is sent once, whenever the server is killed", async (t) => {
  const w = await fastWorker(t);
  const git = (...args: string[]): string => plainGit(w.place.work, { PATH: w.env["PATH"] ?? "", HOME: w.place.home }, args);
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "first");
  await w.start();
  const { id } = await w.submit("steps 2 append one");
  await w.ended(id);
  const states = async (): Promise<string[]> => (await w.client.getReview({ id })).comments.map(({ state }) => state);
  const messages = async (): Promise<number> => (await w.client.listMessages({ id })).messages.length;
  await w.client.addReviewComments({
    id,
    comments: [
      { path: "one", line: 1, body: "first" },
      { path: "one", line: 2, body: "second" },
    ],
  });
  await w.client.hold({ reason: "so that nothing continues" });

  w.trap("store.commit.before");
  await assert.rejects(w.client.sendReview({ id }));
  await w.felled("store.commit.before");
  await w.start();
  assert.deepEqual([await states(), await messages()], [["open", "open"], 0], "neither the message nor its mark is stored");

  // The command line makes the call again, to the server that it starts.
  w.trap("store.commit.after");
  const sent = await w.cli(["review", String(id), "--send"]);
  await w.felled("store.commit.after");
  assert.match(sent.stdout, /^Task 1 continues with message m1: c1, c2\./m, sent.stderr);
  assert.deepEqual([await states(), await messages()], [["sent", "sent"], 1]);

  w.trap("finalise.before");
  await w.client.resume();
  await w.felled("finalise.before");
  await w.start();
  await w.until(id, ({ attempts, ended_at: ended }) => attempts === 2 && ended !== null);
  assert.deepEqual([await states(), await messages()], [["handled", "handled"], 1]);
});
