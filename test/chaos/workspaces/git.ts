/** Git as the person runs it. */
import { execFileSync } from "node:child_process";

export type Run = (...args: string[]) => string;

export function gitIn(directory: string): Run {
  const who = ["-c", "user.name=A Person", "-c", "user.email=person@localhost", "-c", "gc.auto=0"];
  return (...args) =>
    execFileSync("git", [...who, ...args], { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1e9 }).replace(
      /\n$/,
      "",
    );
}
