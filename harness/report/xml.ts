import { plain } from './text.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Escapes text for an element. Characters that XML 1.0 does not allow become text such as `\x07`. */
export function xmlText(text: string): string {
  return legal(text).replace(/[&<>]/g, c => ESCAPES[c] ?? c);
}

/** Escapes text for an attribute in double quotes. Newlines and tabs are kept by the parser's normalisation. */
export function xmlAttribute(text: string): string {
  return legal(text).replace(/[&<>"'\n\t]/g, c => ESCAPES[c] ?? c);
}

/** Returns ` name="value"` for each attribute. */
export function xmlAttributes(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlAttribute(String(value))}"`)
    .join('');
}

// Noncharacters: `plain` keeps them, but XML does not allow them.
function legal(text: string): string {
  return plain(text).replace(/[\ufffe\uffff]/g, c => `\\u${c.charCodeAt(0).toString(16)}`);
}
