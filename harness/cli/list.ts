import { Argument, Command } from 'commander';
import { EXIT } from '../model/exit-code.ts';
import { BpfrigError } from '../util/errors.ts';
import { didYouMean } from '../util/nearest.ts';
import { table } from './table.ts';
import { WORD_KINDS, type WordEntry, type WordKind } from './words.ts';

/** `bpfrig list`: the words of one kind, or the kinds. */
export function listCommand(): Command {
  return new Command('list')
    .description('The words that scenarios and expectations can use: steps, keys, counters, features, …')
    .addArgument(new Argument('[kind]', 'which').choices(Object.keys(WORD_KINDS)))
    .action(async (kind: string | undefined) => {
      console.log(kind === undefined ? kindsText() : await entriesText(kind));
      process.exitCode = EXIT.ok;
    });
}

/** `bpfrig explain`: what a word means. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('What a word means: a step, a key, a counter, a feature, a program, a verdict, …')
    .argument('<word>', 'such as packets, guest.memory_mib, kthread.drops or live-frames')
    .action(async (word: string) => {
      console.log(await explanation(word));
      process.exitCode = EXIT.ok;
    });
}

function kindsText(): string {
  const rows = Object.entries(WORD_KINDS).map(([kind, { title, document }]) => [kind, title, document]);
  return `${table(rows)}\n\n\`bpfrig list KIND\` lists them, \`bpfrig explain WORD\` explains one.`;
}

async function entriesText(kind: string): Promise<string> {
  const entries = (await WORD_KINDS[kind]?.entries()) ?? [];
  return table(entries.map(({ word, meaning }) => [word, meaning.replaceAll('`', '')]));
}

async function explanation(word: string): Promise<string> {
  const found: string[] = [];
  const words: string[] = [];
  for (const [kind, facts] of Object.entries(WORD_KINDS)) {
    for (const entry of await facts.entries()) {
      words.push(entry.word);
      if (matches(entry.word, word)) found.push(entryText(kind, facts, entry));
    }
  }
  if (found.length > 0) return found.join('\n\n');
  const nearest = didYouMean(word, words);
  throw new BpfrigError('usage', `explain: no word \`${word}\`${nearest}; \`bpfrig list\` has all of them`);
}

/** `*` in a word stands for what only a run knows: `cpumap.maps.cpus.accepted` is `cpumap.maps.*.accepted`. */
function matches(word: string, asked: string): boolean {
  const parts = word.split('.');
  const askedParts = asked.split('.');
  return (
    parts.length === askedParts.length && parts.every((part, at) => part === '*' || part === askedParts[at])
  );
}

function entryText(kind: string, { document }: WordKind, { word, meaning, more }: WordEntry): string {
  const head = `${word} (${kind}, ${document})`;
  return [head, `  ${meaning.replaceAll('`', '')}`, ...(more === '' ? [] : [more])].join('\n');
}
