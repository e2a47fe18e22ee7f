/**
 * The place of a measurement: a scratch home, a scripted model, Claude Code's own binary, and built
 * servers (dist/) with a data directory each. All sides of a ratio live in one place: the same
 * home, model and working directory.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WorkerClient } from "../src/client/index.ts";
import { pathsFrom } from "../src/config/paths.ts";
import type { Paths } from "../src/config/paths.ts";
import { startModel } from "../testing/model.ts";
import type { ScriptedModel } from "../testing/model.ts";
import { scratch } from "../testing/scratch.ts";
import type { Scratch } from "../testing/scratch.ts";
import type { Script } from "../testing/script.ts";
import { run } from "./processes.ts";
import type { Ended } from "./processes.ts";

const bin = fileURLToPath(new URL("../bin/claude-worker", import.meta.url));
const fakeAgent = new URL("../testing/fake-agent.ts", import.meta.url).href;

export interface World {
  readonly place: Scratch;
  readonly model: ScriptedModel;
  /** For Claude Code: the scratch home and the scripted model. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a server. @param settings as environment, e.g. `CLAUDE_WORKER_WARM`. */
  server(name: string, settings?: Readonly<Record<string, string>>): Promise<Server>;
  claude(...args: readonly string[]): Promise<Ended>;
}

export interface Server {
  readonly client: WorkerClient;
  readonly pid: number;
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string>>;
  cli(...words: readonly string[]): Promise<Ended>;
  /** The same server again, after its end. */
  again(): Promise<Server>;
  /** Waits until this many runners are parked and nothing runs. */
  quiet(parked: number): Promise<void>;
}

/** Settings of a server whose tasks are played by the fake agent of the tests. */
export const withFakeAgent = { CLAUDE_WORKER_AGENT_MODULE: fakeAgent, CLAUDE_WORKER_WARM: "0" };

/** Provides a place for one measurement and always removes it afterwards. */
export async function inWorld<T>(script: Script, work: (world: World) => Promise<T>): Promise<T> {
  const place = scratch(null);
  const model = await startModel(null, script);
  const env = { PATH: process.env["PATH"] ?? "", ...model.env(place.home) };
  const servers: { env: Readonly<Record<string, string>> }[] = [];
  const context = { env, cwd: place.work };
  try {
    return await work({
      place,
      model,
      env,
      claude: (...args) => run(claudeBinary(), args, context),
      server: async (name, settings = {}) => {
        const own = { ...env, ...placesOf(place, name), ...settings };
        servers.push({ env: own });
        return await started(own, place.work);
      },
    });
  } finally {
    for (const { env: own } of servers)
      await run(process.execPath, [bin, "server", "stop", "--now"], { env: own, cwd: place.work }).catch(() => {});
    await model.stop();
    await place.remove();
  }
}

/** Words that start the built command line. */
export function cliWords(...words: readonly string[]): string[] {
  return [bin, ...words];
}

/** Claude Code as the SDK brings it. */
export function claudeBinary(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("@anthropic-ai/claude-agent-sdk"));
  const libc = process.platform === "linux" && isMusl() ? "-musl" : "";
  return require.resolve(`@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}${libc}/claude`);
}

function isMusl(): boolean {
  return !("glibcVersionRuntime" in (process.report.getReport() as { header: object }).header);
}

function placesOf(place: Scratch, name: string): Record<string, string> {
  return {
    CLAUDE_WORKER_HOME: path.join(place.directory, name),
    XDG_CONFIG_HOME: path.join(place.home, ".config"),
    CLAUDE_WORKER_PORT: "0",
  };
}

async function started(env: Readonly<Record<string, string>>, cwd: string): Promise<Server> {
  const cli: Server["cli"] = (...words) => run(process.execPath, cliWords(...words), { env, cwd });
  await cli("server", "start");
  const paths = pathsFrom(env);
  const client = new WorkerClient({ kind: "socket", path: paths.serverSocket });
  const { pid } = await client.server();
  return {
    client,
    pid,
    paths,
    env,
    cli,
    again: () => started(env, cwd),
    quiet: async (parked) => {
      for (;;) {
        const { workers, counts } = await client.server();
        if (workers.parked >= parked && workers.running === 0 && counts.pending === 0) return;
        await delay(20);
      }
    },
  };
}

/** The version of a program that prints it. */
export function versionOf(program: string): string {
  return execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
}
