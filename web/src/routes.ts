/** Which page an address names. */
import { pageAddresses } from "../../src/contract/page-addresses.ts";
import type { PageAddress } from "../../src/contract/page-addresses.ts";

export interface Page {
  /** Its heading, and the first word of the tab's title. */
  readonly title: string;
  readonly kind: "sessions" | "unbuilt" | "unknown";
  /** What shows the same on the command line, where the page is not built. */
  readonly command?: string;
}

const task = unbuilt("Task", "claude-worker show");
const queue = unbuilt("Queue", "claude-worker list --order queue");
const workflows = unbuilt("Workflows", "claude-worker workflow list");
const schedules = unbuilt("Schedules", "claude-worker schedule list");
const settings = unbuilt("Settings", "claude-worker config list");
const notFound: Page = { title: "Not found", kind: "unknown" };

const pages: Readonly<Record<PageAddress, Page>> = {
  "/": unbuilt("Now", "claude-worker top"),
  // It has a document of its own (main.tsx).
  "/login": notFound,
  "/tasks/{id}": task,
  "/tasks/{id}/changes": task,
  "/tasks/{id}/attempts": task,
  "/tasks/{id}/verify": task,
  "/tasks/{id}/logs": task,
  "/queue": queue,
  "/queue/{group}": queue,
  "/history": unbuilt("History", "claude-worker list"),
  "/workflows": workflows,
  "/workflows/{name}": workflows,
  "/workflows/runs/{id}": workflows,
  "/schedules": schedules,
  "/schedules/{id}": schedules,
  "/usage": unbuilt("Usage", "claude-worker usage"),
  "/settings": settings,
  "/settings/{section}": settings,
  "/new": unbuilt("New task", "claude-worker run"),
};

export function pageAt(pathname: string): Page {
  if (pathname === "/settings/sessions") return { title: "Sessions", kind: "sessions" };
  const address = pageAddresses.find((each) => new RegExp(`^${each.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname));
  return address === undefined ? notFound : pages[address];
}

function unbuilt(title: string, command: string): Page {
  return { title, kind: "unbuilt", command };
}
