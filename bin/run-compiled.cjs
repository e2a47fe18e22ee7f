// Runs the bundled command line from what the engine made of it in an earlier call, and keeps that for the next one. It is taken at the end of a call, with
// every function that was needed; Node's own compile cache is taken before anything runs, and has none of them (docs/decisions/0006). It knows no command.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

/**
 * @param {string} file the bundle, a CommonJS module.
 * @param {string | undefined} word the call's first word: each command needs other functions, so each has a file of its own.
 * @throws {NodeJS.ErrnoException} ENOENT when there is no bundle; whatever the bundle throws.
 */
module.exports = function runCompiled(file, word) {
  const bundle = readBundle(file);
  const cache = cacheFile(/^[a-z]{1,32}$/.test(word) ? word : "other");
  const compiled = cache === null ? undefined : readCompiled(cache, bundle.key);
  const script = new vm.Script(`(function (require, __dirname) {${bundle.source}\n})`, {
    filename: file,
    cachedData: compiled,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cache !== null && (compiled === undefined || script.cachedDataRejected)) {
    process.on("exit", (code) => {
      if (code === 0) keep(cache, bundle.key, script.createCachedData());
    });
  }
  script.runInThisContext()(require, path.dirname(file));
};

/** The engine compares no more than the length of the text: the key tells this very file, this Node and this machine from all others. */
function readBundle(file) {
  const descriptor = fs.openSync(file, "r");
  try {
    const { dev, ino, size, ctimeMs } = fs.fstatSync(descriptor);
    const key = JSON.stringify([process.version, process.arch, file, dev, ino, size, ctimeMs]);
    return { source: fs.readFileSync(descriptor, "utf8"), key };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** @returns null where this user keeps no cache. */
function cacheFile(name) {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const place = XDG_CACHE_HOME || (HOME && path.join(HOME, ".cache"));
  return place ? path.join(place, "claude-worker", `${name}.compiled`) : null;
}

/** What was kept under this key, behind a line that says so; undefined when there is none. */
function readCompiled(file, key) {
  try {
    const kept = fs.readFileSync(file);
    const line = Buffer.from(`${key}\n`);
    return kept.subarray(0, line.length).equals(line) ? kept.subarray(line.length) : undefined;
  } catch {
    return undefined;
  }
}

/** The file appears whole or not at all: the engine would trust a torn one. Where nothing can be written, nothing is kept. */
function keep(file, key, compiled) {
  const own = `${file}.${process.pid}`;
  const folder = path.dirname(file);
  try {
    // One by one: with `recursive`, Node never comes back from below /proc.
    for (const place of [path.dirname(folder), folder]) if (!fs.existsSync(place)) fs.mkdirSync(place, 0o700);
  } catch {
    return;
  }
  try {
    fs.writeFileSync(own, Buffer.concat([Buffer.from(`${key}\n`), compiled]), { mode: 0o600, flush: true });
    fs.renameSync(own, file);
  } catch {
    fs.rmSync(own, { force: true });
  }
}
