/** koffi is an optional package: everything works where npm did not install it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { identityOf } from "../../src/processes/identity.ts";
import { hidingKoffi } from "../../testing/hidden-koffi.ts";
import { step } from "../../testing/model.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

const linuxOnly = { skip: process.platform !== "linux" && "koffi is used on Linux only" };

test("without koffi a process does not become a subreaper, and nothing fails", linuxOnly, async (t) => {
  const { directory } = scratch(t);
  const witness = path.join(directory, "asked");
  const subreaper = new URL("../../src/processes/subreaper.ts", import.meta.url).href;
  const program = `${hidingKoffi(witness)} console.log(await (await import(${JSON.stringify(subreaper)})).becomeSubreaper())`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  assert.deepEqual({ stdout, stderr }, { stdout: "false\n", stderr: "" });
  assert.ok(existsSync(witness));
});

test("without koffi a task runs, and what it forked twice ends with it", linuxOnly, async (t) => {
  const w = await worker(t);
  const witness = path.join(w.place.directory, "asked");
  const agent = path.join(w.place.directory, "agent.mjs");
  const claude = new URL("../../src/agent/claude.ts", import.meta.url).href;
  writeFileSync(agent, `${hidingKoffi(witness)} export const { createAgent } = await import(${JSON.stringify(claude)});`);
  w.env["CLAUDE_WORKER_AGENT_MODULE"] = agent;
  const pidFile = path.join(w.place.work, "pid");
  const leave = step.bash(`(setsid sh -c 'sh -c "echo \\$\\$ > ${pidFile}; exec sleep 600" &' >/dev/null 2>&1 &); echo left`, 100);
  w.model.play({ "leave something": [leave, step.text("done", 100)] });
  await w.start();
  const { id } = await w.submit("leave something behind", { allow: ["Bash"] });
  const left = await until("the pid of the process", () => (existsSync(pidFile) && Number(readFileSync(pidFile, "utf8"))) || null);
  assert.equal((await w.ended(id)).status, "completed");
  await until("the end of the process", async () => (await identityOf(left)) === null);
  assert.ok(existsSync(witness), "the runner asked for koffi");
});
