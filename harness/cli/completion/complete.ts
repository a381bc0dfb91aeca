import type { Argument, Command, Option } from 'commander';
import type { Candidate } from './candidate.ts';
import { candidatesFor } from './values.ts';

/**
 * Returns what can stand where the last word is, by commander's own tree of commands. `words` are those behind `bpfrig`, the last one as far
 * as it was typed, possibly ''.
 */
export async function completions(root: Command, words: readonly string[]): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  const { command, operands, awaits, isRest } = readWords(root, words.slice(0, -1));
  if (isRest) return [];
  const found =
    awaits?.required === true
      ? await valuesOf(awaits, current)
      : [
          ...(awaits === null ? [] : await valuesOf(awaits, current)),
          ...(await atStart(command, operands, current)),
        ];
  return found.filter(({ value }) => value.startsWith(current) && isOneLine(value));
}

/** The state before the word that is completed. */
interface Before {
  readonly command: Command;
  /** Arguments of the command so far. */
  readonly operands: readonly string[];
  /** The option whose value comes next, or may come next. */
  readonly awaits: Option | null;
  /** Behind `--`: words of a guest's command, of which nothing is known. */
  readonly isRest: boolean;
}

function readWords(root: Command, words: readonly string[]): Before {
  let command = root;
  let operands: string[] = [];
  let awaits: Option | null = null;
  for (const word of words) {
    if (awaits !== null && (awaits.required || !word.startsWith('-'))) {
      awaits = null;
      continue;
    }
    awaits = null;
    if (word === '--') return { command, operands, awaits, isRest: true };
    if (word.startsWith('-')) {
      if (!word.includes('=')) awaits = optionsOf(command).find(option => takesValue(option, word)) ?? null;
      continue;
    }
    const next = operands.length === 0 ? commandsOf(command).find(one => one.name() === word) : undefined;
    if (next === undefined) operands = [...operands, word];
    else command = next;
  }
  return { command, operands, awaits, isRest: false };
}

function takesValue(option: Option, word: string): boolean {
  return (option.required || option.optional) && (option.long === word || option.short === word);
}

async function atStart(
  command: Command,
  operands: readonly string[],
  current: string,
): Promise<readonly Candidate[]> {
  if (current.startsWith('-')) return optionCandidates(command, current);
  const commands = operands.length > 0 ? [] : commandsOf(command);
  const argument = argumentAt(command, operands.length);
  return [
    ...commands.map(one => ({ value: one.name(), about: one.description() })),
    ...(argument === undefined ? [] : await valuesOf(argument, current)),
  ];
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

/** Names of options, or with `--option=` the values of one. */
async function optionCandidates(command: Command, current: string): Promise<readonly Candidate[]> {
  const equals = current.indexOf('=');
  const options = optionsOf(command);
  if (equals < 0) return options.map(option => ({ value: option.long ?? '', about: option.description }));
  const name = current.slice(0, equals);
  const option = options.find(one => takesValue(one, name));
  const values = option === undefined ? [] : await valuesOf(option, current.slice(equals + 1));
  return values.map(({ value, about }) => ({ value: `${name}=${value}`, about }));
}

async function valuesOf(of: Option | Argument, current: string): Promise<readonly Candidate[]> {
  if (of.argChoices !== undefined) return of.argChoices.map(value => ({ value, about: '' }));
  return await candidatesFor(valueName(of), current);
}

/** Returns what usage calls a value: `spec` of `--kernel <spec>`, `paths` of `[paths...]`; '' for an option without one. */
export function valueName(of: Option | Argument): string {
  const text = 'flags' in of ? (/[<[](.+)[>\]]$/.exec(of.flags)?.[1] ?? '') : of.name();
  return text.replace(/\.\.\.$/, '');
}

function optionsOf(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}

function commandsOf(command: Command): Command[] {
  return command.createHelp().visibleCommands(command);
}

/** The shells receive one candidate per line. */
function isOneLine(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}
