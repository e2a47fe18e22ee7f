/**
 * Makes the server start with the machine: a systemd user unit or a launchd agent. It writes one
 * file and asks the system to take it.
 */
import type { ServiceManager, ServicePlan } from "./service-manager.ts";
import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { makeDirectory } from "../../config/make-directory.ts";
import { WorkerError } from "../../domain/errors.ts";
import { launchdAgent } from "./launchd.ts";
import { systemdUnit } from "./systemd.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** @throws WorkerError unavailable on other systems. */
export function serviceManager(platform: NodeJS.Platform, env: Env, plan: ServicePlan): ServiceManager {
  const home = env["HOME"] || homedir();
  if (platform === "linux")
    return systemdUnit(join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "systemd", "user"), plan, env["USER"] ?? "$USER");
  if (platform === "darwin") return launchdAgent(join(home, "Library", "LaunchAgents"), plan, process.getuid?.() ?? 501);
  throw new WorkerError("unavailable", `There is no service for ${platform} yet. Start the server at login: claude-worker server start`);
}

/**
 * Where this installation is, and the environment that makes a server at boot the same as one that
 * is started by hand.
 */
export function servicePlan(env: Env, launcher: string): ServicePlan {
  const kept = [
    "PATH",
    "CLAUDE_WORKER_HOME",
    "CLAUDE_WORKER_DB",
    "CLAUDE_WORKER_LOG_DIR",
    "CLAUDE_WORKER_CONFIG",
    "CLAUDE_CONFIG_DIR",
    "XDG_CONFIG_HOME",
  ];
  const entries = kept.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return { node: process.execPath, launcher, env: Object.fromEntries(entries) };
}

/** @throws WorkerError unavailable when the system refuses; the file is taken back then. */
export async function installService(manager: ServiceManager, env: Env): Promise<void> {
  makeDirectory(dirname(manager.file), 0o700);
  writeFileSync(manager.file, manager.content, { mode: 0o600 });
  try {
    for (const command of manager.enable) await run(command, env);
  } catch (error) {
    rmSync(manager.file, { force: true });
    throw error;
  }
}

/** Stops only the server: running tasks continue. @returns whether a service was installed. */
export async function uninstallService(manager: ServiceManager, env: Env): Promise<boolean> {
  if (!existsSync(manager.file)) return false;
  for (const command of manager.disable) await run(command, env);
  rmSync(manager.file, { force: true });
  return true;
}

export interface ServiceStatus {
  readonly installed: boolean;
  readonly active: boolean;
  readonly file: string;
  readonly manager: ServiceManager["name"];
}

export async function serviceStatus(manager: ServiceManager, env: Env): Promise<ServiceStatus> {
  const installed = existsSync(manager.file);
  const active =
    installed &&
    (await run(manager.isActive, env).then(
      () => true,
      () => false,
    ));
  return { installed, active, file: manager.file, manager: manager.name };
}

function run([program = "", ...words]: readonly string[], env: Env): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, words, { env: { ...env }, timeout: 30_000 }, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      const reason = error.code === "ENOENT" ? `${program} is not on this machine` : stderr.trim().split("\n").at(-1) || error.message;
      reject(
        new WorkerError(
          "unavailable",
          `${[program, ...words].join(" ")} failed: ${reason}. Without a service manager, start the server at login: claude-worker server start`,
        ),
      );
    });
  });
}
