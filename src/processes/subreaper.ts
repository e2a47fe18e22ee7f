/**
 * Makes this process the parent of orphans below it, so that no double fork leaves its tree. Works
 * on Linux; does nothing on other systems.
 */

/** `PR_SET_CHILD_SUBREAPER` of prctl(2): existing descendants are covered too. */
const setChildSubreaper = 36;

/**
 * @returns whether it worked. Where it did not (macOS, no koffi), the marker in the environment
 * finds processes that left the tree.
 */
export async function becomeSubreaper(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  try {
    const { default: koffi } = await import("koffi");
    const prctl = koffi.load(null).func("int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)");
    return prctl(setChildSubreaper, 1, 0, 0, 0) === 0;
  } catch {
    // koffi is optional: it is not installed, or has no native part for this machine.
    return false;
  }
}
