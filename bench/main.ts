/**
 * `npm run bench [-- --only NAME… --quick --json FILE --write-doc]`: measures, prints a table and
 * JSON. Fails when a measurement breaks, but not when a figure misses its target.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { figures as cli } from "./cli.ts";
import type { Row } from "./figure.ts";
import { figures as http } from "./http.ts";
import { figures as idle } from "./idle.ts";
import { machine } from "./machine.ts";
import { figures as mcp } from "./mcp.ts";
import { figures as memory } from "./memory.ts";
import { figures as people } from "./people.ts";
import { figures as recovery } from "./recovery.ts";
import { machineLines, table, writePage } from "./report.ts";
import { figures as order } from "./order.ts";
import { figures as store } from "./store.ts";
import { figures as task } from "./task.ts";
import { figures as workspaces } from "./workspaces.ts";

const { values: flags } = parseArgs({
  options: {
    /** Part of a figure's name; may be given several times. */
    only: { type: "string", multiple: true, default: [] },
    /** Fewer rounds: to try the measurements themselves. */
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    "write-doc": { type: "boolean", default: false },
  },
});

const isWhole = flags.only.length === 0 && !flags.quick;
if (flags["write-doc"] && !isWhole) throw new Error("--write-doc takes a whole run: without --only and --quick.");

const about = machine();
console.log(`${machineLines(about)}\n`);
const rows: Row[] = [];
for (const figure of [...cli, ...task, ...idle, ...memory, ...recovery, ...people, ...http, ...mcp, ...store, ...order, ...workspaces]) {
  if (flags.only.length > 0 && !flags.only.some((part) => figure.name.includes(part))) continue;
  process.stderr.write(`${figure.name} …\n`);
  try {
    const own = await figure.run({ quick: flags.quick });
    rows.push(...own);
    process.stderr.write(`${table(own)}\n`);
  } catch (error) {
    console.error(`${figure.name} could not be measured:`, error);
    process.exitCode = 1;
  }
}
console.log(table(rows));
const json = `${JSON.stringify({ machine: about, rows }, null, 2)}\n`;
if (flags.json === undefined) console.log(`\n${json}`);
else writeFileSync(flags.json, json);
if (flags["write-doc"]) writePage(about, rows);
