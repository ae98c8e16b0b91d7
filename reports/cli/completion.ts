// Scripts for shells, made of the commands as they are: which words may follow which.

import type { Command, Option } from 'commander';
import { hardwareNames } from '../../sim/resolve.node.js';
import { studyNames } from '../../sim/sweep/plan.node.js';
import { groups, zoo } from '../../workloads/zoo/index.js';

/** What can stand behind a command, or behind an option of it. */
interface Words {
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly Option[];
  /** Names that an argument can be; files are offered beside them. */
  readonly names: readonly string[];
}

/** The script for a shell. bash's serves zsh too. */
export function completionScript(program: Command, shell: 'bash' | 'zsh' | 'fish'): string {
  const words = [...wordsOf(program, '')];
  if (shell === 'fish') return fishScript(words);
  const compatible = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${compatible}${bashScript(words)}`;
}

function* wordsOf(command: Command, path: string): Generator<Words> {
  const commands = command.commands.filter((inner) => inner.name() !== 'help');
  yield {
    path,
    commands: commands.map((inner) => inner.name()),
    options: command.options,
    names: command.registeredArguments.flatMap(
      (argument) => argument.argChoices ?? namesOf(path, argument.name()),
    ),
  };
  for (const inner of commands) yield* wordsOf(inner, `${path} ${inner.name()}`.trim());
}

function namesOf(path: string, argument: string): readonly string[] {
  if (path.startsWith('hardware')) return /family|file/.test(argument) ? [] : hardware().slice();
  if (argument === 'spec') return studyNames();
  const isNetwork = /workload|base|small/.test(argument) || path === 'workloads show';
  return isNetwork || path === 'export' ? [...groups.keys(), ...zoo.keys()] : [];
}

const hardware = () => hardwareNames().modelled;

/** Values of an option; null where it takes none, or a file or number. */
function valuesOf({ long, argChoices }: Option): readonly string[] | null {
  if (argChoices) return argChoices;
  if (long !== '--on') return null;
  const { modelled, measured } = hardwareNames();
  return [...modelled, 'host', ...measured];
}

const flagsOf = ({ options }: Words) => options.map(({ long }) => long ?? '').concat('--help');

function bashScript(words: readonly Words[]): string {
  const rows = words.map((each) => {
    const values = each.options.flatMap((option) => {
      const known = valuesOf(option);
      return known ? [`      ${option.long}) values="${known.join(' ')}" ;;`] : [];
    });
    const given = [
      `words="${[...each.commands, ...each.names].join(' ')}"`,
      `flags="${flagsOf(each).join(' ')}"`,
    ];
    const choice =
      values.length > 0 ? `\n      case $before in\n${values.join('\n')}\n      esac` : '';
    return `    '${each.path}')\n      ${given.join('\n      ')}${choice} ;;`;
  });
  return `# zeroskip completion
_zeroskip() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path= word words= flags= values=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${words.map(({ path }) => path.replace(' ', '/')).join(' ')} " in
      *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
    esac
  done
  case "\${path/\\// }" in
${rows.join('\n')}
  esac
  if [ -n "$values" ]; then
    local list=
    case $current in *,*) list="\${current%,*}," ;; esac
    COMPREPLY=($(compgen -P "$list" -W "$values" -- "\${current##*,}"))
    return
  fi
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _zeroskip zeroskip
`;
}

function fishScript(words: readonly Words[]): string {
  const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const lines = words.flatMap((each) => {
    const names = each.path.split(' ').filter((name) => name !== '');
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    const deeper =
      each.commands.length > 0
        ? `not __fish_seen_subcommand_from ${each.commands.join(' ')}`
        : 'true';
    const when = quoted(seen === '' ? deeper : `${seen}; and ${deeper}`);
    const start = `complete -c zeroskip -n ${when}`;
    return [
      ...(each.commands.length > 0 ? [`${start} -f -a ${quoted(each.commands.join(' '))}`] : []),
      ...(each.names.length > 0 ? [`${start} -a ${quoted(each.names.join(' '))}`] : []),
      ...each.options.map((option) => {
        const values = valuesOf(option);
        const takes = option.required || option.optional ? ' -r' : '';
        const given = values ? ` -f -a ${quoted(values.join(' '))}` : '';
        return `${start} -l ${option.long?.slice(2)}${takes}${given} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return `# zeroskip completion\n${lines.join('\n')}\n`;
}
