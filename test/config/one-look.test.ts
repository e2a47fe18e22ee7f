import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { gitAbove } from "../../src/config/main-checkout.ts";
import { inOneLook, lookOnce } from "../../src/config/one-look.ts";

test("a pass asks once, and nothing is kept after it", () => {
  const asked: string[] = [];
  const ask = (key: string): string =>
    lookOnce(ask, key, () => {
      asked.push(key);
      return key.toUpperCase();
    });
  const answers = inOneLook(() => [ask("a"), ask("a"), inOneLook(() => ask("a")), ask("b")]);
  assert.deepEqual(
    [answers, asked],
    [
      ["A", "A", "A", "B"],
      ["a", "b"],
    ],
  );
  ask("a");
  inOneLook(() => ask("a"));
  assert.deepEqual(asked, ["a", "b", "a", "a"]);
});

test("an error of a pass ends it, and is asked for again within it", () => {
  let tries = 0;
  const fail = (): never =>
    lookOnce(fail, "a", () => {
      tries += 1;
      throw new Error(`try ${tries}`);
    });
  assert.throws(
    () =>
      inOneLook(() => {
        assert.throws(fail, /try 1/);
        return fail();
      }),
    /try 2/,
  );
  assert.equal(
    lookOnce(fail, "a", () => "read"),
    "read",
    "no pass runs any more",
  );
});

test("a repository that is made after a pass is seen by the next one", (t) => {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "cw-look-")));
  t.after(() => rmSync(directory, { recursive: true }));
  const before = inOneLook(() => gitAbove(directory));
  mkdirSync(path.join(directory, ".git"));
  assert.notEqual(before, path.join(directory, ".git"));
  assert.equal(
    inOneLook(() => gitAbove(directory)),
    path.join(directory, ".git"),
  );
});
