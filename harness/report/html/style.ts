import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns a style sheet of this folder, for a page to hold. Style sheets are not compiled, so they are in the source folder. */
export function styleSheet(name: 'page.css' | 'history.css'): string {
  return readFileSync(join(import.meta.dirname, '../../../harness/report/html', name), 'utf8');
}
