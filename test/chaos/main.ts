/**
 * `npm run chaos -- [--seed N] [--kills N] [--real N] [--json FILE]`: fells servers, runners and
 * Claude Code at random moments and at named places of the code, and checks from outside that
 * nothing is lost. `--real` of the kills fall on the real Claude Code. Exits 1 on a finding.
 */
import { writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { tablesOf } from "./report.ts";
import type { Tally } from "./report.ts";
import { runChaos } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    kills: { type: "string", default: "100" },
    real: { type: "string", default: "10" },
    workers: { type: "string", default: "4" },
    json: { type: "string" },
  },
});
const seed = Number(values.seed);
const real = Number(values.real);
const workers = Number(values.workers);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const began = Date.now();
say(`seed ${seed}: npm run chaos -- --seed ${seed} --kills ${values.kills} --real ${real} --workers ${workers}`);
const tallies: Tally[] = [];
if (real > 0) tallies.push(await runChaos({ seed, kills: real, killsPerRound: 8, real: true, workers, say }));
const fake = Number(values.kills) - real;
if (fake > 0) tallies.push(await runChaos({ seed: seed + 1, kills: fake, killsPerRound: 20, real: false, workers, say }));
const machine = `${os.cpus().length} × ${os.cpus()[0]?.model ?? "?"}, ${Math.round(os.totalmem() / 2 ** 30)} GB, ${os.type()} ${os.release()}, Node ${process.version}`;
const reports = tallies.map((tally) => tally.report());
const seconds = Math.round((Date.now() - began) / 1000);
process.stdout.write(`Seed ${seed}, ${new Date(began).toISOString().slice(0, 10)}, ${seconds} s, ${machine}\n\n${tablesOf(reports)}`);
for (const finding of tallies.flatMap(({ findings }) => findings)) process.stdout.write(`\n${finding}\n`);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ seed, date: new Date(began).toISOString(), seconds, machine, reports }, null, 2)}\n`);
process.exit(tallies.some(({ isBroken }) => isBroken) ? 1 : 0);
