// Replaces this process with another program, as execve(2) does. Node itself can do that since
// 22.15; an older Node does it through koffi, which is optional. Linux only: elsewhere the caller
// starts a child process instead. An old Node must be able to read this file.
"use strict";

/**
 * `F_SETFD` of fcntl(2): sets the flags of a descriptor. 0 clears FD_CLOEXEC, which Node sets on
 * its standard streams.
 */
const setDescriptorFlags = 2;

/**
 * @param {string} program absolute path.
 * @param {readonly string[]} args its arguments, without its own name.
 * @returns {void} only where it does not work: no koffi here, not Linux, or the system refused.
 * Nothing has changed then.
 */
module.exports = function replaceProcess(program, args) {
  // An argument with lost bytes is checked at the process that received it (argument-bytes.ts), so
  // that process has to stay.
  if (process.platform !== "linux" || args.some((arg) => arg.includes("\ufffd"))) return;
  try {
    const koffi = require("koffi");
    const libc = koffi.load(null);
    const fcntl = libc.func("int fcntl(int fd, int command, ...)");
    const execve = libc.func("int execve(str path, str *argv, str *envp)");
    for (const fd of [0, 1, 2]) fcntl(fd, setDescriptorFlags, "int", 0);
    const env = Object.keys(process.env).map((name) => `${name}=${process.env[name]}`);
    execve(program, [program].concat(args, null), env.concat(null));
  } catch {
    // koffi is not installed, or has no native part for this machine.
  }
};
