/** Makes a `switch` that forgets a case a compile error. @throws always: it means that a type has lied */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
