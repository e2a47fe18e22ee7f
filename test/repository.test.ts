/**
 * What the tracked files may not say: nothing that only one machine, one workplace or one registry
 * knows.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../testing/source-files.ts";

// Pieces are joined here, so that this file does not say them either.
const forbidden: readonly RegExp[] = [
  new RegExp(["\\.\\./", "shared\\b"].join("")),
  new RegExp(["(?<![\\w.-])/", "work/(main|shared|\\.)"].join("")),
  new RegExp(["\\.lib", "rary/"].join("")),
  new RegExp(["farm", "-bench"].join("")),
  new RegExp(["\\bissues ", "(show|list|resolve)\\b"].join("")),
  new RegExp(["registry\\.", "(npmjs|yarnpkg|npmmirror)\\."].join("")),
];

test("no tracked file speaks of this machine or of a workplace that users do not have", (t) => {
  const files = trackedFiles();
  if (files === null) {
    t.skip("not a git checkout");
    return;
  }
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(repositoryRoot, file), "utf8");
    return forbidden.filter((word) => word.test(text)).map((word) => `${file}: ${word.source}`);
  });
  assert.deepEqual(found, []);
});

test("the lockfile names no registry", () => {
  const named = Object.entries(lockedPackages()).filter(([, entry]) => entry.resolved?.startsWith("http"));
  assert.deepEqual(named, []);
});

test("the lockfile has every platform's binaries, so that npm ci accepts it everywhere", () => {
  const packages = lockedPackages();
  const missing = Object.entries(packages).flatMap(([folder, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) => !packages[`${folder}/node_modules/${name}`] && !packages[`node_modules/${name}`],
    ),
  );
  assert.deepEqual(missing, [], "npm install drops what the registry does not have: choose versions that it has in full");
});

test("no install script of a dependency runs but that of `node`", () => {
  const manifest = JSON.parse(readFileSync(path.join(repositoryRoot, "package.json"), "utf8")) as { allowScripts: Record<string, boolean> };
  const allowed = Object.entries(manifest.allowScripts).filter(([, may]) => may);
  assert.deepEqual(allowed, [["node", true]]);
  const scripted = Object.entries(lockedPackages()).filter(([, entry]) => entry.hasInstallScript === true);
  const names = scripted.map(([folder]) => folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length));
  assert.deepEqual(
    names.filter((name) => !Object.hasOwn(manifest.allowScripts, name)),
    [],
  );
});

interface LockedPackage {
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function lockedPackages(): Record<string, LockedPackage> {
  const lock = readFileSync(path.join(repositoryRoot, "package-lock.json"), "utf8");
  return (JSON.parse(lock) as { packages: Record<string, LockedPackage> }).packages;
}

/** Tracked files that are there, or null outside of a git checkout. */
function trackedFiles(): string[] | null {
  try {
    const list = execFileSync("git", ["ls-files", "-z", "--cached"], { cwd: repositoryRoot, encoding: "utf8" });
    const gone = execFileSync("git", ["ls-files", "-z", "--deleted"], { cwd: repositoryRoot, encoding: "utf8" });
    const missing = new Set(gone.split("\0"));
    return list.split("\0").filter((file) => file !== "" && !missing.has(file));
  } catch {
    // No git, or no repository: there are no tracked files to judge.
    return null;
  }
}
