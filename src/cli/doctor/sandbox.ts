/**
 * Checks the programs that Claude Code's sandbox needs. Tasks run without them; sandboxed ones do
 * not.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

export function checkSandbox(path: string, platform: NodeJS.Platform = process.platform): Check {
  if (platform === "darwin") return ok("Sandbox", "comes with macOS");
  if (platform !== "linux") return warn("Sandbox", `none on ${platform}`, "Sandboxed tasks need Linux or macOS");
  const missing = ["bwrap", "socat"].filter((program) => !isOnPath(program, path));
  if (missing.length === 0) return ok("Sandbox", "bwrap and socat are there");
  return warn(
    "Sandbox",
    `${missing.join(" and ")} not found: sandboxed tasks cannot run, others can`,
    "Install bubblewrap and socat with your system's package manager, e.g. apt install bubblewrap socat",
  );
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us.
  }
}
