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

/** Text for an element: characters that XML 1.0 does not have are gone (`\x07` in their place), markup is escaped. */
export function xmlText(text: string): string {
  return legal(text).replace(/[&<>]/g, c => ESCAPES[c] ?? c);
}

/** Text for an attribute in double quotes; newlines and tabs survive the parser's normalisation. */
export function xmlAttribute(text: string): string {
  return legal(text).replace(/[&<>"'\n\t]/g, c => ESCAPES[c] ?? c);
}

/** ` name="value"` for each attribute. */
export function xmlAttributes(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlAttribute(String(value))}"`)
    .join('');
}

// What `plain` leaves and XML lacks: noncharacters.
function legal(text: string): string {
  return plain(text).replace(/[\ufffe\uffff]/g, '\ufffd');
}
