/**
 * `npm run kills:workspaces -- [--seed N] [--kills N] [--json FILE]`: fells the server, the
 * runners, git or everything while worktrees are made, work is applied, landed, undone, restored,
 * moved into the trash and brought back. Looks afterwards for every content that a person or an
 * agent wrote. Exits 1 on a finding.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { reportOf, runKills } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    kills: { type: "string", default: "100" },
    json: { type: "string" },
  },
});
const seed = Number(values.seed);
const kills = Number(values.kills);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
say(`seed ${seed}: npm run kills:workspaces -- --seed ${seed} --kills ${kills}`);
const began = Date.now();
const tally = await runKills({ seed, kills, killsPerWorld: 40, say });
const report = { seed, date: new Date(began).toISOString(), seconds: Math.round((Date.now() - began) / 1000), ...reportOf(tally) };
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(tally.findings.length === 0 ? 0 : 1);
