/**
 * `npm run release -- patch|minor|major|X.Y.Z`: checks, dates the changelog, sets the version,
 * commits, tags and packs. Publishes and pushes nothing: it prints the commands for that.
 * `--dry-run` stops after the checks that change nothing.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } }, allowPositionals: true });

try {
  release(positionals, values["dry-run"]);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function release(words: readonly string[], dryRun: boolean): void {
  const [step] = words;
  if (words.length !== 1 || step === undefined || !/^(patch|minor|major|\d+\.\d+\.\d+)$/.test(step))
    throw new Error("Usage: npm run release -- patch|minor|major|X.Y.Z [--dry-run]");
  if (output("git", "status", "--porcelain") !== "")
    throw new Error("There are uncommitted changes. Commit or remove them, then run it again.");
  const dated = datedChangelog(readFileSync("CHANGELOG.md", "utf8"), "0.0.0", today());
  if (dated === null) throw new Error('CHANGELOG.md has nothing under "## [Unreleased]". Write what users will notice.');
  checkInCleanClone();
  if (dryRun) return console.log("All checks passed. Nothing was changed (--dry-run).");

  run("npm", "version", "--no-git-tag-version", "--allow-same-version", step);
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  if (output("git", "tag", "--list", `v${version}`) !== "") {
    run("git", "checkout", "--", ".");
    throw new Error(`The tag v${version} exists already. Name another version.`);
  }
  setPluginVersion(version);
  writeFileSync("CHANGELOG.md", datedChangelog(readFileSync("CHANGELOG.md", "utf8"), version, today()) ?? "");
  run("git", "commit", "--quiet", "--all", "--message", `Release ${version}`);
  run("git", "tag", "--annotate", `v${version}`, "--message", `Claude Worker ${version}`);
  const tarball = output("npm", "pack", "--silent");
  console.log(`Packed ${tarball}. To publish:\n  git push --follow-tags\n  npm publish ${tarball}`);
}

/** Runs `.ci/run` in a clone, so that a file that is not committed cannot help. */
function checkInCleanClone(): void {
  const folder = mkdtempSync(path.join(tmpdir(), "claude-worker-release-"));
  try {
    run("git", "clone", "--quiet", ".", folder);
    execFileSync(path.join(folder, ".ci", "run"), { cwd: folder, stdio: "inherit" });
  } catch {
    throw new Error("`.ci/run` failed in a clean clone. Nothing was changed.");
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * @returns the changelog with its unreleased part under the version's heading; null when that part
 * is empty.
 */
function datedChangelog(text: string, version: string, date: string): string | null {
  const heading = "## [Unreleased]\n";
  const start = text.indexOf(heading);
  if (start === -1) return null;
  const rest = text.slice(start + heading.length);
  const end = rest.search(/^## /m);
  if ((end === -1 ? rest : rest.slice(0, end)).trim() === "") return null;
  return `${text.slice(0, start)}${heading}\n## [${version}] - ${date}\n${rest}`;
}

/** The plugin for Claude Code carries the same version. */
function setPluginVersion(version: string): void {
  const file = "plugin/worker/.claude-plugin/plugin.json";
  if (!existsSync(file)) return;
  writeFileSync(file, readFileSync(file, "utf8").replace(/("version": )"[^"]*"/, `$1"${version}"`));
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function run(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: ["ignore", "ignore", "inherit"] });
}

function output(command: string, ...words: string[]): string {
  return execFileSync(command, words, { encoding: "utf8" }).trim();
}
