/**
 * A data directory with a server that may be felled at any moment, and everything that is needed to
 * start it again. It judges nothing.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WorkerClient } from "../../src/client/index.ts";
import { pathsFrom } from "../../src/config/paths.ts";
import type { Paths } from "../../src/config/paths.ts";
import type { FailpointName } from "../../src/processes/failpoint.ts";
import { runnerIdPrefix } from "../../src/supervisor/spawn-runner.ts";
import { serverEntry } from "../../testing/built-server.ts";
import { exited } from "../../testing/exited.ts";
import { startModel } from "../../testing/model.ts";
import type { Script, ScriptedModel } from "../../testing/model.ts";
import { scratch } from "../../testing/scratch.ts";
import type { Scratch } from "../../testing/scratch.ts";
import { makeRepository } from "./check-workspaces.ts";
import { receiver } from "../../testing/receiver.ts";
import type { Receiver } from "../../testing/receiver.ts";
import { telegramStandIn } from "../../testing/telegram.ts";

const fakeAgent = fileURLToPath(new URL("../../testing/fake-agent.ts", import.meta.url));

/** The chat with the person who answers by phone. */
export const phoneChat = 4242;

export interface WorldOptions {
  /** The real Claude Code with a scripted model; otherwise the fake agent. */
  readonly real: boolean;
  readonly workers: number;
}

export class World {
  readonly options: WorldOptions;
  readonly place: Scratch;
  readonly paths: Paths;
  readonly client: WorkerClient;
  readonly model: ScriptedModel;
  readonly hook: Receiver;
  readonly phone: Awaited<ReturnType<typeof telegramStandIn>>;
  readonly idPrefix: string;
  /** Sentences about servers that ended though nobody felled them. */
  readonly deaths: string[] = [];
  /** How many servers have ended, in any way. */
  serverEnds = 0;
  warm = 0;
  parkAfterMs = 0;
  readonly #script: Record<string, Script[string]> = {};
  #server: ChildProcess | null = null;
  #mayDie = new Set<number>();
  #starting: Promise<void> | null = null;
  #lastWord = "";
  readonly #env: Record<string, string>;
  readonly #failpoints: string;

  static async create(options: WorldOptions): Promise<World> {
    const [model, hook, phone] = await Promise.all([startModel(null), receiver(null), telegramStandIn(null)]);
    return new World(options, scratch(null), { model, hook, phone });
  }

