/**
 * Fields of Claude Code's settings: their types, and names in a place where it ignores them.
 * Measured with Claude Code 2.1.332.
 */
import { objectOf } from "../text/read-json.ts";
import { checkType, textOf } from "./json-problems.ts";
import type { Kind, Report } from "./json-problems.ts";

/** Reports fields of a wrong type or value: Claude Code then drops the whole file. */
export function checkFields(value: Readonly<Record<string, unknown>>, report: Report): void {
  for (const [name, wanted] of fieldTypes) checkType(value[name], [name], wanted, report);
  const { permissions, sandbox, statusLine } = value;
  checkWords(objectOf(permissions), ["permissions", "defaultMode"], permissionModes, report);
  checkWords(objectOf(permissions), ["permissions", "disableBypassPermissionsMode"], ["disable"], report);
  for (const [name, wanted] of Object.entries(sandboxTypes)) checkType(objectOf(sandbox)[name], ["sandbox", name], wanted, report);
  if (statusLine === undefined || !checkType(statusLine, ["statusLine"], "object", report)) return;
  checkWords(objectOf(statusLine), ["statusLine", "type"], ["command"], report);
  const { command } = objectOf(statusLine);
  if (command === undefined) report(["statusLine"], 'statusLine has no "command"');
  else checkType(command, ["statusLine", "command"], "text", report);
}

/** Reports names that Claude Code ignores in their place, so that their rules are out of force. */
export function checkPlaces(value: Readonly<Record<string, unknown>>, report: Report): void {
  for (const name of Object.keys(value)) {
    const right = misplaced.get(plain(name));
    if (right !== undefined && right !== name) report([name], `${name} is ignored; write ${right}`);
  }
  for (const name of Object.keys(objectOf(value["permissions"]))) {
    const right = permissionNames.get(plain(name));
    if (right !== undefined && right !== name)
      report(["permissions", name], `${textOf(["permissions", name])} is ignored; write permissions.${right}`);
  }
}

const permissionModes = ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan"];

function checkWords(
  value: Readonly<Record<string, unknown>>,
  path: readonly [string, string],
  words: readonly string[],
  report: Report,
): void {
  const word = value[path[1]];
  if (word !== undefined && !(words as readonly unknown[]).includes(word))
    report(path, `${textOf(path)} must be one of ${words.join(", ")}, not ${JSON.stringify(word)}`);
}

const texts =
  "apiKeyHelper proxyAuthHelper awsCredentialExport awsAuthRefresh gcpAuthRefresh processWrapper model agent language " +
  "outputStyle otelHeadersHelper advisorModel plansDirectory claudeMd autoMemoryDirectory minimumVersion";
const switches =
  "respectGitignore includeCoAuthoredBy includeGitInstructions enforceAvailableModels enableAllProjectMcpServers " +
  "disableClaudeAiConnectors disableBundledSkills disableAllHooks disableWorkflows disableSkillShellExecution " +
  "allowManagedHooksOnly allowManagedPermissionRulesOnly allowManagedMcpServersOnly disableCommandPluginSources " +
  "disableSideloadFlags skipWebFetchPreflight spinnerTipsEnabled alwaysThinkingEnabled fastMode verbose autoMemoryEnabled " +
  "autoCompactEnabled fileCheckpointingEnabled skipDangerousModePermissionPrompt";
const numbers = "cleanupPeriodDays feedbackSurveyRate skillListingMaxDescChars";
const lists =
  "fallbackModel availableModels allowedHttpHookUrls httpHookAllowedEnvVars strictKnownMarketplaces blockedMarketplaces " +
  "claudeMdExcludes companyAnnouncements";
const objects =
  "permissions hooks sandbox env enabledPlugins fileSuggestion modelOverrides skillOverrides worktree pluginConfigs " +
  "spinnerVerbs autoMode";

/** Top-level fields with one plain type. */
const fieldTypes: readonly (readonly [string, Kind])[] = (
  [
    [texts, "text"],
    [switches, "boolean"],
    [numbers, "number"],
    [lists, "list"],
    [objects, "object"],
  ] as const
).flatMap(([names, kind]) => names.split(" ").map((name) => [name, kind] as const));

const sandboxTypes: Readonly<Record<string, Kind>> = {
  enabled: "boolean",
  autoAllowBashIfSandboxed: "boolean",
  network: "object",
  filesystem: "object",
  excludedCommands: "list",
};

/** A name without what is easily mistaken: capital letters, a plural's end, other signs. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")
    .replace(/s$/, "");
}

function byPlain(names: readonly string[], prefix = ""): [string, string][] {
  return names.map((name) => [plain(name), `${prefix}${name}`]);
}

const namesInPermissions = ["allow", "deny", "ask", "defaultMode", "additionalDirectories", "disableBypassPermissionsMode"];
const permissionNames = new Map(byPlain(namesInPermissions));

/** Names at the top of a file, and where they belong. */
const misplaced = new Map([
  ...byPlain(namesInPermissions, "permissions."),
  ...byPlain(["disallowedTools"]).map(([name]) => [name, "permissions.deny"] as const),
  ...byPlain(["permissions", "hooks", "sandbox", "disableAllHooks"]),
  ...byPlain(["PreToolUse", "PermissionRequest", "UserPromptSubmit"], "hooks."),
]);
