import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTryAt } from "../../../src/domain/notifications/delivery.ts";
import { urlProblem } from "../../../src/domain/notifications/channel.ts";

test("tries end after about a day, however random the pauses are", () => {
  for (const random of [0, 0.999]) {
    let now = 0;
    let tries = 1;
    for (let next = nextTryAt({ tries, now, random, retryAfterMs: null }); next !== null; tries += 1) {
      now = next;
      next = nextTryAt({ tries: tries + 1, now, random, retryAfterMs: null });
    }
    assert.ok(now > 23 * 3_600_000 && now < 27 * 3_600_000, String(now));
    assert.equal(tries, 11);
  }
});

test("a receiver can ask for a longer pause, but not for an endless one", () => {
  const at = (retryAfterMs: number): number | null => nextTryAt({ tries: 1, now: 0, random: 0, retryAfterMs });
  assert.deepEqual([at(0), at(60_000), at(1e12)], [5_000, 60_000, 36_000_000]);
});

test("a webhook's address has https, and no user name", () => {
  const problem = (url: string, allowPrivate = false): string | null => urlProblem(url, { allowPrivate });
  assert.equal(problem("https://a.example/x?y=1"), null);
  assert.equal(problem("http://127.0.0.1:1/", true), null);
  for (const url of [
    "http://a.example/",
    "ftp://a.example/",
    "https://u:p@a.example/",
    "https://u@a.example",
    "x",
    "",
    "file:///etc/passwd",
  ])
    assert.notEqual(problem(url), null, url);
});