  private constructor(options: WorldOptions, place: Scratch, { model, hook, phone }: Pick<World, "model" | "hook" | "phone">) {
    this.options = options;
    this.hook = hook;
    this.phone = phone;
    this.place = place;
    this.model = model;
    makeRepository(place.work);
    this.#failpoints = path.join(place.directory, "failpoints");
    mkdirSync(this.#failpoints);
    this.#env = {
      PATH: process.env["PATH"] ?? "",
      ...model.env(place.home),
      CLAUDE_WORKER_HOME: place.dataHome,
      XDG_CONFIG_HOME: path.join(place.home, ".config"),
      CLAUDE_WORKER_PORT: "0",
      // Tests run on busy machines.
      CLAUDE_WORKER_MAX_LOAD_PER_CPU: "null",
      CLAUDE_WORKER_WORKERS: String(options.workers),
      CLAUDE_WORKER_FAILPOINTS: this.#failpoints,
      ...(options.real ? {} : { CLAUDE_WORKER_AGENT_MODULE: fakeAgent }),
    };
    this.paths = pathsFrom(this.#env);
    this.idPrefix = runnerIdPrefix(this.paths.home);
    this.client = new WorkerClient({ kind: "socket", path: this.paths.serverSocket });
  }

  /** The server that serves now, or is to. */
  get serverPid(): number | null {
    return this.#server?.exitCode === null && this.#server.signalCode === null ? (this.#server.pid ?? null) : null;
  }

  /** Says that this process will end, and that it is meant to. */
  expectDeath(pid: number): void {
    this.#mayDie.add(pid);
  }

  /** Resolves when this process has ended, if it is the server. */
  async gone(pid: number): Promise<void> {
    const server = this.#server;
    if (server?.pid === pid) await exited(server);
  }

  /**
   * Starts the server if it does not run, again and again until one answers (it may be felled while
   * it starts).
   */
  ensureServer(): Promise<void> {
    this.#starting ??= this.#untilReady().finally(() => (this.#starting = null));
    return this.#starting;
  }

  /**
   * Another server takes over from one that was stopped by a signal; resolves when it answers.
   * @returns whether the old one had to be killed first, as the refusal says: it was stopped in the
   * middle of a write.
   */
  async takeOver(): Promise<boolean> {
    const old = this.#server;
    this.#server = null;
    const inTheWay = async (): Promise<boolean> => {
      if (await this.#start(["--takeover"])) return false;
      if (!this.#lastWord.includes(`kill -9 ${old?.pid}`)) return false;
      return old?.kill("SIGKILL") === true;
    };
    let killed = false;
    const taking = inTheWay().then(async (was) => {
      killed = was;
      await this.#untilReady(["--takeover"]);
    });
    await (this.#starting = taking.finally(() => (this.#starting = null)));
    return killed;
  }

  /** Ends the server in good order; running tasks are left alone. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    this.expectDeath(server.pid);
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await gone;
  }

  /** Adds to the model's script. */
  play(key: string, moves: Script[string]): void {
    this.#script[key] = moves;
    this.model.play(this.#script);
  }

  /** From now on the first process that passes the place is felled. */
  arm(place: FailpointName): void {
    const file = path.join(this.#failpoints, place);
    writeFileSync(`${file}.new`, "SIGKILL");
    renameSync(`${file}.new`, file);
  }

  /** Takes the trap away. @returns the process that it felled, or null. */
  disarm(place: FailpointName): number | null {
    rmSync(path.join(this.#failpoints, place), { force: true });
    const felled = this.felled(place);
    if (felled !== null) rmSync(path.join(this.#failpoints, `${place}.${felled}`));
    return felled;
  }

  felled(place: FailpointName): number | null {
    const name = readdirSync(this.#failpoints).find((each) => new RegExp(`^${place.replaceAll(".", "\\.")}\\.\\d+$`).test(each));
    return name === undefined ? null : Number(name.slice(place.length + 1));
  }

  /** Ends what this process runs for the world. */
  async close(): Promise<void> {
    this.client.close();
    this.hook.stop();
    this.phone.stop();
    await this.model.stop();
  }

  async remove(): Promise<void> {
    await this.close();
    await this.place.remove();
  }

  async #untilReady(flags: readonly string[] = []): Promise<void> {
    for (let tries = 0; this.serverPid === null; tries += 1) {
      if (await this.#start(flags)) return;
      if (tries > 20) throw new Error(`the server does not start: ${this.#lastWord}; its log: ${this.paths.serverLog}`);
      await delay(20); // At most 20 tries, not all of them in one moment.
    }
  }

  async #start(flags: readonly string[]): Promise<boolean> {
    mkdirSync(this.paths.home, { recursive: true, mode: 0o700 });
    const log = openSync(this.paths.serverLog, "a", 0o600);
    const env = { ...this.#env, ...this.#ofRound(), CLAUDE_WORKER_READY_FD: "3" };
    const child = spawn(process.execPath, [serverEntry, ...flags], { cwd: "/", env, stdio: ["ignore", log, log, "pipe"] });
    closeSync(log);
    this.#server = child;
    child.once("exit", (code, signal) => this.#judgeDeath(child.pid ?? 0, code, signal));
    this.#lastWord = await firstLine(child.stdio[3] as Readable);
    if (this.#lastWord.includes('"ready":true')) return true;
    this.expectDeath(child.pid ?? 0); // It refused to start, and said why; or it was felled.
    await this.gone(child.pid ?? 0);
    return false;
  }

  #ofRound(): Record<string, string> {
    return { CLAUDE_WORKER_WARM: String(this.warm), CLAUDE_WORKER_PARK_AFTER_MS: String(this.parkAfterMs) };
  }

  #judgeDeath(pid: number, code: number | null, signal: string | null): void {
    this.serverEnds += 1;
    if (this.#mayDie.has(pid)) return;
    const felled = existsSync(this.#failpoints) && readdirSync(this.#failpoints).some((name) => name.endsWith(`.${pid}`));
    if (!felled) this.deaths.push(`the server ${pid} ended by itself (code ${String(code)}, signal ${String(signal)})`);
  }
}

async function firstLine(stream: Readable): Promise<string> {
  stream.setEncoding("utf8");
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text;
}
