/**
 * The files of a plugin of Claude Code, and which contents of them it does not take: it then works
 * without the plugin or without its hooks, and says nothing. Measured with Claude Code 2.1.332.
 */
import type { JsonPath } from "../text/json-source.ts";
import { parseJson } from "../text/parse-json.ts";
import { arrayOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { checkHooks } from "./hook-problems.ts";
import { checkType, problemsOf } from "./json-problems.ts";
import type { Report, SettingsProblem } from "./json-problems.ts";

/** Plugins by `name@marketplace`, as settings name them. */
export interface PluginSwitches {
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/** The plugins that these settings turn on and off. @param texts weakest first. */
export function pluginSwitches(texts: readonly string[]): PluginSwitches {
  const wanted = [...new Map(texts.flatMap((text) => Object.entries(objectOf(parsed(text)["enabledPlugins"]))))];
  const names = (isOn: boolean): string[] =>
    wanted.filter(([, value]) => (value !== false && value !== null) === isOn).map(([name]) => name);
  return { on: names(true), off: names(false) };
}

/**
 * The name by which settings turn off a plugin in a folder of skills.
 * @param manifest its `plugin.json`. @param folder counts where the manifest gives no name.
 */
export function skillsPluginName(manifest: string, folder: string): string {
  return `${stringOf(parsed(manifest)["name"]) ?? folder}@skills-dir`;
}

/** What is wrong in a plugin's `hooks/hooks.json`, or in another hooks file that it names. */
export function hooksFileProblems(text: string): SettingsProblem[] {
  return pluginProblems(text, ({ hooks }, report) => {
    if (hooks === undefined) report([], 'the file has no "hooks", so none of it is in force');
    else if (checkType(hooks, ["hooks"], "object", report)) checkHooks(hooks, ["hooks"], report);
  });
}

/** What is wrong in a plugin's `plugin.json`. */
export function manifestProblems(text: string): SettingsProblem[] {
  return pluginProblems(text, ({ hooks }, report) => checkPluginHooks(hooks, ["hooks"], report));
}

/** What is wrong in the `marketplace.json` that describes plugins. */
export function marketplaceProblems(text: string): SettingsProblem[] {
  return pluginProblems(text, ({ plugins }, report) => {
    if (!checkType(plugins, ["plugins"], "list", report)) return;
    for (const [index, plugin] of arrayOf(plugins).entries())
      checkPluginHooks(objectOf(plugin)["hooks"], ["plugins", index, "hooks"], report);
  });
}

/** What is wrong in another file of a plugin or of Claude Code's list of plugins: its syntax. */
export function pluginFileProblems(text: string): SettingsProblem[] {
  return pluginProblems(text, () => undefined);
}

/** The hooks files that a `plugin.json` names, as it names them. */
export function hooksFilesNamed(manifest: string): string[] {
  const { hooks } = parsed(manifest);
  return (Array.isArray(hooks) ? hooks : [hooks]).filter((each) => typeof each === "string");
}

/** Where a marketplace that is a directory of this machine lies; null: it is elsewhere. */
export function localMarketplace(knownMarketplaces: string, marketplace: string): string | null {
  const known = objectOf(parsed(knownMarketplaces)[marketplace]);
  return objectOf(known["source"])["source"] === "directory" ? stringOf(known["installLocation"]) : null;
}

/** Where in its marketplace a plugin lies, as a relative path; null: it is not in there. */
export function placeInMarketplace(marketplaceFile: string, name: string): string | null {
  const plugin = arrayOf(parsed(marketplaceFile)["plugins"])
    .map(objectOf)
    .find((each) => each["name"] === name);
  return plugin === undefined ? null : stringOf(plugin["source"]);
}

/** The directories into which the plugin was installed for work in this directory. */
export function installedPlaces(installedPlugins: string, plugin: string, directory: string): string[] {
  const found = objectOf(parsed(installedPlugins)["plugins"])[plugin];
  return (Array.isArray(found) ? found : [found])
    .map(objectOf)
    .filter(({ projectPath }) => typeof projectPath !== "string" || `${directory}/`.startsWith(`${projectPath}/`))
    .flatMap(({ installPath }) => (typeof installPath === "string" ? [installPath] : []));
}

/** Unlike an empty settings file, an empty file of a plugin is not valid. */
function pluginProblems(text: string, check: (value: Record<string, unknown>, report: Report) => void): SettingsProblem[] {
  return text.trim() === "" ? [{ line: null, problem: "is empty" }] : problemsOf(text, check);
}

/** Hooks within a plugin's description: by their events, or the names of files, or a list. */
function checkPluginHooks(hooks: unknown, path: JsonPath, report: Report): void {
  if (typeof hooks === "string") return;
  if (Array.isArray(hooks)) for (const [index, each] of hooks.entries()) checkPluginHooks(each, [...path, index], report);
  else if (checkType(hooks, path, "object", report)) checkHooks(hooks, path, report);
}

function parsed(text: string): JsonObject {
  try {
    return objectOf(parseJson(text));
  } catch {
    return {};
  }
}
