const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  grey: [90, 39],
} as const;

/** A colour or weight that a terminal can show. */
export type Ink = keyof typeof CODES;

/** Colours text, or returns it unchanged if colour is off. */
export type Paint = (ink: Ink, text: string) => string;

// Not node:util's styleText: it depends on process.stdout, and a reporter must be a pure function.
/** Returns the colouring function of one report: with ANSI codes if `color` is true. */
export function createPaint(color: boolean): Paint {
  if (!color) return (_ink, text) => text;
  return (ink, text) => {
    const [open, close] = CODES[ink];
    return text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`;
  };
}
