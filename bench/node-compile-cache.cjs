// Starts the command line as bin/claude-worker would with Node's own compile cache.
"use strict";

const { enableCompileCache } = require("node:module");
const { homedir } = require("node:os");
const path = require("node:path");

enableCompileCache(path.join(homedir(), ".cache", "claude-worker", "node"));
require(path.join(__dirname, "..", "dist", "cli.cjs"));
