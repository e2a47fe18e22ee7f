import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { until } from "../../testing/wait.ts";
import { snapshotsOf } from "../../testing/task-snapshots.ts";
import { patch, withServer } from "./setup.ts";
import type { ServedCli } from "./setup.ts";

const lines = (count: number, change: Record<number, string> = {}): string =>
  Array.from({ length: count }, (_, at) => `${change[at + 1] ?? `line ${at + 1}`}\n`).join("");

/** Task 1 has ended. It changed lines 5 and 25 of `a.ts`, the latter to one that clears screens. */
async function setup(t: TestContext): Promise<ServedCli & { change(text: string): Promise<void> }> {
  const served = await withServer(t);
  const { api, call } = served;
  await call(["run", "work"]);
  const snapshots = await snapshotsOf(api.store, { id: 1, directory: api.corner.work, home: api.corner.home });
  const change = async (text: string): Promise<void> => {
    api.corner.file("work/a.ts", text);
    await snapshots.take();
  };
  await change(lines(30));
  await change(lines(30, { 5: "FIVE", 25: "\u001b[2J\rclear" }));
  await api.finish(1);
  await patch(api, 1, { sessionId: crypto.randomUUID() });
  return { ...served, change };
}

test("review comments, edits, handles, deletes and sends in a script", async (t) => {
  const { call, api, change } = await setup(t);
  const added = await call([
    "review",
    "1",
    "--comment",
    "a.ts:5: Say it in words",
    "--comment",
    "a.ts:-5: It was better",
    "--comment",
    "a.ts:24-26: a: b",
  ]);
  assert.equal(added.stdout, "Comment c1 on a.ts:5 is open.\nComment c2 on a.ts:-5 is open.\nComment c3 on a.ts:24-26 is open.\n");
  const changed = await call(["review", "1", "--edit", "c1: In letters", "--handled", "c2", "--delete", "c3"]);
  assert.equal(changed.stdout, "Comment c1 on a.ts:5 is open.\nComment c2 on a.ts:-5 is handled.\nComment c3 is deleted.\n");
  const listed = await call(["review", "1", "--list"]);
  assert.equal(listed.stdout, "c1\topen\ta.ts:5\tsocket\tIn letters\nc2\thandled\ta.ts:-5\tsocket\tIt was better\n");
  assert.equal((await call(["review"])).stdout, listed.stdout, "without a terminal it lists");
  const sent = await call(["review", "1", "--send", "--message", "Thanks"]);
  assert.equal(sent.stdout, "Task 1 continues with message m1: c1. Follow it: claude-worker watch 1\n");
  assert.match(api.store.messages.get(1)?.text ?? "", /Thanks\n[\s\S]*Comment c1 on a\.ts, line 5[\s\S]*In letters/);
  await change(lines(30));
  const more = (await call(["review", "1", "--comment", "a.ts:5: x", "--to", "2", "--send", "--json"])).json();
  assert.deepEqual([more["message"], more["comments"]], [undefined, undefined], "an outdated one is not sent");
  const all = (await call(["review", "1", "--json"])).json() as { comments: { id: number; state: string }[] };
  assert.deepEqual(
    all.comments.map(({ id, state }) => [id, state]),
    [
      [1, "sent"],
      [2, "handled"],
      [4, "outdated"],
    ],
  );
  const again = await call(["review", "1", "--reopen", "4", "--send", "--only", "c4", "--json"]);
  assert.partialDeepStrictEqual(again.json(), {
    id: 1,
    deleted: [],
    left_out: [],
    message: { id: 2 },
    comments: [{ id: 4, state: "sent" }],
  });
});

test("review refuses what it cannot take, with a sentence", async (t) => {
  const { call } = await setup(t);
  const refused = async (words: string[], expected: RegExp, code = 2): Promise<void> => {
    const answer = await call(["review", ...words]);
    assert.deepEqual([answer.code === 0, answer.stdout], [false, ""], words.join(" "));
    assert.match(answer.stderr, expected);
    assert.doesNotMatch(answer.stderr, /\n {4}at /);
    assert.ok(code > 0);
  };
  await refused(["1", "--comment", "a.ts: x"], /"a\.ts: x" is not a comment on a line\. Write file, line and text/);
  await refused(["1", "--comment", "a.ts:5:"], /is not a comment on a line/);
  await refused(["1", "--comment", "a.ts:13: x"], /The difference does not show line 13 of a\.ts/);
  await refused(["1", "--comment", "b\u001b[2J.ts:1: x"], /The difference has no file b\.ts/);
  await refused(["1", "--send"], /There is no open comment on task 1\. Write one: claude-worker review 1/);
  await refused(["1", "--message", "x"], /--message belongs to --send/);
  await refused(["1", "--list", "--send"], /--list stands alone/);
  await refused(["--send"], /Name the task/);
  await refused(["1", "--handled", "m3"], /"m3" is not a comment: it is c7 or 7/);
  await refused(["1", "--edit", "c1"], /names no comment and text/);
  await refused(["1", "--delete", "9"], /Task 1 has no comment c9\. See them: claude-worker review 1 --list/);
  await refused(["7", "--list"], /There is no task 7/);
});

