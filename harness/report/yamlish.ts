import { Document, isScalar, parse, visit } from 'yaml';

/**
 * Lines of YAML that the parsers of TAP read too. Perl's TAP::Parser::YAMLish, which is `prove`, knows a part of YAML: no text on several lines,
 * keys with spaces only between double quotes, and an item `- "a: b"` of a list is to it a mapping, whatever the quotes say.
 */
export function yamlishLines(value: Readonly<Record<string, unknown>>): string[] {
  const document = new Document(value);
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && /\s/.test(String(key.value))) key.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, blockQuote: false }).trimEnd();
  return text.split('\n').map(asItem);
}

/** What YAMLish takes for the key of a mapping, at the beginning of a quoted item. */
const SEEMS_KEY = /^("\S*\s*):(?=\s)/;

function asItem(line: string): string {
  const [, begin = '', item] = /^(\s*- )(["'].*)$/.exec(line) ?? [];
  if (item === undefined) return line;
  let quoted = JSON.stringify(parse(item));
  if (!SEEMS_KEY.test(quoted)) return line;
  while (SEEMS_KEY.test(quoted)) quoted = quoted.replace(SEEMS_KEY, '$1\\x3a');
  return begin + quoted;
}
