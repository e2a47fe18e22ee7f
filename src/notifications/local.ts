/** Shows notifications on the server's machine: on its desktop, or by a program of the user. */
import { escapeMarkup } from "../domain/text/escape-markup.ts";
import type { Adapter } from "./adapter.ts";
import { isUrgent, payloadOf } from "./payload.ts";
import { runProgram } from "./run-program.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The program gets JSON on its standard input: what a webhook gets, and the message's id. */
export function commandAdapter(env: Environment): Adapter {
  return {
    async send(message, { target }, signal) {
      const input = `${JSON.stringify({ id: message.id, ...payloadOf(message) })}\n`;
      return await runProgram({ command: target.command ?? [], input, env, signal });
    },
  };
}

/** Texts are arguments of a program and never pass a shell (docs/decisions/0014). */
export function desktopAdapter(env: Environment, platform: NodeJS.Platform = process.platform): Adapter {
  return {
    async send(message, _, signal) {
      const { title, text } = message;
      const command = platform === "darwin" ? onMac(title, text) : onLinux(title, text, isUrgent(message));
      return await runProgram({ command, input: "", env, signal });
    },
  };
}

function onLinux(title: string, text: string, urgent: boolean): string[] {
  // The text may be shown with markup.
  const plain = escapeMarkup(text);
  return ["notify-send", "--app-name=Claude Worker", `--urgency=${urgent ? "critical" : "normal"}`, "--", title, plain];
}

function onMac(title: string, text: string): string[] {
  const script = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];
  return ["osascript", ...script.flatMap((line) => ["-e", line]), title, text];
}
