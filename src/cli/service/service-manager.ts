/** Describes what a system's service manager needs so that the server starts with the machine. */

/** The server's start parameters. All paths are absolute. */
export interface ServicePlan {
  readonly node: string;
  readonly launcher: string;
  /** Environment variables that the server needs. None of them holds a secret. */
  readonly env: Readonly<Record<string, string>>;
}

/** How one kind of system does it. */
export interface ServiceManager {
  readonly name: "systemd" | "launchd";
  /** The file that makes it known. */
  readonly file: string;
  readonly content: string;
  /** Commands that take it into service now and at every start; then those that take it out. */
  readonly enable: readonly (readonly string[])[];
  readonly disable: readonly (readonly string[])[];
  /** Exits with 0 when it is active. */
  readonly isActive: readonly string[];
  /** What a person may still want to do. */
  readonly hints: readonly string[];
}
