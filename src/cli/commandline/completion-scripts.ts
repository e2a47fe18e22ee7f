/**
 * The shells' side of completion: each asks `claude-worker __complete` and shows what it answers.
 */

const bash = `# Completion of claude-worker for bash. Load it with: source <(claude-worker completion bash)
_claude_worker() {
  local line kind="" current="\${COMP_WORDS[COMP_CWORD]}"
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :*) kind="\${line#:}" ;;
      *) COMPREPLY+=("$(printf %q "\${line%%$'\\t'*}")") ;;
    esac
  done < <(claude-worker __complete -- "\${words[@]//\\\\/}" 2>/dev/null)
  case "$kind" in
    files) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
    directories) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current") ;;
  esac
  [ -n "$kind" ] && compopt -o filenames 2>/dev/null
  return 0
}
complete -F _claude_worker claude-worker
`;

const zsh = `#compdef claude-worker
# Completion of claude-worker for zsh. Load it with: source <(claude-worker completion zsh)
_claude_worker() {
  local line kind="" tab=$'\\t'
  local -a found
  for line in "\${(@f)$(claude-worker __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :*) kind="\${line#:}" ;;
      *) found+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}") ;;
    esac
  done
  (( \${#found} )) && _describe -V 'claude-worker' found
  case "$kind" in
    files) _files ;;
    directories) _files -/ ;;
  esac
}
if [ "\${funcstack[1]}" = "_claude_worker" ]; then _claude_worker "$@"; else compdef _claude_worker claude-worker; fi
`;

const fish = `# Completion of claude-worker for fish. Load it with: claude-worker completion fish | source
function __claude_worker
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l kind ''
    for line in (claude-worker __complete -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':*'
                set kind (string sub --start 2 -- $line)
            case '*'
                echo $line
        end
    end
    switch $kind
        case files
            __fish_complete_path $current
        case directories
            __fish_complete_directories $current
    end
end
complete --command claude-worker --no-files --arguments '(__claude_worker)'
`;

export const completionScripts = { bash, zsh, fish } as const;
