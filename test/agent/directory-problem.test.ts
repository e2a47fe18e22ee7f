import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { directoryProblem, movedSentence } from "../../src/agent/directory-problem.ts";
import { scratch } from "../../testing/scratch.ts";

test("what stands in a working directory's place is called what it is", (t) => {
  const place = scratch(t);
  const [directory, other] = [place.workdir("project"), place.workdir("other")];
  const put = (make: () => void): string | null => {
    rmSync(directory, { recursive: true, force: true });
    make();
    return directoryProblem(directory);
  };
  assert.equal(directoryProblem(directory), null);
  assert.match(movedSentence(directory), /was replaced by another one/);
  assert.match(put(() => writeFileSync(directory, "")) ?? "", /project is a file now\./);
  assert.match(put(() => symlinkSync(other, directory)) ?? "", /project is a symbolic link now, to .*other\./);
  assert.match(put(() => execFileSync("mkfifo", [directory])) ?? "", /project is a named pipe now\./);
  assert.match(put(() => symlinkSync("/no/such", directory)) ?? "", /cannot be used any more \(ENOENT\)/);
  assert.match(put(() => {}) ?? "", /cannot be used any more \(ENOENT\)/);
  mkdirSync(`${other}/inner`);
  renameSync(other, `${other}-away`);
  symlinkSync(`${other}-away`, other);
  assert.match(directoryProblem(`${other}/inner`) ?? "", /leads elsewhere now .*: to .*other-away\/inner\./);
});
