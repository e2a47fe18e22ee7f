/**
 * Handles calls without a command: the general help, the version, a group's help, and unknown
 * words.
 */
import { didYouMean } from "../../domain/text/did-you-mean.ts";
import { WorkerError } from "../../domain/errors.ts";
import { commandHelp } from "./command-help.ts";
import { commandIndex, findCommand, groups, meant, renamed } from "./command-index.ts";
import type { Found } from "./command-index.ts";
import { exampleLines } from "./examples.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { writeJson } from "../terminal/io.ts";
import type { Io } from "../terminal/io.ts";
import { packageVersion } from "./package-version.ts";
import { wrap, wrapWords } from "../terminal/render/wrap.ts";

/**
 * Handles a call without a command, or with a flag before it: `--version`, `--help`, `help run`.
 * @throws WorkerError invalid_input.
 */
export async function general(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [first = "--help", ...rest] = argv.filter((word) => word !== "--json" && word !== "--debug");
  if (first === "--version" || first === "-V") return version(argv.includes("--json"), io);
  if (first === "help" && rest.length > 0) return await helpOf(rest, io);
  if (first === "--help" || first === "-h" || first === "help") {
    io.stdout.write(await generalHelp(io.stdout.columns));
    return exitCodes.ok;
  }
  const hint = first === "-v" ? " Did you mean --version?" : "";
  throw new WorkerError("invalid_input", `Unknown flag ${first} before a command.${hint} See: claude-worker --help`);
}

/**
 * Handles a group without its verb, and a word that is not a command.
 * @throws WorkerError invalid_input with the nearest name.
 */
export async function generalAbout(found: Exclude<Found, { kind: "command" }>, io: Io): Promise<ExitCode> {
  if (found.kind === "group") {
    io.stdout.write(await groupHelp(found.group, io.stdout.columns));
    return exitCodes.ok;
  }
  const now = Object.hasOwn(renamed, found.name) ? renamed[found.name] : undefined;
  if (now !== undefined)
    throw new WorkerError("invalid_input", `The command "${found.name}" is now "${now}". See: claude-worker ${now} --help`);
  const near = Object.hasOwn(meant, found.name) ? meant[found.name] : didYouMean(found.name, found.known);
  const hint =
    near === null || near === undefined
      ? ""
      : ` Did you mean ${[near]
          .flat()
          .map((name) => `"${name}"`)
          .join(" or ")}?`;
  throw new WorkerError("invalid_input", `Unknown command "${found.name}".${hint} See: claude-worker --help`);
}

function version(json: boolean, io: Io): ExitCode {
  if (json) writeJson(io.stdout, { version: packageVersion() });
  else io.stdout.write(`claude-worker ${packageVersion()}\n`);
  return exitCodes.ok;
}

async function helpOf(words: readonly string[], io: Io): Promise<ExitCode> {
  const found = findCommand(words);
  if (found.kind !== "command") return await generalAbout(found, io);
  io.stdout.write(commandHelp((await found.entry.load()).command, io.stdout.columns));
  return exitCodes.ok;
}

/**
 * The commands of every day with what they do, and the names of the others: a page that fits a
 * screen.
 */
async function generalHelp(columns: number): Promise<string> {
  const daily = await summaries((name) => everyday.includes(name), columns);
  const others = commandIndex.map(({ name }) => name).filter((name) => !everyday.includes(name) && !name.startsWith("_"));
  const groupsOfOthers = helpGroups
    .map(([title, fits]): [string, string[]] => [title, others.filter((name) => groupTitle(name) === title && fits.test(name))])
    .filter(([, names]) => names.length > 0);
  const width = Math.max(...groupsOfOthers.map(([title]) => title.length));
  const examples = [
    { command: 'claude-worker run "Fix the failing test" --watch', does: "start and follow it" },
    { command: "claude-worker doctor", does: "check the set-up" },
  ];
  return [
    "claude-worker runs Claude Code tasks in the background and loses none of them.",
    "Usage: claude-worker COMMAND [ARGUMENTS] [FLAGS]",
    "",
    ...daily,
    "",
    ...groupsOfOthers.flatMap(([title, names]) => {
      const words = shortened(names).map((text) => ({ text, before: "blank" }) as const);
      return wrapWords(words, Math.min(columns, 80), { first: `  ${title.padEnd(width)}  `, rest: " ".repeat(width + 4) });
    }),
    "",
    "Examples:",
    exampleLines(examples, "  ", columns),
    "Every command takes --help (with examples) and --json.",
    "",
  ].join("\n");
}

const everyday = ["run", "list", "show", "logs", "watch", "wait", "top", "inbox", "cancel", "retry"];

/** What is not for every day, in groups; a command belongs to the first that fits. */
const helpGroups: readonly [title: string, fits: RegExp][] = [
  ["Talk", /^(?:answer|rules|send|messages|unsend|fork|rewind)\b/],
  ["Order", /^(?:(?:stash|enqueue|move|edit|hold|resume)$|(?:group|budget|schedule) )/],
  ["Files", /^(?:diff|checkpoints|restore|undo|apply|land|pr|review|workspace)\b/],
  ["Tell", /^notify /],
  ["Server", /^(?:server|service) /],
  ["Access", /^(?:trust|token) /],
  ["Set up", /^(?:config |doctor$|claude$|completion$)/],
  ["Agents", /^mcp/],
  ["Data", /^(?:attempts$|usage$|rm$|prune$|db )/],
  ["More", /./],
];

function groupTitle(name: string): string {
  return helpGroups.find(([, fits]) => fits.test(name))?.[0] ?? "More";
}

/** `server start|stop, doctor`: verbs of one noun together. */
function shortened(names: readonly string[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const name of names) {
    const [first = "", second] = name.split(" ");
    verbs.set(first, [...(verbs.get(first) ?? []), second ?? ""]);
  }
  return [...verbs]
    .flatMap(([noun, seconds]) => {
      const own = seconds.includes("") ? [noun] : [];
      const others = seconds.filter((verb) => verb !== "").join("|");
      return [...own, ...(others === "" ? [] : [`${noun} ${others}`])];
    })
    .map((item, index, all) => (index === all.length - 1 ? item : `${item},`));
}

async function groupHelp(group: string, columns: number): Promise<string> {
  const rows = await summaries((name) => name.startsWith(`${group} `), columns);
  const more = `See: claude-worker ${group} VERB --help`;
  return [groups[group] ?? group, "", ...rows, "", more, ""].join("\n");
}

async function summaries(wanted: (name: string) => boolean, columns: number): Promise<string[]> {
  const entries = commandIndex.filter(({ name }) => wanted(name));
  const commands = await Promise.all(entries.map(async ({ load }) => (await load()).command));
  const shown = commands
    .filter(({ hidden }) => hidden !== true)
    .map((command) => ({
      title: command.alias === undefined ? command.name : `${command.name}, ${command.alias}`,
      summary: command.summary,
    }));
  const width = Math.max(...shown.map(({ title }) => title.length));
  return shown.flatMap(({ title, summary }) =>
    wrap(summary, columns, { first: `  ${title.padEnd(width)}  `, rest: " ".repeat(width + 4) }),
  );
}
