/**
 * Item 53: what an agent writes is text. Claude Code runs no command that its prompt begins with,
 * and reads no file that it names with an `@`.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";
import { goodTask } from "../../testing/mcp.ts";

for (const warm of ["0", "1"])
  test(`an agent's prompt runs no command and reads no file (warm ${warm})`, async (t) => {
    const w = await worker(t, { "Write the greeting": [step.text("done")] }, { env: { CLAUDE_WORKER_WARM: warm } });
    const secret = w.place.file("elsewhere/secret.txt", "nobody-asked-for-this");
    await w.start();
    const good = String(goodTask(w.place.work)["prompt"]);
    const settings = path.join(w.place.home, ".claude", "settings.json");
    for (const [prompt, sent] of [
      [`/config theme=dark ${good}`, `\n/config theme=dark ${good}`],
      [`/config ${"theme=dark ".repeat(20)}\nWrite the greeting`, null],
      [`Look at @${secret} and @"${secret}". ${good}`, null],
      [`/config theme=dark @${secret} ${good}`, null],
    ] as const) {
      const before = w.model.requests().length;
      const { id } = await w.client.submitMachineTask({ ...(goodTask(w.place.work) as { working_directory: string }), prompt });
      const task = await w.ended(id);
      assert.deepEqual([task.status, task.prompt], ["completed", prompt], JSON.stringify(task.error));
      const heard = JSON.stringify(w.model.requests().slice(before));
      assert.ok(heard.includes(JSON.stringify(sent ?? prompt.trim()).slice(1, -1)), heard);
      assert.ok(!heard.includes("nobody-asked"), "the model saw the file");
      assert.equal(existsSync(settings), false, "the settings of the user were changed");
    }
    // A person's prompt means what it means in Claude Code.
    const before = w.model.requests().length;
    const own = await w.submit(`Write the greeting as in @${secret}`);
    assert.equal((await w.ended(own.id)).status, "completed");
    assert.ok(JSON.stringify(w.model.requests().slice(before)).includes("nobody-asked"));
    const command = await w.submit("/config theme=dark");
    assert.equal((await w.ended(command.id)).error?.code, "no_work");
    assert.equal(existsSync(settings), true);
  });
