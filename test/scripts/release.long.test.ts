import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { repositoryRoot } from "../../testing/source-files.ts";

const script = path.join(repositoryRoot, "scripts", "release.ts");

test("a release dates the changelog, sets the version, commits, tags and packs", (t) => {
  const r = repository(t);
  const { status, stdout, stderr } = r.release("minor");
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(stdout, /Packed thing-0\.2\.0\.tgz[\s\S]*git push --follow-tags\n {2}npm publish thing-0\.2\.0\.tgz/);
  assert.match(r.read("CHANGELOG.md"), /^## \[Unreleased\]\n\n## \[0\.2\.0\] - \d{4}-\d\d-\d\d\n\n### Added\n\n\* A thing\.$/m);
  assert.equal((JSON.parse(r.read("package.json")) as { version: string }).version, "0.2.0");
  assert.deepEqual(
    [r.git("log", "-1", "--format=%s"), r.git("tag", "--list"), r.git("status", "--porcelain")],
    ["Release 0.2.0", "v0.2.0", ""],
  );
  assert.ok(existsSync(path.join(r.folder, "thing-0.2.0.tgz")));
});

test("a release is refused with a sentence where something is missing", (t) => {
  const r = repository(t);
  const before = r.git("rev-parse", "HEAD");
  const refused = (words: string[], sentence: RegExp): void => {
    const { status, stderr } = r.release(...words);
    assert.equal(status, 1);
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, /\n {4}at /);
    assert.deepEqual([r.git("rev-parse", "HEAD"), r.git("tag", "--list")], [before, ""]);
  };
  refused([], /^Usage: npm run release/);
  refused(["huge"], /^Usage: npm run release/);
  r.write("more", "");
  refused(["patch"], /There are uncommitted changes/);
  rmSync(path.join(r.folder, "more"));
  assert.equal(r.release("patch", "--dry-run").status, 0);
  assert.equal(r.git("rev-parse", "HEAD"), before);
});

test("a release is refused when `.ci/run` fails or the changelog is empty", (t) => {
  const failing = repository(t, { ci: "exit 7" });
  assert.match(failing.release("patch").stderr, /`\.ci\/run` failed in a clean clone/);
  const silent = repository(t, { changes: "" });
  assert.match(silent.release("patch").stderr, /nothing under "## \[Unreleased\]"/);
  const twice = repository(t);
  twice.git("tag", "v0.1.1");
  assert.match(twice.release("patch").stderr, /tag v0\.1\.1 exists already/);
  assert.equal(twice.git("status", "--porcelain"), "");
});

interface Repository {
  readonly folder: string;
  release(...words: string[]): { status: number | null; stdout: string; stderr: string };
  git(...words: string[]): string;
  read(name: string): string;
  write(name: string, text: string): void;
}

function repository(t: TestContext, { ci = "exit 0", changes = "### Added\n\n* A thing.\n" } = {}): Repository {
  const folder = mkdtempSync(path.join(tmpdir(), "cw-release-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", npm_config_update_notifier: "false" };
  const identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.invalid"];
  const r: Repository = {
    folder,
    release: (...words) => spawnSync(process.execPath, [script, ...words], { cwd: folder, encoding: "utf8", env: { ...env, ...asTester } }),
    git: (...words) => execFileSync("git", [...identity, ...words], { cwd: folder, encoding: "utf8", env }).trim(),
    read: (name) => readFileSync(path.join(folder, name), "utf8"),
    write: (name, text) => writeFileSync(path.join(folder, name), text),
  };
  r.write("package.json", `${JSON.stringify({ name: "thing", version: "0.1.0", files: ["package.json"] }, null, 2)}\n`);
  r.write("CHANGELOG.md", `# Changelog\n\n## [Unreleased]\n\n${changes}`);
  r.write(".gitignore", "*.tgz\n");
  mkdirSync(path.join(folder, ".ci"));
  r.write(".ci/run", `#!/bin/sh\n${ci}\n`);
  chmodSync(path.join(folder, ".ci", "run"), 0o755);
  r.git("init", "--quiet");
  r.git("add", "--all");
  r.git("commit", "--quiet", "--message", "First");
  return r;
}

const asTester = {
  GIT_AUTHOR_NAME: "Tester",
  GIT_AUTHOR_EMAIL: "tester@example.invalid",
  GIT_COMMITTER_NAME: "Tester",
  GIT_COMMITTER_EMAIL: "tester@example.invalid",
};
