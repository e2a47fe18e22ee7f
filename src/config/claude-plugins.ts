/**
 * The files of the plugins that Claude Code loads, and which of them are broken: it then works
 * without the plugin's hooks and says nothing. Measured with Claude Code 2.1.332.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  enabledPlugins,
  hooksFileProblems,
  hooksFilesNamed,
  installedPlaces,
  localMarketplace,
  manifestProblems,
  marketplaceProblems,
  placeInMarketplace,
  pluginFileProblems,
} from "../domain/task/claude-plugins.ts";
import { problemsIn, textIn } from "./broken-file.ts";
import type { BrokenSettings } from "./broken-file.ts";

/**
 * What is broken in the plugins that these settings turn on. A plugin that is not installed has no
 * files, so nothing of it is broken.
 * @param texts the settings, weakest first. @param home where Claude Code keeps its plugins.
 */
export function brokenPlugins(directory: string, texts: readonly string[], home: string): BrokenSettings[] {
  const plugins = enabledPlugins(texts);
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

function problemsOfPlugin(root: string): BrokenSettings[] {
  const manifest = join(root, ".claude-plugin", "plugin.json");
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
