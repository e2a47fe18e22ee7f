// Runs the command line on another Node, because the one that was started is too old: on the npm
// package `node` beside claude-worker, or on the one that `claude-worker --install-node` got from
// npm. An old Node must be able to read this file.
"use strict";

// oxlint-disable unicorn/prefer-node-protocol -- Node 12 does not know it.
const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");
const installNode = require("./install-node.cjs");

/**
 * @param {object} about
 * @param {string} about.launcher the program that the other Node starts.
 * @param {string} about.needed the oldest version that is enough.
 * @param {(version: string) => boolean} about.isEnough takes a version, "24.1.0".
 * @param {string | null} about.cacheFolder where an installed Node lies; null: nowhere.
 * @param {(folder: string) => string | null} about.faultOf says why no file of a folder may be run.
 * @param {(folder: string) => void} about.makeFolders
 */
module.exports = function runOnOtherNode(about) {
  const words = process.argv.slice(2);
  const problem = "claude-worker needs Node " + about.needed + " or newer, and this is Node " + process.versions.node + ".";
  if (words.length === 1 && words[0] === "--install-node") {
    const { failure, installed } = installNode(about);
    if (failure === null) console.log("Installed Node " + installed.version + " for claude-worker: " + installed.file);
    else fail(problem + " npm could not get one: " + failure + ". Install a newer one from https://nodejs.org.");
    return;
  }
  const node = packageBeside(about.isEnough) || installNode.installed(about);
  if (node !== null) {
    become(node, [about.launcher].concat(words));
    return;
  }
  const fault = about.cacheFolder === null ? null : installNode.faultOfWay(about.cacheFolder, about.faultOf);
  const choice = "Install a newer one from https://nodejs.org, or get one for claude-worker from npm: claude-worker --install-node";
  fail(problem + " " + choice + (fault === null ? "" : " (an installed one is not used: " + fault + ")"));
};

/** @returns {string | null} the Node of the npm package `node` beside claude-worker or above it. */
function packageBeside(isEnough) {
  for (let folder = path.dirname(__dirname); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", "node");
    try {
      const { version } = JSON.parse(fs.readFileSync(path.join(candidate, "package.json"), "utf8"));
      const binary = path.join(candidate, "bin", "node");
      if (isEnough(version) && fs.existsSync(binary)) return binary;
    } catch {
      // This folder has no such package, or it cannot be read: try the folder above.
    }
    if (folder === path.dirname(folder)) return null;
  }
}

/** Replaces this process where that is possible. Elsewhere starts a child, and ends as it ends. */
function become(node, words) {
  // Returns only where it does not work. koffi needs a Node that is not too old.
  if (Number(process.versions.node.split(".")[0]) >= 18) require("./replace-process.cjs")(node, words);
  const child = childProcess.spawn(node, words, { stdio: "inherit" });
  child.on("error", (error) =>
    fail("claude-worker could not start " + node + " (" + error.message + "). Install a newer Node from https://nodejs.org."),
  );
  const forwarded = forwardSignals(child);
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    // Ends by the same signal, so that the shell sees it.
    for (const name of forwarded) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** @returns {readonly string[]} the signals that the child gets from this process. */
function forwardSignals(child) {
  // A terminal sends Ctrl-C and Ctrl-\ to the child too, and a second one would end it at once.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const names = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR2"];
  for (const name of names) {
    process.on(name, () => {
      if (!hasTerminal || (name !== "SIGINT" && name !== "SIGQUIT")) child.kill(name);
    });
  }
  return names;
}

function fail(text) {
  console.error(text);
  process.exitCode = 1;
}
