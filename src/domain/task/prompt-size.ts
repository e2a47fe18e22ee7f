/** Longest prompt in bytes of UTF-8: 10 MB. */
export const maxPromptBytes = 10 * 1024 * 1024;
