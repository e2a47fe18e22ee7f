/**
 * Claude Code's own words, and the runner's, in the fields that say what a record is: a secret that
 * happens to be one must not change them. From the types of Agent SDK 0.3.330; words of fewer than
 * six characters are never taken for secrets.
 */
export const sdkWords: ReadonlySet<string> = new Set(
  (
    "spending aborted_streaming aborted_tools acceptEdits account_on_hold active_goal adaptive allowed allowed_warning api_error " +
    "api_retry apply_flag_settings assistant auth_status authentication_failed background_requested background_tasks " +
    "background_lost background_tasks_changed billing_error blocking_limit broken_settings budget_exhausted bypassPermissions bypass_root can_use_tool " +
    "call_restored cancel_async_message cancelled checkpoint classifier claude_code_unavailable cli_version_too_old cloud_credential_error " +
    "cold_start command commands_changed compact_boundary completed config_file_invalid control_cancel_request " +
    "control_request control_request_progress control_response conversation_reset custom cut_background cwd_unavailable default disabled " +
    "directory_gone document dontAsk elicitation elicitation_complete enabled end_turn error_during_execution failed failed_mcp_server file_suggestions " +
    "files_persisted gateway_access_denied gateway_signin_required gave_up get_binary_version get_context_usage " +
    "get_hooks_listing get_session_cost get_settings get_task_output get_usage hook_callback hook_ended hook_progress hook_response hook_running hook_timed_out " +
    "hook_started hook_stopped image_error informational initialize initialize_fields_not_delivered initialize_not_first " +
    "interrupt interrupted invalid_request json_schema keep_alive killed list_models list_permission_rules " +
    "local_command_output malformed_tool_use_exhausted managed_settings_invalid managed_settings_not_delivered " +
    "max_output_tokens max_tokens max_turns mcp_call mcp_message mcp_read_resource mcp_reconnect mcp_set_servers " +
    "mcp_status mcp_toggle mcp_tool memory_recall message message_answered message_delivered message_done message_taken_back messages_in_prompt mirror_error model_error model_not_found model_refusal_fallback " +
    "model_refusal_no_fallback no_checkpoint notification oauth_org_not_allowed object org_config_refused " +
    "org_config_required_unavailable org_pin_api_key_conflict org_pin_mismatch org_verify_failed overloaded pause_turn " +
    "pending permission_denied plugin_install preset prompt prompt_suggestion prompt_too_long provider_not_allowed " +
    "proxy_invalid question_answered question_asked question_settled question_withdrawn rapid_refill_breaker rate_limit rate_limit_event read_file redacted_thinking refusal register_repo_root " +
    "rejected reload_output_styles reload_plugins reload_skills remote_settings_required_unavailable rename_session " +
    "request_user_dialog requires_action result rewind_files running sandbox_required_unavailable seed_read_state " +
    "server_error server_tool_use session session_held_by_background session_repaired session_restarted " +
    "session_state_changed session_writes_lost set_color set_has_subscribers set_max_thinking_tokens set_model " +
    "set_permission_mode shell_tool_missing stalled started status stderr stop_hook_prevented stop_requested stop_sequence " +
    "stop_task stopped stream_event string structured_output_retry_exhausted success system task_notification " +
    "task_progress task_started task_updated temp_dir_unusable thinking thinking_tokens timed_out timeout tool_deferred " +
    "tool_deferred_unavailable tool_progress tool_result tool_use tool_use_summary turn_setup_failed uncommitted unknown " +
    "update_settings verification_required verify_ended verify_started iteration_kept waiting_background web_search_tool_result work_tree worktree_ready worktree_set_up worktree_failed files_included no_sandbox setup_started setup_ended setup_cache setup_failed workspace_lost worker worker_shutting_down working_directory_gone " +
    "worktree_resume_refused worktree_unverified"
  ).split(" "),
);
