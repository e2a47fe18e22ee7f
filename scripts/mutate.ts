/**
 * `npm run mutate`: changes the source in small ways and runs the tests on each change. A change
 * that no test notices is a gap in the tests. A seed draws the sample of each room. Verdicts are
 * kept: a second run judges only changed files (`--fresh` judges all). `--nearest N` runs at most N
 * test files on each change: the run is faster, and its score is a lower bound. Exits 1 when a
 * room's share of noticed changes is below the goal. Takes minutes per room, and does not belong to
 * `npm test`.
 */
import { parseArgs } from "node:util";
import { readSourceFiles, repositoryRoot } from "../testing/source-files.ts";
import { KnownVerdicts } from "./mutate/known-verdicts.ts";
import { mutantsOf, sampleOf } from "./mutate/mutants.ts";
import type { Mutant } from "./mutate/mutants.ts";
import { Sandbox } from "./mutate/sandbox.ts";
import type { Verdict } from "./mutate/sandbox.ts";
import { roomOf, rooms, testFinder } from "./mutate/tests-for.ts";

/** Percent of the valid mutants of a room that its tests have to notice. */
const goal = 90;

interface Judged {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

const { values } = parseArgs({
  options: {
    room: { type: "string", multiple: true, default: [...rooms] },
    file: { type: "string", multiple: true },
    sample: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    nearest: { type: "string" },
    fresh: { type: "boolean", default: false },
  },
});

const unknown = values.room.filter((room) => !rooms.includes(room));
const sample = Number(values.sample);
if (unknown.length > 0) fail(`There is no room ${unknown.join(", ")}. The rooms are ${rooms.join(", ")}.`);
else if (!Number.isInteger(sample) || sample < 1) fail(`--sample takes a whole number from 1, not ${values.sample}.`);
else if (values.nearest !== undefined && !/^[1-9]\d*$/.test(values.nearest))
  fail(`--nearest takes a whole number from 1, not ${values.nearest}.`);
else await main();

async function main(): Promise<void> {
  const testsFor = testFinder(values.nearest === undefined ? undefined : Number(values.nearest));
  const known = new KnownVerdicts(repositoryRoot);
  const sandbox = new Sandbox(repositoryRoot);
  const scores: string[] = [];
  let below = false;
  try {
    for (const room of values.room) {
      const judged = await judgeRoom(room, { testsFor, known, sandbox });
      const valid = judged.filter(({ verdict }) => verdict.status !== "invalid");
      const noticed = valid.filter(({ verdict }) => verdict.status === "noticed").length;
      const percent = valid.length === 0 ? 100 : Math.round((100 * noticed) / valid.length);
      below ||= percent < goal;
      scores.push(`${room.padEnd(12)} ${String(noticed).padStart(4)} of ${String(valid.length).padStart(4)} noticed  ${percent} %`);
    }
  } finally {
    sandbox.remove();
  }
  const tests = values.nearest === undefined ? "" : `, the ${values.nearest} nearest test files`;
  console.log(`\nseed ${values.seed}, ${values.sample} mutants a room${tests}, goal ${goal} %\n${scores.join("\n")}`);
  if (below) process.exitCode = 1;
}

interface Bench {
  readonly testsFor: (file: string) => string[];
  readonly known: KnownVerdicts;
  readonly sandbox: Sandbox;
}

async function judgeRoom(room: string, { testsFor, known, sandbox }: Bench): Promise<Judged[]> {
  const files = readSourceFiles("src")
    .map(({ path: file }) => file)
    .filter((file) => roomOf(file) === room && (values.file === undefined || values.file.includes(file)));
  const mutants = (await Promise.all(files.map((file) => mutantsOf(repositoryRoot, file)))).flat();
  const drawn = sampleOf(mutants, values.seed, sample).map((mutant) => ({ mutant, tests: testsFor(mutant.file) }));
  const earlier = drawn.map(({ mutant, tests }) => (values.fresh ? null : known.get(mutant, tests)));
  const typed = await sandbox.typed(drawn.filter((_, index) => earlier[index] === null).map(({ mutant }) => mutant));
  const judged: Judged[] = [];
  for (const [index, { mutant, tests }] of drawn.entries()) {
    let verdict = earlier[index] ?? null;
    if (verdict === null) {
      verdict = typed.has(mutant) ? await sandbox.judge(mutant, tests) : { status: "invalid" };
      known.put(mutant, tests, verdict);
    }
    judged.push({ mutant, verdict });
    console.log(lineOf(mutant, verdict));
  }
  return judged;
}

function lineOf({ file, line, mutator, before, after }: Mutant, verdict: Verdict): string {
  const place = `${verdict.status.padEnd(8)} ${file}:${line} ${mutator}`;
  if (verdict.status === "noticed") return `${place}\n    by ${verdict.by}`;
  if (verdict.status !== "survived") return place;
  return `${place}\n    - ${shortened(before)}\n    + ${shortened(after)}`;
}

function shortened(code: string): string {
  const line = code.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}…` : line;
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}
