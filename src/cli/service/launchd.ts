/**
 * Writes the launchd agent of macOS. `AbandonProcessGroup`: a stop ends only the server, and the
 * runners continue.
 */
import { join } from "node:path";
import { escapeMarkup } from "../../domain/text/escape-markup.ts";
import { thriftyFlags } from "../server/start-server.ts";
import type { ServiceManager, ServicePlan } from "./service-manager.ts";

const label = "dev.claude-worker.server";

export function launchdAgent(directory: string, plan: ServicePlan, uid: number): ServiceManager {
  const file = join(directory, `${label}.plist`);
  return {
    name: "launchd",
    file,
    content: contentOf(plan),
    enable: [["launchctl", "bootstrap", `gui/${uid}`, file]],
    disable: [["launchctl", "bootout", `gui/${uid}/${label}`]],
    isActive: ["launchctl", "print", `gui/${uid}/${label}`],
    hints: ["launchd starts it when you log in. Credentials that are environment variables: launchctl setenv NAME value"],
  };
}

function contentOf({ node, launcher, env }: ServicePlan): string {
  const words = [node, ...thriftyFlags, launcher, "server", "start", "--foreground"].map(
    (word) => `    <string>${escapeMarkup(word)}</string>`,
  );
  const variables = Object.entries(env).map(
    ([name, value]) => `    <key>${escapeMarkup(name)}</key><string>${escapeMarkup(value)}</string>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    `  <key>Label</key><string>${label}</string>`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...words,
    "  </array>",
    "  <key>EnvironmentVariables</key>",
    "  <dict>",
    ...variables,
    "  </dict>",
    "  <key>RunAtLoad</key><true/>",
    "  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>",
    "  <key>AbandonProcessGroup</key><true/>",
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}
