/**
 * What `npm pack` makes: that it installs in an empty folder without running any install script,
 * and works there.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { readSourceFiles, repositoryRoot } from "../testing/source-files.ts";

test("the package has what it needs at run time and nothing else", async (t) => {
  const { pack } = setup(t);
  const { files } = await pack();
  for (const needed of [
    "bin/claude-worker",
    "bin/other-node.cjs",
    "bin/install-node.cjs",
    "bin/replace-process.cjs",
    "docs/README.md",
    "ARCHITECTURE.md",
    "bin/package.json",
    "dist/cli.cjs",
    "LICENSE",
    "package.json",
  ]) {
    assert.ok(files.includes(needed), `${needed} is missing`);
  }
  assert.deepEqual(
    files.filter((file) => /^dist\/[^/]+\.cjs$/.test(file)),
    ["dist/cli.cjs"],
  );
  const strangers = files.filter(
    (file) => !/^(bin|dist|docs|examples|plugin)\/|^(ARCHITECTURE|README|CHANGELOG|CONTRIBUTING)\.md$|^LICENSE$|^package\.json$/.test(file),
  );
  assert.deepEqual(strangers, []);
  assert.deepEqual(
    files.filter((file) => /\.(test|map)\.|\.ts$/.test(file) && !file.endsWith(".d.ts") && !file.startsWith("examples/")),
    [],
  );
});

test("the bundle has only ASCII characters, as the launcher reads it", () => {
  const bundle = readFileSync(path.join(repositoryRoot, "dist", "cli.cjs"));
  assert.equal(
    bundle.find((byte) => byte > 0x7f),
    undefined,
  );
});

test("the build has every process and thread that the source starts", () => {
  const named = readSourceFiles("src").flatMap(({ path: file, texts }) =>
    texts.filter((text) => /^\.{1,2}\/[\w/-]+\.js$/.test(text)).map((text) => path.posix.join(path.posix.dirname(file), text)),
  );
  assert.ok(named.includes("src/store/sqlite/file/maintenance-process.js"), named.join(", "));
  const missing = named.filter((file) => !existsSync(path.join(repositoryRoot, file.replace("src/", "dist/"))));
  assert.deepEqual(missing, []);
});

test("the package installs without install scripts and answers", { timeout: 900_000 }, async (t) => {
  const { pack, install, bin, env } = setup(t);
  const { tarball } = await pack();
  const installed = await install(tarball);
  if (installed.unreachable !== null) {
    t.skip(`the npm registry does not answer: ${installed.unreachable}`);
    return;
  }
  const { version } = manifest();
  const answer = await run(bin, ["--version"], { cwd: installed.folder, env });
  assert.deepEqual({ code: answer.code, stderr: answer.stderr }, { code: 0, stderr: "" });
  assert.match(answer.stdout, new RegExp(`\\b${version.replaceAll(".", "\\.")}\\b`));

  // The server is another entry of the package, with the native parts: SQLite, koffi, the lock.
  const cli = (...args: string[]): Promise<Ran> => run(bin, args, { cwd: installed.folder, env });
  const started = await cli("server", "start", "--port", "0", "--warm", "0");
  assert.deepEqual({ code: started.code, stderr: started.stderr }, { code: 0, stderr: "" });
  const listed = await cli("list", "--json");
  assert.deepEqual(listed, { code: 0, stdout: `${JSON.stringify({ tasks: [], next_cursor: null })}\n`, stderr: "" });
  assert.equal((await cli("server", "stop")).code, 0);

  writeFileSync(path.join(installed.folder, "uses-client.mts"), usesClient);
  const imported = await run(process.execPath, ["uses-client.mts"], { cwd: installed.folder, env });
  assert.deepEqual(imported, { code: 0, stdout: "function\n", stderr: "" });
  const typeRoots = path.join(repositoryRoot, "node_modules", "@types");
  const flags = ["--strict", "--noEmit", "--module", "nodenext", "--typeRoots", typeRoots, "--types", "node"];
  const tsc = path.join(repositoryRoot, "node_modules", "typescript", "bin", "tsc");
  const typed = await run(process.execPath, [tsc, ...flags, "uses-client.mts"], { cwd: installed.folder, env });
  assert.deepEqual(typed, { code: 0, stdout: "", stderr: "" });
});

/** Types are checked with the package's own declarations, theirs included. */
const usesClient = `
  import { urlAddress, WorkerClient } from "claude-worker/client";
  import type { TaskView } from "claude-worker/client";
  export async function title(client: WorkerClient): Promise<string> {
    const task: TaskView = await client.getTask({ id: 1 });
    return task.prompt;
  }
  console.log(typeof urlAddress);
`;

interface Packed {
  readonly tarball: string;
  /** Paths inside the package. */
  readonly files: string[];
}

interface Installed {
  readonly folder: string;
  /** What npm said when it could not reach the registry, else null. */
  readonly unreachable: string | null;
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function setup(t: TestContext): {
  pack: () => Promise<Packed>;
  install: (tarball: string) => Promise<Installed>;
  /** The installed command, and the environment that it runs in. */
  bin: string;
  env: NodeJS.ProcessEnv;
} {
  const root = mkdtempSync(path.join(tmpdir(), "claude-worker-package-"));
  const home = path.join(root, "home");
  const folder = path.join(root, "empty");
  const bin = path.join(folder, "node_modules", ".bin", "claude-worker");
  const env = { PATH: process.env["PATH"], HOME: home };
  t.after(async () => {
    if (existsSync(bin)) await run(bin, ["server", "stop"], { cwd: folder, env });
    rmSync(root, { recursive: true, force: true });
  });
  mkdirSync(home);
  mkdirSync(folder);
  writeFileSync(path.join(folder, "package.json"), "{}");
  return {
    bin,
    env,
    // Without scripts: `npm test` has just built dist/, and other tests run from it at this moment.
    async pack() {
      const flags = ["--ignore-scripts", "--json", "--loglevel=error", "--pack-destination", root];
      const answer = await run("npm", ["pack", ...flags], { cwd: repositoryRoot, env: npmEnv() });
      assert.equal(answer.code, 0, answer.stderr);
      const { filename, files } = packedOf(answer.stdout);
      return { tarball: path.join(root, filename), files: files.map((file) => file.path) };
    },
    async install(tarball) {
      const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--fetch-retries=1", "--loglevel=error"];
      const answer = await run("npm", ["install", ...flags, tarball], { cwd: folder, env: npmEnv() });
      const network = /E(NOTFOUND|CONNREFUSED|CONNRESET|TIMEDOUT|AI_AGAIN|HOSTUNREACH|NETUNREACH|NOTCACHED)|network/;
      const unreachable = answer.code === 0 ? null : (answer.stderr.match(network)?.[0] ?? null);
      if (unreachable === null) assert.equal(answer.code, 0, answer.stderr);
      return { folder, unreachable };
    },
  };
}

/**
 * npm's own settings of the `npm test` around us would speak of this repository; its registry and
 * cache stay.
 */
function npmEnv(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(registry|cache|userconfig|globalconfig)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)));
}

function packedOf(json: string): { filename: string; files: { path: string }[] } {
  const [packed] = JSON.parse(json) as { filename: string; files: { path: string }[] }[];
  assert.ok(packed, `npm pack printed no package: ${json}`);
  return packed;
}

function manifest(): { version: string } {
  return JSON.parse(readFileSync(path.join(repositoryRoot, "package.json"), "utf8")) as { version: string };
}

function run(command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(new Error(`${command} did not start`, { cause: error }));
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
