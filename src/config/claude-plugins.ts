/**
 * The files of the plugins that Claude Code loads, and which of them are broken: it then works
 * without the plugin's hooks and says nothing. Measured with Claude Code 2.1.332.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  hooksFileProblems,
  hooksFilesNamed,
  installedPlaces,
  localMarketplace,
  manifestProblems,
  marketplaceProblems,
  placeInMarketplace,
  pluginFileProblems,
  pluginSwitches,
  skillsPluginName,
} from "../domain/task/claude-plugins.ts";
import { problemsIn, textIn } from "./broken-file.ts";
import type { BrokenSettings } from "./broken-file.ts";

export interface PluginPlaces {
  /** The working directory. */
  readonly directory: string;
  /** Where Claude Code keeps installed plugins. */
  readonly home: string;
  /** Claude Code's own directory of this user. */
  readonly user: string;
}

/**
 * What is broken in the plugins that these settings turn on, and in those that are on by
 * themselves, because they lie among the skills. A plugin that is not installed has no files, so
 * nothing of it is broken.
 * @param texts the settings, weakest first.
 */
export function brokenPlugins(places: PluginPlaces, texts: readonly string[]): BrokenSettings[] {
  const { on, off } = pluginSwitches(texts);
  const skills = [places.user, join(places.directory, ".claude")].map((place) => join(place, "skills"));
  return [...brokenInstalled(places, on), ...[...new Set(skills)].flatMap((folder) => brokenAmongSkills(folder, off))];
}

function brokenInstalled({ directory, home }: PluginPlaces, plugins: readonly string[]): BrokenSettings[] {
  if (plugins.length === 0) return [];
  const known = join(home, "known_marketplaces.json");
  const installed = join(home, "installed_plugins.json");
  const lists = [known, installed].flatMap((file) => problemsIn(file, pluginFileProblems));
  const knownText = textIn(known) ?? "";
  const installedText = textIn(installed) ?? "";
  const marketplaces = new Map<string, Marketplace | null>();
  const broken = plugins.flatMap((plugin) => {
    const [name, marketplace] = splitName(plugin);
    if (!marketplaces.has(marketplace)) marketplaces.set(marketplace, readMarketplace(localMarketplace(knownText, marketplace)));
    const local = marketplaces.get(marketplace) ?? null;
    const place = local === null ? null : placeIn(local, name);
    const places = place === null ? installedPlaces(installedText, plugin, directory) : [place];
    return places.flatMap(problemsOfPlugin);
  });
  const described = [...marketplaces.values()].flatMap((each) => each?.problems ?? []);
  return [...lists, ...described, ...broken];
}

/** A marketplace on this machine: Claude Code reads its plugins there, not where it put a copy. */
interface Marketplace {
  readonly root: string;
  readonly text: string;
  readonly problems: readonly BrokenSettings[];
}

function readMarketplace(root: string | null): Marketplace | null {
  if (root === null) return null;
  const file = join(root, ".claude-plugin", "marketplace.json");
  return { root, text: textIn(file) ?? "", problems: problemsIn(file, marketplaceProblems) };
}

function placeIn({ root, text }: Marketplace, name: string): string | null {
  const source = placeInMarketplace(text, name);
  const place = source === null ? null : join(root, source);
  return place !== null && existsSync(place) ? place : null;
}

function splitName(plugin: string): [name: string, marketplace: string] {
  const at = plugin.lastIndexOf("@");
  return at === -1 ? [plugin, ""] : [plugin.slice(0, at), plugin.slice(at + 1)];
}

/**
 * Claude Code loads a folder of skills that has a manifest as a plugin, unless settings turn it
 * off. A folder whose name begins with a dot is not loaded.
 */
function brokenAmongSkills(folder: string, off: readonly string[]): BrokenSettings[] {
  return entriesOf(folder)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) => {
      const root = join(folder, name);
      const manifest = manifestOf(root);
      if (!existsSync(manifest) || off.includes(skillsPluginName(textIn(manifest) ?? "", name))) return [];
      return problemsOfPlugin(root);
    });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Claude Code finds no skills there either.
  }
}

function manifestOf(root: string): string {
  return join(root, ".claude-plugin", "plugin.json");
}

function problemsOfPlugin(root: string): BrokenSettings[] {
  const manifest = manifestOf(root);
  const usual = join(root, "hooks", "hooks.json");
  const named = hooksFilesNamed(textIn(manifest) ?? "").map((name) => join(root, name));
  const missing = named.filter((file) => !existsSync(file));
  return [
    ...problemsIn(manifest, manifestProblems),
    ...missing.map((file) => ({ file: manifest, line: null, problem: `names the hooks file ${file}, which is not there` })),
    ...[...new Set([usual, ...named])].flatMap((file) => problemsIn(file, hooksFileProblems)),
    ...problemsIn(join(root, ".mcp.json"), pluginFileProblems),
  ];
}
