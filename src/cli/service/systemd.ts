/**
 * Writes the systemd user unit. A stop or restart of the unit ends only the server, and the runners
 * continue (`KillMode=process`).
 */
import { join } from "node:path";
import { thriftyFlags } from "../server/start-server.ts";
import type { ServiceManager, ServicePlan } from "./service-manager.ts";

const unit = "claude-worker.service";

export function systemdUnit(directory: string, plan: ServicePlan, user: string): ServiceManager {
  return {
    name: "systemd",
    file: join(directory, unit),
    content: contentOf(plan),
    enable: [
      ["systemctl", "--user", "daemon-reload"],
      ["systemctl", "--user", "enable", "--now", unit],
    ],
    disable: [
      ["systemctl", "--user", "disable", "--now", unit],
      ["systemctl", "--user", "daemon-reload"],
    ],
    isActive: ["systemctl", "--user", "--quiet", "is-active", unit],
    hints: [
      `To start it at boot, before you log in: loginctl enable-linger ${user}`,
      "Credentials that are environment variables go into ~/.config/claude-worker/server.env (NAME=value a line, chmod 600).",
    ],
  };
}

function contentOf({ node, launcher, env }: ServicePlan): string {
  return [
    "# Written by: claude-worker service install. Taken back by: claude-worker service uninstall.",
    "[Unit]",
    "Description=Claude Worker: runs Claude Code tasks in the background",
    "# However often it fails (a disk that stays full): it is started again.",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    `ExecStart=${[node, ...thriftyFlags, launcher, "server", "start", "--foreground"].map((word) => quoted(word).replaceAll("$", "$$$$")).join(" ")}`,
    "Restart=on-failure",
    "RestartSec=2",
    "# Runners outlive the server; the next one adopts them.",
    "KillMode=process",
    "# A task that runs out of memory must not take the server down.",
    "OOMPolicy=continue",
    "EnvironmentFile=-%h/.config/claude-worker/server.env",
    ...Object.entries(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/**
 * A word for systemd: quoted, with `%` and `\` taken literally (systemd.syntax(7)). `$` means
 * something in commands only (systemd.service(5)).
 */
function quoted(word: string): string {
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
}
