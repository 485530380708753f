/** `troupe completion bash|zsh|fish`: what a shell needs to complete the command line. */
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  /** Long flags. */
  readonly flags: readonly string[];
  /** Its first argument is the name of an app. */
  readonly takesApp: boolean;
}

/** Reads the commands as they are, so that no list can be out of date. */
const completedCommands = (program: Command): readonly CompletedCommand[] =>
  program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: command.options.flatMap(({ long }) =>
      long === null || long === undefined ? [] : [long],
    ),
    takesApp: command.registeredArguments[0]?.name() === 'name',
  }));

/** Only words that no shell reads anything into. */
const safe = (text: string): string => text.replaceAll(/[^A-Za-z0-9 .,;|-]/g, '');

const APPS =
  'troupe apps --json 2>/dev/null | sed -n \'s/^    "name": "\\([a-z0-9-]*\\)",*$/\\1/p\'';

const withApps = (commands: readonly CompletedCommand[]): string =>
  commands
    .filter(({ takesApp }) => takesApp)
    .map(({ name }) => name)
    .join('|');

function bash(commands: readonly CompletedCommand[]): string {
  const flags = commands
    .map((own) => `    ${own.name}) words="${own.flags.join(' ')}" ;;`)
    .join('\n');
  const names = commands.map(({ name }) => name).join(' ');
  return `# troupe completion bash > /etc/bash_completion.d/troupe
_troupe() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$current"))
    return
  fi
  case "$command" in
${flags}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in
      ${withApps(commands)}) words="$words $(${APPS})" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ "$command" = push ] && COMPREPLY+=($(compgen -d -- "$current"))
}
complete -F _troupe troupe
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const names = commands
    .map(({ name, description }) => `    '${name}:${safe(description)}'`)
    .join('\n');
  const flags = commands
    .map((own) => `    ${own.name}) flags=(${own.flags.join(' ')}) ;;`)
    .join('\n');
  return `#compdef troupe
# troupe completion zsh > "\${fpath[1]}/_troupe"
_troupe() {
  local command="\${words[2]}"
  local -a commands flags apps
  commands=(
${names}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$command" in
${flags}
  esac
  if (( CURRENT == 3 )); then
    case "$command" in
      ${withApps(commands)}) apps=(\${(f)"$(${APPS})"}) ;;
      push) _files -/ ;;
    esac
  fi
  compadd -- $flags $apps
}
compdef _troupe troupe
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((own) => {
    const seen = `__fish_seen_subcommand_from ${own.name}`;
    return [
      `complete -c troupe -f -n __fish_use_subcommand -a ${own.name} -d '${safe(own.description)}'`,
      ...own.flags.map((flag) => `complete -c troupe -n '${seen}' -l ${flag.slice(2)}`),
      ...(own.takesApp ? [`complete -c troupe -f -n '${seen}' -a '(__troupe_apps)'`] : []),
    ];
  });
  return `# troupe completion fish > ~/.config/fish/completions/troupe.fish
function __troupe_apps
  ${APPS}
end
${lines.join('\n')}
`;
}

const SCRIPTS = { bash, zsh, fish } as const;

export const completionScript = (shell: Shell, program: Command): string =>
  SCRIPTS[shell](completedCommands(program));
