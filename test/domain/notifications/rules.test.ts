import assert from "node:assert/strict";
import { test } from "node:test";
import type { Content } from "../../../src/domain/notifications/content.ts";
import { isTimeOfDay, nextLocalTime } from "../../../src/domain/notifications/local-time.ts";
import { merged } from "../../../src/domain/notifications/merge.ts";
import { digestTime, labelsFit, noRules, quietUntil } from "../../../src/domain/notifications/rules.ts";

process.env["TZ"] = "Europe/Berlin";
const at = (text: string): number => new Date(text).getTime();
const shown = (moment: number | null): string => (moment === null ? "" : new Date(moment).toISOString());

test("a time of the day has two digits each and lies within a day", () => {
  assert.deepEqual(["07:30", "00:00", "23:59", "24:00", "7:30", "07:60", "0730", "", "07:30 "].map(isTimeOfDay), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("the next local time follows the clock on the wall over summer time", () => {
  assert.equal(shown(nextLocalTime("07:30", at("2026-11-29T05:00:00Z"))), "2026-11-29T06:30:00.000Z");
  assert.equal(shown(nextLocalTime("07:30", at("2026-11-29T06:30:00Z"))), "2026-11-30T06:30:00.000Z");
  assert.equal(shown(nextLocalTime("07:30", at("2026-03-28T06:30:00Z"))), "2026-03-29T05:30:00.000Z");
  // 02:30 is skipped that night.
  assert.equal(shown(nextLocalTime("02:30", at("2026-03-28T12:00:00Z"))), "2026-03-29T01:30:00.000Z");
  assert.equal(shown(nextLocalTime("07:30", at("2026-12-31T12:00:00Z"))), "2027-01-01T06:30:00.000Z");
});

test("quiet hours end at their end, also over midnight", () => {
  const night = { from: "22:00", to: "07:00" };
  const end = "2026-11-30T06:00:00.000Z";
  for (const now of ["2026-11-29T21:00:00Z", "2026-11-29T23:30:00Z", "2026-11-30T05:59:59Z"])
    assert.equal(shown(quietUntil(night, at(now))), end);
  for (const now of ["2026-11-29T20:59:59Z", "2026-11-30T06:00:00Z", "2026-11-30T12:00:00Z"])
    assert.equal(quietUntil(night, at(now)), null);
  const noon = { from: "12:00", to: "13:00" };
  assert.equal(shown(quietUntil(noon, at("2026-11-30T11:30:00Z"))), "2026-11-30T12:00:00.000Z");
  assert.equal(quietUntil(noon, at("2026-11-30T12:30:00Z")), null);
  assert.equal(quietUntil(null, at("2026-11-30T12:30:00Z")), null);
});

test("what is stored after its digest was due comes soon, together", () => {
  const now = at("2026-11-30T08:00:00Z");
  assert.equal(shown(digestTime("07:30", now, now)), "2026-12-01T06:30:00.000Z");
  assert.equal(shown(digestTime("07:30", at("2026-11-30T05:00:00Z"), now)), "2026-11-30T08:01:00.000Z");
});

test("a task fits when it bears all labels", () => {
  const fits = (labels: Record<string, string>): boolean => labelsFit({ ...noRules, labels }, { team: "a", env: "prod" });
  assert.deepEqual(
    [fits({}), fits({ team: "a" }), fits({ team: "a", env: "prod" }), fits({ team: "b" }), fits({ toString: "a" })],
    [true, true, true, false, false],
  );
});

const content = (title: string, text: string, more: Partial<Content> = {}): Content => ({
  title,
  text,
  task: { id: 7, name: null, title: "t", status: "completed", labels: {} },
  hold: null,
  question: null,
  ...more,
});
const question = { id: 1, kind: "permission", tool: "Bash" };

test("several questions of a task are one message, and its end replaces them", () => {
  const first = { event: "question", content: content("Task 7 asks", "t\nMay it push?", { question }) } as const;
  const second = { event: "question", content: content("Task 7 asks", "t\nMay it pull?", { question }) } as const;
  const both = merged([first, second]);
  assert.deepEqual(
    [both.event, both.content.title, both.content.text],
    ["question", "Task 7 asks 2 questions", "t\nMay it push?\nMay it pull?"],
  );
  const end = { event: "completed", content: content("Task 7 completed", "t") } as const;
  assert.deepEqual(merged([first, second, end]), end);
  assert.deepEqual(merged([first]), first);
});

test("a digest counts, names what needs a person first, and ends somewhere", () => {
  const task = (id: number, status: "completed" | "failed"): Content["task"] => ({ id, name: null, title: "t", status, labels: {} });
  const part = (each: Content) => ({ event: "digest", content: each }) as const;
  const first = part(content("Task 1 completed", "one", { task: task(1, "completed") }));
  const rest = [
    content("Task 2 failed", "two\nwhy", { task: task(2, "failed") }),
    content("Tasks are held", "The limit is reached.", { task: null, hold: { kind: "rate_limited", message: "m", until: null } }),
    content("Task 3 asks", "three", { question }),
  ].map(part);
  const { content: digest } = merged([first, ...rest]);
  assert.equal(digest.title, "Digest: 1 completed, 1 failed, 1 question, 1 change of holds");
  assert.equal(digest.text, "Task 3 asks: three\nTask 2 failed: two\nTasks are held: The limit is reached.\nTask 1 completed: one");
  assert.deepEqual(digest.digest, { completed: 1, failed: 1, questions: 1, holds: 1 });
  const many = merged([first, ...Array.from({ length: 30 }, () => first)]).content;
  assert.match(many.text, /\nand 11 more$/);
  assert.equal(many.title, "Digest: 31 completed");
});
