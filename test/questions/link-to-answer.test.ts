/** A question of the real Claude Code is answered by the link that a notification carries. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { callServer } from "../../testing/http-call.ts";
import type { DoorAnswer } from "../../testing/http-call.ts";
import { step } from "../../testing/model.ts";
import { receiver } from "../../testing/receiver.ts";
import { until } from "../../testing/wait.ts";
import { killServer } from "../reliability/setup.ts";
import { confirmationIn, fromBrowser } from "./links-setup.ts";
import { askingWorker } from "./setup.ts";

const publicUrl = "https://worker.example.com";

interface Links {
  readonly question: number;
  readonly page: string;
  readonly options: readonly { readonly label: string; readonly url: string }[];
}

test("a task that has parked continues by the link of its notification, once", async (t) => {
  const w = await askingWorker(
    t,
    { "touch a file": [step.bash("touch made"), step.text("Touched.")] },
    { CLAUDE_WORKER_PUBLIC_URL: publicUrl, CLAUDE_WORKER_PARK_AFTER_MS: "0" },
  );
  let server = await w.start();
  const hook = await receiver(t);
  const added = await w.cli([
    "notify",
    "add",
    "phone",
    "--webhook",
    hook.url,
    "--allow-private",
    "--on",
    "question",
    "--answers",
    "permissions",
  ]);
  assert.equal(added.code, 0, added.stderr);
  const { id } = await w.submit("touch a file", { permission_mode: "default" });
  const message = await until("the message", () => hook.received[0] ?? null);
  const [links] = (message.json()["data"] as { links: readonly Links[] }).links;
  assert.deepEqual(
    links?.options.map(({ label }) => label),
    ["allow", "deny"],
  );
  const url = links?.options[0]?.url ?? "";
  const call = (fields?: Record<string, string>): Promise<DoorAnswer> =>
    callServer(
      { socket: "", port: Number(new URL(server.url ?? "").port), token: "" },
      {
        path: url.replace(publicUrl, ""),
        tcp: true,
        token: null,
        ...(fields === undefined ? {} : { body: String(new URLSearchParams(fields)) }),
        headers: {
          host: "worker.example.com",
          ...(fields === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", ...fromBrowser }),
        },
      },
    );
  const { text } = await call();
  assert.match(text, /May task 1 use Bash\?[^]*touch made[^]*Allow this call/);
  const fields = { confirmation: confirmationIn(text) };
  await killServer(w);
  server = await w.start();
  const answers = await Promise.all([call(fields), call(fields)]);
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409],
  );
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.ok(existsSync(path.join(w.place.work, "made")));
  assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answered_by: "channel:phone" }]);
  const late = await call(fields);
  assert.deepEqual([late.status, /answered by the channel phone/.test(late.text)], [409, true]);
});
