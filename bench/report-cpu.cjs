// Loaded into a process that is measured: writes its CPU time in ms, from its start to its exit.
"use strict";

const { writeFileSync } = require("node:fs");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env["BENCH_CPU_FILE"] ?? "", String((user + system) / 1000));
});
