/** bin/claude-worker: which Node it runs the command line on, and that nobody notices which. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { installLauncher, pretending } from "../testing/launcher.ts";
import { repositoryRoot } from "../testing/source-files.ts";

type Launched = ChildProcessByStdio<null, Readable, Readable>;

test("a Node that is new enough runs the command line itself", async (t) => {
  const { launch } = setup(t, { cli: "console.log(process.pid, process.argv.slice(2).join())" });
  const child = launch(["run", "a b"]);
  assert.equal(await text(child.stdout), `${child.pid} run,a b\n`);
});

test("an old Node hands over to the npm package `node`, with arguments and exit code", async (t) => {
  const cli = "console.log(process.pid, process.argv.slice(2).join()); process.exitCode = 7";
  const { launch } = setup(t, { cli, node: process.versions.node });
  const child = launch(["run", "a b"], { pretend: "20.20.2" });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.match(printed, /^\d+ run,a b\n$/);
  assert.notEqual(Number.parseInt(printed, 10), child.pid);
  assert.equal(code, 7);
});

test("on Linux an old Node becomes the newer one: one process a call", { skip: process.platform !== "linux" }, async (t) => {
  const cli = "console.log(process.pid, process.versions.node, process.argv.slice(2).join()); process.exitCode = 7";
  const { launch } = setup(t, { cli, node: process.versions.node, koffi: true });
  const child = launch(["run", "ä b", ""], { pretend: "20.20.2" });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.equal(printed, `${child.pid} ${process.versions.node} run,ä b,\n`);
  assert.equal(code, 7);
});

test("without koffi a signal and an end by a signal pass through an old Node", { timeout: 500_000 }, async (t) => {
  const cli = `
    process.on("SIGTERM", () => { console.log("stopping"); process.kill(process.pid, "SIGKILL"); });
    setTimeout(() => {}, 60_000);
    console.log("ready");`;
  const { launch } = setup(t, { cli, node: process.versions.node });
  const child = launch([], { pretend: "18.0.0" });
  const exited = once(child, "exit");
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed === "ready\n") child.kill("SIGTERM");
  }
  assert.equal(printed, "ready\nstopping\n");
  assert.deepEqual(await exited, [null, "SIGKILL"]);
});

test("an old Node says which one is needed, how to get it, and nothing else", async (t) => {
  const { launch } = setup(t, { cli: "" });
  // On 22.13 and 23.5 better-sqlite3 dies of a segmentation problem.
  for (const version of ["22.12.0", "22.13.1", "23.5.0"]) {
    const child = launch(["list"], { pretend: version });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.equal(
      said,
      `claude-worker needs Node 22.14 or newer, and this is Node ${version}. Install a newer one from https://nodejs.org, ` +
        "or get one for claude-worker from npm: claude-worker --install-node\n",
    );
    assert.equal(code, 1);
  }
});

test("on a Node that is new enough --install-node installs nothing", async (t) => {
  const { launch } = setup(t, { cli: "console.log('the command line')" });
  const child = launch(["--install-node"]);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.equal(said, `Node ${process.versions.node} is new enough. There is nothing to install.\n`);
  assert.equal(code, 0);
});

test("an npm package `node` that is old itself is not taken", async (t) => {
  const { launch } = setup(t, { cli: "", node: "18.1.0" });
  const child = launch([], { pretend: "20.0.0" });
  assert.match(await text(child.stderr), /needs Node 22\.14/);
});

test("a checkout that is not built says how to build it", async (t) => {
  const { launch } = setup(t, {});
  const child = launch([]);
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.match(said, /is not built: .+npm run build/);
  assert.equal(code, 1);
});

test("a bundle that cannot be read is named without a stack trace", async (t) => {
  const { launch, root } = setup(t, {});
  mkdirSync(path.join(root, "dist", "cli.cjs"), { recursive: true });
  const child = launch([]);
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.match(said, /^claude-worker is not built: \S+cli\.cjs cannot be read \(EISDIR\)\. Run .+\n$/);
  assert.equal(code, 1);
});

test("a broken command line shows its own error, not the launcher's", async (t) => {
  const { launch } = setup(t, { cli: `require("no-such-package")` });
  const said = await text(launch([]).stderr);
  assert.match(said, /no-such-package/);
  assert.doesNotMatch(said, /is not built/);
});

interface Installed {
  /** Source of dist/cli.cjs; absent: not built. */
  readonly cli?: string;
  /** Whether koffi is beside it. */
  readonly koffi?: boolean;
  /** Version that the npm package `node` beside it says it has; absent: no such package. */
  readonly node?: string;
}

/**
 * A package of nothing but the real launcher; `pretend` makes the Node that starts it believe in
 * another version.
 */
function setup(
  t: TestContext,
  { cli, node, koffi }: Installed,
): { root: string; launch: (args: string[], options?: { pretend?: string }) => Launched } {
  const root = mkdtempSync(path.join(tmpdir(), "claude-worker-launcher-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const launcher = installLauncher(root, cli);
  if (node !== undefined) {
    const folder = path.join(root, "node_modules", "node");
    mkdirSync(path.join(folder, "bin"), { recursive: true });
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "node", version: node }));
    symlinkSync(process.execPath, path.join(folder, "bin", "node"));
  }
  if (koffi === true) symlinkSync(path.join(repositoryRoot, "node_modules", "koffi"), path.join(root, "node_modules", "koffi"));
  return {
    root,
    launch: (args, { pretend } = {}) => {
      const flags = pretend === undefined ? [] : pretending(root, pretend);
      const child = spawn(process.execPath, [...flags, launcher, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        // Without a home there is no cache, and no installed Node (test/install-node.long.test.ts).
        env: { PATH: process.env["PATH"] },
      });
      t.after(() => child.kill("SIGKILL"));
      return child;
    },
  };
}
