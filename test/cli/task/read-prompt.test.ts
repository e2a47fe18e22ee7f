import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { withServer } from "../setup.ts";
import { exited } from "../../../testing/exited.ts";

const tenMegabytes = 10 * 1024 * 1024;

test("the prompt is the argument, or the file that it names", async (t) => {
  const { call, api, place } = await withServer(t);
  place.file("work/plan.md", "Do what the plan says.\n");
  for (const words of [
    ["run", "Do it"],
    ["run", "plan.md"],
    ["run", "./plan.md"],
  ])
    assert.equal((await call(words)).code, 0);
  assert.deepEqual(await Promise.all([1, 2, 3].map(async (id) => (await api.getTask({ id })).prompt)), [
    "Do it",
    "Do what the plan says.\n",
    "Do what the plan says.\n",
  ]);
});

test("a text that cannot name a file is a prompt, whatever the file system says", async (t) => {
  const { call, api, place } = await withServer(t);
  symlinkSync("loop", `${place.work}/loop`);
  const prompts = [`Compare a/${"b".repeat(300)}/c`, "loop/and more", `Read ${"d/".repeat(1500)}`, "/proc/1/root/x y"];
  for (const prompt of prompts) assert.deepEqual([(await call(["run", prompt])).stderr, prompt], ["", prompt]);
  assert.deepEqual(await Promise.all(prompts.map(async (_, index) => (await api.getTask({ id: index + 1 })).prompt)), prompts);
});

test("a word that looks like a file's name must name a file", async (t) => {
  const { call, api } = await withServer(t);
  for (const word of ["plna.md", "./plan", "docs/plan", "/no/such/plan.txt", "notes.2026.txt"]) {
    const { code, stderr } = await call(["run", word]);
    assert.match(stderr, /^Error: There is no file .*\| claude-worker run -/, word);
    assert.equal(code, 2);
  }
  assert.deepEqual(api.calls, []);
  const prompts = ["Continue.", "/review", "...", "Version2.5", "https://example.test/task", "Fix plna.md"];
  for (const prompt of prompts) assert.equal((await call(["run", prompt])).code, 0, prompt);
  assert.deepEqual(await Promise.all(prompts.map(async (_, index) => (await api.getTask({ id: index + 1 })).prompt)), prompts);
});

test("a directory or a device is no prompt, and the sentence says what was meant", async (t) => {
  const { call, api, place } = await withServer(t);
  mkdirSync(`${place.work}/src`);
  for (const [name, message] of [
    [".", /^Error: \. is a directory, not a prompt\..* -d \. /],
    ["src", /^Error: src is a directory/],
    ["/dev/zero", /^Error: \/dev\/zero is a device/],
  ] as const) {
    const { code, stderr } = await call(["run", name]);
    assert.match(stderr, message);
    assert.equal(code, 2);
  }
  assert.deepEqual(api.calls, []);
});

test("what a process substitution gives is read, up to 10 MB", async (t) => {
  const { env, api } = await withServer(t);
  const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  const run = async (command: string): Promise<[number | null, string]> => {
    const child = spawn("bash", ["-c", `"$0" "$1" run <(${command}) </dev/null`, process.execPath, main], { env, cwd: "/" });
    let said = "";
    child.stderr.on("data", (part: Buffer) => void (said += part.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return [code, said];
  };
  assert.deepEqual(await run("echo Do it"), [0, ""]);
  assert.equal((await api.getTask({ id: 1 })).prompt, "Do it\n");
  const [code, said] = await run("yes");
  assert.equal(code, 2);
  assert.match(said, /^Error: \/\S+ is over 10 MB/);
});

test("the prompt is the standard input, by - or because nothing else is given", async (t) => {
  const { call, api } = await withServer(t);
  await call(["run", "-"], { input: "From a pipe\n" });
  await call(["run"], { input: "From a pipe" });
  assert.deepEqual(await Promise.all([1, 2].map(async (id) => (await api.getTask({ id })).prompt)), ["From a pipe\n", "From a pipe"]);
});

test("text piped in beside a prompt is appended as context", async (t) => {
  const { call, api, place } = await withServer(t);
  place.file("work/plan.md", "Review.\n");
  await call(["run", "Review this"], { input: "- a\n+ b\n" });
  await call(["run", "plan.md"], { input: "- a\n+ b\n" });
  await call(["run", "Nothing beside"], { input: " \n" });
  assert.deepEqual(await Promise.all([1, 2, 3].map(async (id) => (await api.getTask({ id })).prompt)), [
    "Review this\n\n- a\n+ b\n",
    "Review.\n\n- a\n+ b\n",
    "Nothing beside",
  ]);
});

test("what is no prompt is refused with a sentence, and nothing is submitted", async (t) => {
  const { call, api, place } = await withServer(t);
  place.file("work/empty.md", " \n");
  place.file("work/nul.bin", "a\0b");
  place.file("work/long.txt", "x".repeat(tenMegabytes + 1));
  const refused: [string[], string | Buffer | null, number, RegExp][] = [
    [["run"], null, 2, /^Error: No prompt\. Say what Claude should do: claude-worker run/],
    [["run", ""], null, 2, /^Error: The prompt is empty/],
    [["run", "  "], null, 2, /^Error: The prompt is empty/],
    [["run", "-"], "", 2, /^Error: The standard input is empty/],
    [["run", "empty.md"], null, 2, /^Error: empty\.md is empty/],
    [["run", "nul.bin"], null, 2, /^Error: nul\.bin holds a NUL character/],
    [["run", "-"], Buffer.from([0x61, 0xff, 0xfe]), 2, /^Error: The standard input is not UTF-8 text/],
    [["run", "long.txt"], null, 2, /^Error: long\.txt is over 10 MB/],
    [["run", "-"], "x".repeat(tenMegabytes + 1), 2, /^Error: The standard input is over 10 MB/],
    [["run", "x"], "x".repeat(tenMegabytes), 2, /^Error: The prompt is over 10 MB/],
  ];
  for (const [words, input, exitCode, message] of refused) {
    const { code, stdout, stderr } = await call(words, { input });
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [exitCode, ""]);
  }
  assert.deepEqual(api.calls, []);
});

test("a prompt of 10 MB is taken", async (t) => {
  const { call, api } = await withServer(t);
  assert.equal((await call(["run", "-"], { input: "ö".repeat(tenMegabytes / 2) })).code, 0);
  assert.equal(Buffer.byteLength((await api.getTask({ id: 1 })).prompt), tenMegabytes);
});

test("an open standard input is not waited for when there is a prompt", async (t) => {
  const { env, api } = await withServer(t);
  const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "run", "Do it"], { env, cwd: "/", stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill());
  const code = await exited(child);
  assert.equal(code, 0);
  assert.equal((await api.getTask({ id: 1 })).prompt, "Do it");
});

test("what a program writes to us at once is read", async (t) => {
  const { env, api } = await withServer(t);
  const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "run", "Do it"], { env, cwd: "/", stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill());
  child.stdin.end("context");
  await exited(child);
  assert.equal((await api.getTask({ id: 1 })).prompt, "Do it\n\ncontext");
});
