import { p } from '@mikro-orm/core';

/** An id is text: what the log holds must be storable whatever its shape. */
export const id = () => p.string().columnType('text');
export const text = () => p.text();
export const time = () => p.datetime().columnType('timestamptz(3)');
