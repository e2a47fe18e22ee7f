import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../../../testing/source-files.ts";

const store = path.join(repositoryRoot, "src", "store");

/**
 * Statements with RETURNING that are prepared in any other way: run with `get()`, they would drop
 * the error of their commit.
 */
function preparedElsewhere(text: string): number {
  const all = text.match(/\b(?:INSERT|UPDATE|DELETE|REPLACE)\b[^`";]*\bRETURNING\s/g) ?? [];
  const right =
    text.match(/prepareReturning(?:<[^()]*>)?\(\s*database,\s*[`"](?:INSERT|UPDATE|DELETE|REPLACE)\b[^`";]*\bRETURNING\s/g) ?? [];
  return all.length - right.length;
}

test("every writing statement that returns a row is run to its end", () => {
  const files = readdirSync(store, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const texts = files.map((file) => ({ file, text: readFileSync(path.join(store, file), "utf8") }));
  assert.deepEqual(
    texts.filter(({ text }) => preparedElsewhere(text) > 0).map(({ file }) => file),
    [],
  );
  assert.ok(texts.some(({ text }) => text.includes("prepareReturning(database,")));
});

test("the wrong way is seen", () => {
  assert.equal(preparedElsewhere('const a = database.prepare("UPDATE t SET a = 1 RETURNING a").pluck().get();'), 1);
  assert.equal(preparedElsewhere("const a = statements.get(`DELETE FROM t\n RETURNING ${row.select}`);"), 1);
  assert.equal(preparedElsewhere("const a = prepareReturning<{ a: number }>(database, `DELETE FROM t\n RETURNING ${row.select}`);"), 0);
});
