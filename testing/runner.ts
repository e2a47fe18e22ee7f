/** A real runner process on a scratch corner, spoken to as the server does. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { SdkRecord } from "../src/domain/events/record.ts";
import type { TaskSpec } from "../src/domain/task/task.ts";
import { killIfSame, identityOf } from "../src/processes/identity.ts";
import { sweep } from "../src/processes/sweep.ts";
import type { FromRunner, RunnerBoot, StartMessage } from "../src/attempt-protocol/protocol.ts";
import type { RunnerConnection } from "../src/supervisor/runner-connection.ts";
import { newRunnerId, spawnRunner } from "../src/supervisor/spawn-runner.ts";
import { plainSpec } from "./plain-task.ts";
import type { Scratch } from "./scratch.ts";
import { until } from "./wait.ts";

export interface TestRunner {
  readonly id: string;
  readonly pid: number;
  readonly boot: RunnerBoot;
  readonly connection: RunnerConnection;
  /** What it said so far, after hello. */
  readonly messages: readonly FromRunner[];
  /** Resolves when the connection is closed, which means that the runner has ended. */
  readonly closed: Promise<void>;
  /** Sends `start` with a spec and returns the attempt's own view of the journal. */
  start(spec: Partial<TaskSpec> & { prompt: string }, more?: Partial<StartMessage>): TestAttempt;
  /** Waits until Claude Code is parked. */
  parked(): Promise<void>;
  /** SIGKILL for the runner, and for everything that it started. */
  killAll(): Promise<void>;
}

export interface TestAttempt {
  readonly start: StartMessage;
  /** The attempt's records on the file now. */
  records(): SdkRecord[];
  /** Waits for a record. */
  record(what: string, fits: (record: SdkRecord) => boolean): Promise<SdkRecord>;
  /** Waits for the end of the runner. Returns all records. */
  ended(): Promise<SdkRecord[]>;
}

export interface RunnerSetup {
  readonly scratch: Scratch;
  readonly env: Readonly<Record<string, string>>;
  readonly prewarm?: boolean;
  readonly agent?: RunnerBoot["agent"];
  readonly orphanTimeoutMs?: number;
}

let attempts = 0;

/** Starts a runner, and ends it at the end of the test in every case. */
export async function startRunner(t: TestContext, setup: RunnerSetup): Promise<TestRunner> {
  const { scratch, env, prewarm = false, agent = "claude", orphanTimeoutMs = 60_000 } = setup;
  const id = newRunnerId("test-");
  const compileCache = process.env["NODE_COMPILE_CACHE"];
  const boot: RunnerBoot = {
    runnerId: id,
    socket: path.join(scratch.directory, `${id.slice(0, 8)}.sock`),
    prewarm,
    orphanTimeoutMs,
    agentEnv: { PATH: process.env["PATH"] ?? "", ...env },
    claudeExecutable: null,
    agent,
    ...(compileCache === undefined ? {} : { compileCache }),
  };
  const logFile = path.join(scratch.directory, "runner.log");
  const connection = await spawnRunner({ boot, logFile });
  if (connection === null) throw new Error(`no runner: ${existsSync(logFile) ? readFileSync(logFile, "utf8") : ""}`);
  const messages: FromRunner[] = [];
  connection.onMessage((message) => messages.push(message));
  const { pid } = connection.hello;
  const self = await identityOf(pid);
  const killAll = async (): Promise<void> => {
    if (self !== null) await killIfSame(self, "SIGKILL");
    await sweep(id);
  };
  t.after(async () => {
    connection.close();
    await killAll();
  });
  return {
    id,
    pid,
    boot,
    connection,
    messages,
    closed: new Promise((resolve) => connection.onClose(resolve)),
    parked: async () => {
      await until("a parked Claude Code", () => messages.some((message) => message.type === "parked"));
    },
    killAll,
    start(spec, more = {}) {
      attempts += 1;
      const start: StartMessage = {
        type: "start",
        attemptId: attempts,
        taskId: 1,
        spec: plainSpec({ workingDirectory: scratch.work, ...spec }),
        sessionId: crypto.randomUUID(),
        resume: false,
        journal: path.join(scratch.directory, "task_1_raw.log"),
        summary: path.join(scratch.directory, "task_1_summary.log"),
        backgroundGraceMs: 300_000,
        stopGraceMs: 20_000,
        hookTimeoutMs: null,
        verifyTimeoutMs: 60_000,
        ...more,
      };
      connection.send(start);
      const records = (): SdkRecord[] => recordsOf(start.journal, start.attemptId);
      return {
        start,
        records,
        record: (what, fits) => until(what, () => records().find(fits)),
        ended: async () => {
          let gone = false;
          connection.onClose(() => (gone = true));
          await until(`the end of the runner (${describe(records())})`, () => gone);
          return records();
        },
      };
    },
  };
}

/** The attempt's whole records in a journal. */
export function recordsOf(journal: string, attemptId: number): SdkRecord[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, "utf8").split("\n").slice(0, -1);
  const records = lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as SdkRecord];
    } catch {
      // A torn line of a killed runner.
      return [];
    }
  });
  return records.filter((record) => record._attempt === attemptId);
}

function describe(records: readonly SdkRecord[]): string {
  return records.map((record) => `${record.type}/${String(record["subtype"])}`).join(" ");
}

/** The runner's notes of one kind. */
export function notesOf(records: readonly SdkRecord[], subtype: string): SdkRecord[] {
  return records.filter((record) => record.type === "worker" && record["subtype"] === subtype);
}

/** The last result of Claude Code. */
export function resultOf(records: readonly SdkRecord[]): SdkRecord | undefined {
  return records.findLast((record) => record.type === "result");
}
