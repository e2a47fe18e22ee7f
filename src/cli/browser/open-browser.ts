/**
 * Opens an address with a secret in the person's browser. The program that opens it gets the name
 * of a private file that leads there: other users can see the arguments of processes.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { escapeMarkup } from "../../domain/text/escape-markup.ts";

/** How long a program that opens browsers may take before it counts as started. */
const startedMs = 5000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the call comes from another machine, where a browser would open on the wrong screen. */
export function isRemoteShell(env: Environment): boolean {
  return Boolean(env["SSH_CONNECTION"] || env["SSH_TTY"]);
}

/** The program that opens addresses here; null: there is no screen. */
export function browserOpener(env: Environment, platform: NodeJS.Platform): string | null {
  if (isRemoteShell(env)) return null;
  if (platform === "darwin") return "open";
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? "xdg-open" : null;
}

/**
 * @param directory of this user only; the file stays there until the next call.
 * @returns whether a browser was asked to open the address.
 */
export async function openInBrowser(opener: string, url: string, directory: string, env: Environment): Promise<boolean> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, "open.html");
  writeFileSync(file, leadingTo(url), { mode: 0o600 });
  return await new Promise((resolve) => {
    const child = spawn(opener, [pathToFileURL(file).href], { detached: true, stdio: "ignore", env: { ...env } });
    const timer = setTimeout(() => {
      child.unref();
      resolve(true);
    }, startedMs);
    child.once("error", () => (clearTimeout(timer), resolve(false)));
    child.once("exit", (code) => (clearTimeout(timer), resolve(code === 0)));
  });
}

function leadingTo(url: string): string {
  const address = escapeMarkup(url).replaceAll('"', "&quot;");
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${address}"><title>Claude Worker</title><a href="${address}">Open Claude Worker</a>\n`;
}
