// A placeholder until the command line is here: it answers --version, so that the package can be smoke-tested.
import { readFileSync } from "node:fs";

const packageJson = new URL("../../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(packageJson, "utf8")) as { version: string };
console.log(`claude-worker ${version}`);
