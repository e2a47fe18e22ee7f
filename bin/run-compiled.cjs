// Runs the bundled command line from what the engine made of it in an earlier call, and keeps that
// for the next one. It is taken at the end of a call, with every function that was needed; Node's
// own compile cache is taken before anything runs, and has none of them (docs/decisions/0006). It
// knows no command.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

/** What stands before the compiled code: the key, filled up with blanks. */
const headBytes = 256;

/**
 * @param {string} whole the bundle: a CommonJS module, its first line a hash of the rest. A command
 * may have one of its own beside it: `cli-run.cjs`.
 * @param {string} word the call's first word, or an empty one: each command needs other functions,
 * so what is kept has a file for each.
 * @param {string | null} folder where what is kept lies; null: nothing is kept.
 * @throws {NodeJS.ErrnoException} ENOENT when there is no bundle; whatever the bundle throws.
 */
module.exports = function runCompiled(whole, word, folder) {
  const command = /^[a-z]{1,32}$/.test(word) ? word : null;
  const own = command === null ? whole : whole.replace(/(?=\.cjs$)/, `-${command}`);
  const file = fs.existsSync(own) ? own : whole;
  const source = fs.readFileSync(file, "utf8");
  // The engine compares its version, its flags and the length of the text, no more.
  const key = JSON.stringify([process.version, process.arch, source.slice(0, source.indexOf("\n"))]);
  const cache =
    folder === null || require("./make-folders.cjs").faultOf(folder) !== null ? null : path.join(folder, `${command ?? "other"}.compiled`);
  const compiled = cache === null ? undefined : readCompiled(cache, key);
  const script = new vm.Script(`(function (require, __dirname, launcherImport) {${source}\n})`, { filename: file, cachedData: compiled });
  if (cache !== null && (compiled === undefined || script.cachedDataRejected)) {
    process.on("exit", (code) => {
      if (code === 0) keep(cache, key, script);
    });
  }
  // A script of this kind may not import by itself.
  script.runInThisContext()(require, path.dirname(file), (specifier) => import(specifier));
};

/**
 * What this user kept under this key; undefined when there is none, or when it is not whole: the
 * engine would run whatever stands there.
 */
function readCompiled(file, key) {
  try {
    const descriptor = fs.openSync(file, "r");
    try {
      const { uid, mode } = fs.fstatSync(descriptor);
      if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
      const kept = fs.readFileSync(descriptor);
      const compiled = kept.subarray(headBytes);
      return kept.subarray(0, headBytes).equals(headOf(key, compiled)) ? compiled : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function headOf(key, compiled) {
  return Buffer.from(JSON.stringify([key, compiled.length, sumOf(compiled)]).padEnd(headBytes));
}

/**
 * Over every sixteenth word, which a page that is missing changes: all of them would take as long
 * as the engine does.
 */
function sumOf(bytes) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let sum = 0;
  for (let at = 0; at < words.length; at += 16) sum = (Math.imul(sum, 31) + words[at]) | 0;
  return sum;
}

/** The file appears whole or not at all. Where nothing can be written, nothing is kept. */
function keep(file, key, script) {
  const folder = path.dirname(file);
  const own = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    require("./make-folders.cjs")(folder);
    const compiled = script.createCachedData();
    fs.writeFileSync(own, Buffer.concat([headOf(key, compiled), compiled]), { mode: 0o600, flag: "wx", flush: true });
    fs.renameSync(own, file);
  } catch {
    discard(own);
  }
}

function discard(file) {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // It cannot be there.
  }
}
