/**
 * Linux: makes this process the parent of what its descendants leave behind, so that no double fork
 * escapes its tree. Elsewhere it does nothing.
 */

/** `PR_SET_CHILD_SUBREAPER` of prctl(2): existing descendants are covered too. */
const setChildSubreaper = 36;

/**
 * @returns whether it worked. Otherwise (macOS, no koffi) the marker in the environment finds what
 * left the tree.
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
