/**
 * Item 8: the local token is in its file and nowhere else: no argument, no environment, no address,
 * no log.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("no process and no file but its own has the token", { skip: process.platform !== "linux" && "reads /proc" }, async (t) => {
  const w = await worker(t, {
    "look around": [
      step.bash("env; tr '\\0' '\\n' < /proc/$PPID/environ", 0),
      step.bash("until [ -e go ]; do sleep 0.05; done"),
      step.text("Done."),
    ],
  });
  const server = await w.start();
  const token = readFileSync(path.join(w.place.dataHome, "token"), "utf8").trim();
  const { id } = await w.submit("look around", { allow: ["Bash"] });
  await w.until(id, ({ last_event }) => last_event >= 4);
  const seen = processes().filter(({ text }) => text.includes(token));
  w.place.file("work/go", "");
  await w.ended(id);
  await w.cli(["show", String(id)]);
  assert.deepEqual(seen, []);
  const files = globSync("**/*", { cwd: w.place.directory }).map((file) => path.join(w.place.directory, file));
  const holding = files.filter(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file).includes(token),
  );
  assert.deepEqual(holding, [path.join(w.place.dataHome, "token")]);
  assert.ok(!JSON.stringify(server).includes(token));
});

/** Arguments and environment of every process of ours that can be read. */
function processes(): { pid: string; text: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        return [{ pid, text: readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8") }];
      } catch {
        return []; // Gone, or another user's.
      }
    });
}
