/** Item 27: whatever an agent wrote, no escape reaches the terminal unless `--raw` is given. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../cli/setup.ts";

/** What text can do to a terminal: colours, cursor, title, clipboard, links, 8-bit controls, backspaces, reversed and invisible text. */
const hostile = [
  "\u001b[2J\u001b[1;1H",
  "\u001b]0;title\u0007",
  "\u001b]52;c;cm0gLXJmIH4=\u0007",
  "\u001b]8;;http://evil.test\u001b\\link\u001b]8;;\u001b\\",
  "\u009b31m",
  "\u0090payload\u009c",
  "safe\rEVIL",
  "abc\b\b\bxyz",
  "\u202egnp.exe\u202c",
  "\u2066\u2069\u200f",
  "\u0000\u0007\u007f",
].join(" ");
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f]/;

test("show, list, logs and watch print nothing that commands a terminal", async (t) => {
  const { api, call } = await withServer(t);
  const input = {
    prompt: `${hostile}\nsecond`,
    working_directory: "/tmp",
    name: "n",
    allow: [],
    deny: [],
    retries: 0,
    priority: 0,
    group: "default",
    labels: { l: hostile },
  };
  const { id } = await api.submitTask(input, { scope: "admin", name: "test" });
  api.tell(id, "text", { text: hostile });
  api.tell(id, "tool_use", { tool: hostile, tool_use_id: "1", input: { command: hostile } });
  api.tell(id, "tool_result", { tool_use_id: "1", is_error: true, text: hostile });
  api.tell(id, "result", { subtype: hostile, is_error: false, text: hostile });
  api.finish(id, "failed");
  const task = api.getTask(id);
  api.getTask = () => ({
    ...task,
    name: hostile,
    result: hostile,
    last_action: hostile,
    error: { code: "x", message: hostile },
    model: hostile,
  });
  for (const columns of [100, undefined]) {
    for (const words of [["show", "1"], ["list"], ["logs", "1"], ["watch", "1"], ["wait", "1"]]) {
      const { stdout, stderr } = await call(words, { env: { NO_COLOR: "1" }, ...(columns === undefined ? {} : { columns }) });
      // What moves the cursor of a live display is our own: it is taken away before the look.
      const text = `${stdout}${stderr}`.replaceAll(/\u001b\[(\?25[lh]|\d*[AGJK])|\r(?=\u001b)/g, "");
      assert.equal(dangerous.exec(text)?.[0], undefined, `${words.join(" ")} prints ${JSON.stringify(text)}`);
    }
  }
  assert.ok(dangerous.test((await call(["show", "1", "--raw"])).stdout), "--raw gives it as it is");
});

test("an error that quotes what was typed is harmless too", async (t) => {
  const { call } = await withServer(t);
  for (const words of [
    [hostile],
    ["show", hostile],
    ["run", "p", "-d", `/nowhere/${hostile}`],
    ["list", "--status", hostile],
    [`--${hostile}`],
  ]) {
    const { stdout, stderr } = await call(
      words.map((word) => word.replaceAll("\0", "")),
      { env: { NO_COLOR: "1" } },
    );
    assert.equal(dangerous.exec(stdout + stderr)?.[0], undefined, JSON.stringify(stdout + stderr));
  }
});
