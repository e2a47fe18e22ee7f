/** Reads the rules for prompts of agents from the settings. */
import type { Settings } from "../../config/settings.ts";
import type { PromptRules } from "../../domain/agents/prompt-quality.ts";

export function promptRulesOf(settings: Settings): PromptRules {
  return {
    level: settings.prompt_rules,
    promptMin: settings.prompt_min,
    systemPromptMin: settings.system_prompt_min,
    systemPromptMax: settings.system_prompt_max,
  };
}
