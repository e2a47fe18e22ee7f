/** The message that says what is new at a pull request: all of GitHub stands there as data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mostItems, newsMessage } from "../../../src/domain/pull-requests/news.ts";
import type { Comment, FailedCheck, News } from "../../../src/domain/pull-requests/news.ts";
import { maxMessageCharacters } from "../../../src/domain/messages/message.ts";

const comment = (more: Partial<Comment> = {}): Comment => ({
  key: "comment:1",
  kind: "comment",
  author: "alice",
  text: "Please rename it.",
  url: "https://github.com/o/r/pull/7#issuecomment-1",
  path: null,
  line: null,
  verdict: null,
  ...more,
});
const check = (more: Partial<FailedCheck> = {}): FailedCheck => ({
  key: "check:1",
  name: "CI / test",
  conclusion: "FAILURE",
  url: "https://github.com/o/r/actions/runs/1/job/2",
  log: "1 failed\n",
  ...more,
});
const news = (more: Partial<News> = {}): News => ({
  number: 7,
  url: "https://github.com/o/r/pull/7",
  commit: "1f9a3a1c9e0b5d7c2f4e6a8b0d1c3e5f7a9b2d4c",
  checks: [],
  comments: [],
  leftOut: { count: 0, authors: [] },
  ...more,
});

/** The lines that are not quoted. */
const own = (text: string): string[] => text.split("\n").filter((line) => !line.startsWith("|"));

test("checks and comments are one message, and say what they are about", () => {
  const line = comment({ key: "line:2", kind: "line", author: "bob", path: "src/a.ts", line: 12, text: "Why?\nAnd how?" });
  const verdict = comment({ key: "review:3", kind: "review", verdict: "CHANGES_REQUESTED", text: "" });
  const { text, keys } = newsMessage(
    news({ checks: [check()], comments: [line, verdict], leftOut: { count: 3, authors: ["mallory", "dependabot[bot]"] } }),
  );
  assert.deepEqual(keys, ["check:1", "line:2", "review:3"]);
  assert.match(text, /^Claude Worker watches the pull request of this task\. There is something new: 1 failed check, 2 comments\.\n/);
  assert.match(
    text,
    /\n1\. A check failed\.\n\| name: CI \/ test\n\| conclusion: FAILURE\n\| address: .*\nThe end of its log:\n\| 1 failed\n/,
  );
  assert.match(
    text,
    /\n2\. A comment on a line\.\n\| author: bob\n\| file: src\/a\.ts, line 12\n\| address: .*\nIts text:\n\| Why\?\n\| And how\?\n/,
  );
  assert.match(text, /\n3\. A review\.\n\| author: alice\n\| verdict: CHANGES_REQUESTED\n/);
  assert.match(text, /\nLeft out: 3 comments of authors without write access to the repository\. By:\n\| mallory\n\| dependabot\[bot\]\n$/);
});

test("no text of GitHub can leave its quotation or hide in it", () => {
  const plain = own(newsMessage(news({ checks: [check({ log: "x" })], comments: [comment({ text: "x", path: "x", verdict: "x" })] })).text);
  const evil = fc
    .array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 8 }),
        fc.constantFrom(
          "\n",
          "\r",
          "\r\n",
          "\u2028",
          "\u2029",
          "\x85",
          "\x0b",
          "\x0c",
          "\u202e",
          "\x1b[2J",
          "\x1b]0;x\x07",
          "\0",
          "| ",
          "```",
          "</data>",
        ),
      ),
      { maxLength: 30 },
    )
    .map((parts) => `x${parts.join("")}x`);
  fc.assert(
    fc.property(evil, evil, evil, (a, b, c) => {
      const item = comment({ author: b, text: a, url: c, path: a, line: 1, verdict: b });
      const { text } = newsMessage(
        news({ url: b, commit: a, checks: [check({ name: a, conclusion: b, url: c, log: a })], comments: [item] }),
      );
      assert.deepEqual(own(text), plain);
      assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      assert.ok(text.isWellFormed());
    }),
  );
});

test("long texts are cut, and what does not fit stays for the next message", () => {
  const long = newsMessage(news({ checks: [check({ log: `begin\n${"x".repeat(99)}\n`.repeat(10_000).concat("the end") })] })).text;
  assert.match(long, /The end of its log:\n\| … \(cut\)\n/);
  assert.match(long, /\| the end\n$/);
  const wordy = newsMessage(news({ comments: [comment({ text: `first ${"word ".repeat(100_000)}` })] })).text;
  assert.match(wordy, /Its text:\n\| first word[\s\S]*\n\| … \(cut\)\n$/);
  assert.ok(wordy.length < 8000, String(wordy.length));
  const comments = Array.from({ length: 100 }, (_, n) => comment({ key: `comment:${n}`, text: "y".repeat(90_000) }));
  const { text, keys } = newsMessage(news({ comments }));
  assert.ok(text.length < maxMessageCharacters && keys.length > 5 && keys.length < mostItems, `${text.length}, ${keys.length}`);
  assert.match(text, new RegExp(`${100 - keys.length} more follow in another message\\.\\n$`));
  const short = newsMessage(news({ comments: comments.map((each) => ({ ...each, text: "z" })) }));
  assert.equal(short.keys.length, mostItems);
});
