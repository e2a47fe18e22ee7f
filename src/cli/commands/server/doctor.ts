/** `doctor`: checks everything that tasks need and says how to fix what is missing. */
import { agentEnvironment } from "../../../config/agent-env.ts";
import type { WorkerClient } from "../../../client/worker-client.ts";
import { pathsFrom } from "../../../config/paths.ts";
import type { ConfigView } from "../../../contract/views/config.ts";
import { messageOf } from "../../../domain/errors.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { clientUsedBy, connectionOf } from "../../server/connection.ts";
import { fail, warn } from "../../doctor/check.ts";
import type { Check, CheckState } from "../../doctor/check.ts";
import { checkChannels } from "../../doctor/channels.ts";
import { checkClaudeCode } from "../../doctor/claude-code.ts";
import { checkClaudeSettings } from "../../doctor/claude-settings.ts";
import { checkByProbe, checkCredentials } from "../../doctor/credentials.ts";
import { checkDatabase } from "../../doctor/database.ts";
import { checkDirectories, checkDisk } from "../../doctor/directories.ts";
import { checkGit } from "../../doctor/git.ts";
import { checkMachine } from "../../doctor/machine.ts";
import { checkMirrors } from "../../doctor/mirrors.ts";
import { checkNode } from "../../doctor/node.ts";
import { checkProfiles, checkProfilesHere } from "../../doctor/profiles.ts";
import { checkRunningSettings } from "../../doctor/running-settings.ts";
import { checkSandbox } from "../../doctor/sandbox.ts";
import { checkSchedules } from "../../doctor/schedules.ts";
import { checkServer } from "../../doctor/server.ts";
import { unknownVariables } from "../../../config/known-variables.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import type { Io } from "../../terminal/io.ts";
import { painter } from "../../terminal/render/colour.ts";
import type { Colour } from "../../terminal/render/colour.ts";
import { prose } from "../../terminal/render/wrap.ts";
import { explainUnreadable } from "../../commandline/unreadable-answer.ts";

export const command = defineCommand<{ readonly fix?: boolean; readonly probe?: boolean }>({
  name: "doctor",
  summary: "Check everything that tasks need, and say how to fix what is missing",
  details: "Exits with 1 when something fails that keeps tasks from running.",
  options: [
    {
      flags: "--probe",
      description: "try the credentials of the running server and of each profile: one turn of Claude Code each, a few tokens",
    },
    {
      flags: "--fix",
      description:
        "fix what can be fixed safely: the data directory's permissions, and the hold after a failed sign-in or a failed start of Claude Code",
    },
  ],
  examples: [
    { command: "claude-worker doctor", does: "after installing, or when something is odd" },
    { command: "claude-worker doctor --fix", does: "after signing in again" },
    { command: "claude-worker doctor --json", does: "for programs" },
  ],
  async run({ options, io }) {
    const checks = options.fix === true ? await fixed(io, options.probe === true) : await allChecks(io, options.probe === true);
    if (options.json === true) writeJson(io.stdout, { checks });
    else io.stdout.write(linesOf(checks, io));
    return checks.some(({ state }) => state === "fail") ? exitCodes.failed : exitCodes.ok;
  },
});

/** Fixes what can be fixed safely, and checks everything again. */
async function fixed(io: Io, isProbing: boolean): Promise<Check[]> {
  const checks = await allChecks(io, isProbing);
  const fixable = checks.filter(({ repair }) => repair !== undefined);
  for (const { name, message, repair } of fixable) {
    await repair?.();
    io.stderr.write(`Fixed: ${name}: ${plainLine(message, 4000)}\n`);
  }
  return fixable.length === 0 ? checks : await allChecks(io, isProbing);
}

async function allChecks(io: Io, isProbing: boolean): Promise<Check[]> {
  const paths = pathsFrom(io.env);
  const fromHere = [
    checkNode(process.versions.node, process.execPath),
    checkSandbox(io.env["PATH"] ?? ""),
    ...checkDirectories(paths),
    ...unknownVariables(io.env).map((sentence) => warn("Environment", sentence, null)),
  ];
  const looked = await Promise.all([checkGit(io.env), checkDisk(paths), checkMirrors(io.cwd, io.env), withSettings(io, isProbing)]);
  return [...fromHere, ...looked.flat()];
}

/** Runs the checks that need the settings. Reports broken settings instead of them. */
async function withSettings(io: Io, isProbing: boolean): Promise<Check[]> {
  try {
    const { settings, origins, client, isLocal, paths } = connectionOf(io);
    const agentEnv = agentEnvironment(io.env, settings.agent_env);
    const server = await configOfServer(client);
    const probed = isProbing && server !== null ? [await checkByProbe(client)] : [];
    const [credentials, claude] = await Promise.all([
      checkCredentials(agentEnv, server?.environment ?? null),
      checkClaudeCode(settings.claude_executable, origins.claude_executable),
    ]);
    // Our own Claude Code says nothing about that of a remote server.
    const claudeStarts = isLocal && claude.state === "ok";
    return [
      credentials,
      ...probed,
      claude,
      ...(isLocal ? checkClaudeSettings(io.cwd, agentEnv) : []),
      ...(server === null ? [] : checkRunningSettings(server, { settings, path: agentEnv["PATH"] ?? "", isLocal })),
      ...(server === null ? checkProfilesHere({ env: io.env, settings }) : await checkProfiles(client, { isProbing })),
      ...(server === null ? [] : await checkChannels(client)),
      ...(server === null ? [] : await checkSchedules(client, Date.now())),
      ...(server === null ? [] : await checkMachine(client)),
      ...(await checkServer(client, { claudeStarts, whenAbsent: async () => await checkDatabase(paths.database) })),
    ];
  } catch (error) {
    const explained = await explainUnreadable(error, clientUsedBy(io));
    if (explained !== error)
      return [await checkCredentials(io.env), fail("Server", messageOf(explained), "Restart it: claude-worker server restart")];
    return [await checkCredentials(io.env), fail("Configuration", messageOf(error), "See: claude-worker config path")];
  }
}

/**
 * What the server says of itself; null where none answers, or not to this caller. The check of the
 * server says why.
 */
async function configOfServer(client: WorkerClient): Promise<ConfigView | null> {
  try {
    return await client.config();
  } catch {
    return null;
  }
}

const colours: Readonly<Record<CheckState, Colour>> = { ok: "green", warn: "yellow", fail: "red" };

function linesOf(checks: readonly Check[], io: Io): string {
  const paint = painter(io.stdout);
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, state, message, fix }) => {
    const first = `${paint[colours[state]](state.padEnd(4))}  ${name.padEnd(width)}  `;
    const rest = " ".repeat(width + 8);
    const line = prose(io.stdout, plainLine(message, 4000), { first, rest });
    if (fix === null) return `${line}\n`;
    return `${line}\n${prose(io.stdout, plainLine(fix, 4000), { first: `${rest}${paint.bold("→")} `, rest: `${rest}  ` })}\n`;
  });
  return lines.join("");
}
