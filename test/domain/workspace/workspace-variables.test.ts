import assert from "node:assert/strict";
import { test } from "node:test";
import { freePorts, portsFrom, workspaceVariables } from "../../../src/domain/workspace/workspace-variables.ts";

test("a block of ports is given once, until all are taken", () => {
  const taken = new Set<number>();
  for (let seed = 0; seed < 1_200; seed += 1) {
    const first = freePorts(taken, "/home/me/.claude-worker");
    assert.ok(first !== null && !taken.has(first) && first >= 20_000 && first % 10 === 0);
    assert.ok(first + 9 < 32_768, "outgoing connections do not get it");
    taken.add(first);
  }
  assert.equal(freePorts(taken, "/home/me"), null);
  taken.delete(20_070);
  assert.equal(freePorts(taken, "/home/me"), 20_070, "one that is free again");
});

test("a worktree without ports has its directory and its project's name", () => {
  const place = { temporary: "/d/tmp/1", project: "cw-1-ab" };
  assert.deepEqual(workspaceVariables({ ports: null, ...place }), { TMPDIR: "/d/tmp/1", COMPOSE_PROJECT_NAME: "cw-1-ab" });
  assert.partialDeepStrictEqual(workspaceVariables({ ports: 20_010, ...place }), { WORKER_PORT: "20010", WORKER_PORT_9: "20019" });
  assert.deepEqual([portsFrom(null), portsFrom(20_010).length], [[], 10]);
});