test("on a terminal review goes hunk by hunk, and takes comments", async (t) => {
  const { start, api } = await setup(t);
  const prompts = t.mock.method(process.stderr, "write", () => true);
  const call = start(["review", "1"], { columns: 100, typed: "" });
  // Each line is typed when it is asked for: together they would be one paste.
  const type = async (line: string, question: RegExp): Promise<void> => {
    const asked = (): string => prompts.mock.calls.map(({ arguments: [text] }) => String(text)).join("");
    await until(`the question before ${line}`, () => question.test(asked()));
    prompts.mock.resetCalls();
    call.type(`${line}\n`);
  };
  for (const line of ["5 In words", "99 nowhere", "nonsense", "edit c1 In letters", "?", ""]) await type(line, /a\.ts 1\/2/);
  for (const line of ["-25 Why?", "24-25 Two lines", "delete c3", "b"]) await type(line, /a\.ts 2\/2/);
  await type("", /a\.ts 1\/2/);
  await type("", /a\.ts 2\/2/);
  await type("y", /Send 2 comments to task 1\?/);
  const { stdout, stderr, code } = await call.done;
  assert.equal(code, 0, stderr);
  const plain = stdout.replaceAll(/\u001b\[\d+m/g, "");
  assert.match(plain, /^a\.ts\n@@ -2,7 \+2,7 @@.*\n2 2 {2}line 2\n[\s\S]*\n5 {3}-line 5\n {2}5 \+FIVE\n/);
  assert.match(plain, /\n25 {4}-line 25\n {3}25 \+\\u001b\[2J\\u000dclear\n/, "what would clear the screen is shown");
  const below = / 5 \+FIVE\n {6}c1 open by the server's owner\n {8}In letters\n/;
  assert.match(plain, below, "back at the first hunk, the comment is below its line");
  assert.match(stderr, /does not show line 99 of a\.ts/);
  assert.match(stderr, /"nonsense" is not understood/);
  assert.match(plain, /comment on lines 12 to 15/);
  assert.match(plain, /Comment c3 is deleted\.\n/);
  assert.match(plain, /Task 1 continues with message m1: c1, c2\./);
  const stored = api.store.reviewComments.ofTask(1).map(({ id, state }) => [id, state]);
  assert.deepEqual(stored, [
    [1, "sent"],
    [2, "sent"],
  ]);
});

test("each line of a paste into a review is a comment, and none sends them", async (t) => {
  const { start, api } = await setup(t);
  const prompts = t.mock.method(process.stderr, "write", () => true);
  const call = start(["review", "1"], { columns: 100, typed: "5 One\n5 Two\n\n25 Three\n\ny\n" });
  const asked = (): string => prompts.mock.calls.map(({ arguments: [text] }) => String(text)).join("");
  await until("the question at the end", () => asked().includes("Send 3 comments to task 1?"));
  assert.equal(api.store.reviewComments.ofTask(1).length, 3);
  call.type("\n");
  const { stdout } = await call.done;
  assert.match(stdout, /3 comments are open\. Send: claude-worker review 1 --send/);
});

test("review shows outdated comments, and what was not sent at the end", async (t) => {
  const { call, change } = await setup(t);
  await call(["review", "1", "--comment", "a.ts:25: \u001b]0;title\u0007clear\nsecond", "--comment", "a.ts:5: five"]);
  await change(lines(30, { 5: "FIVE" }));
  const shown = await call(["review", "1"], { columns: 80 });
  assert.match(
    shown.stdout.replaceAll(/\u001b\[\d+m/g, ""),
    /^Comments on lines that are not shown:\nc1 outdated a\.ts:25 by [^\n]*\n {2}\+[^\n]*\n +clear\n +second\na\.ts\n[\s\S]* 5 \+FIVE\n +c2 open by [^\n]*\n +five\n/,
  );
  assert.doesNotMatch(shown.stdout, /\u001b(?!\[\d*m)|\u0007/);
  const left = await call(["review", "1"], { columns: 80, typed: "q\n" });
  assert.match(left.stdout, /1 comment is open\. Send: claude-worker review 1 --send\n$/);
  const listed = await call(["review", "1", "--list"], { columns: 80 });
  assert.match(listed.stdout.replaceAll(/\u001b\[\d+m/g, ""), /^c1 outdated a\.ts:25 by/);
});
